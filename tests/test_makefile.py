"""The Makefiles do what they list, set up what they need, and agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tapgen.init import init

PROJECT = Path(__file__).parents[1]
SHARED = ["setup", "render", "lint", "check", "review"]
DEPLOYING = ["bootstrap", "registry", "images", "promote", "preview", "deploy"]
DEPLOYING += [
    "release",
    "rollback",
    "task",
    "exec",
    "status",
    "watch",
    "logs",
    "outputs",
    "smoke",
    "destroy",
    "local",
    "demo",
]
OWN = ["style", "types", "imports", "unit", "test", "golden", "bench", "lock", "clean"]


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, not as a part of the make that runs the tests."""
    clean = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MFLAGS", "-u", "PYTHON", "LC_ALL=C"]
    return subprocess.run([*clean, "make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """Somebody's repository."""
    init(tmp_path, "shop")
    return tmp_path


def test_make_alone_lists_every_target(platform: Path) -> None:
    for folder, targets in ((platform, SHARED + DEPLOYING), (PROJECT, SHARED + DEPLOYING + OWN)):
        done = make(folder)
        assert done.returncode == 0
        assert done.stdout == make(folder, "help").stdout
        assert re.findall(r"^  (\w+)  +[A-Z].*\.$", done.stdout, re.MULTILINE) == ["help", *targets]


def test_every_phony_target_is_listed() -> None:
    """But for what `demo` runs inside of the local AWS that it starts."""
    for path, targets in (
        (PROJECT / "tapgen/init/Makefile", ["help", *SHARED, *DEPLOYING, "tour"]),
        (PROJECT / "Makefile", OWN),
    ):
        (phony,) = re.findall(r"^\.PHONY: (.*)$", path.read_text(), re.MULTILINE)
        assert phony.split() == targets


@pytest.mark.parametrize("target", ["render", "lint"])
def test_the_project_uses_the_recipes_that_it_ships(platform: Path, target: str) -> None:
    for folder in (platform, PROJECT):
        commands = make(folder, "--dry-run", "--assume-old=.venv/.ready", target).stdout.splitlines()
        expected = {"render": [".venv/bin/tapgen render", ".venv/bin/tapgen lint"], "lint": [".venv/bin/tapgen lint"]}
        assert [line for line in commands if "/bin/tapgen" in line] == expected[target]


def test_somebodys_makefile_differs_only_in_the_version_that_it_pins(platform: Path) -> None:
    shipped = (PROJECT / "tapgen/init/Makefile").read_text().splitlines()
    theirs = (platform / "Makefile").read_text().splitlines()
    differing = [pair for pair in zip(shipped, theirs, strict=True) if pair[0] != pair[1]]
    assert differing == [("PACKAGE ?= tapgen", f"PACKAGE ?= tapgen=={version('tapgen')}")]


@pytest.mark.parametrize(
    ("package", "wanted"),
    [
        ("tapgen==0.1.0", "tapgen[local]==0.1.0"),
        ("tapgen @ file:///home/somebody/tapgen", "tapgen[local] @ file:///home/somebody/tapgen"),
    ],
)
def test_the_local_aws_is_installed_from_where_the_package_is(package: str, wanted: str, platform: Path) -> None:
    said = make(platform, "--dry-run", "--assume-old=.venv/.ready", "local", f"PACKAGE={package}").stdout
    assert f'pip install --quiet "{wanted}"\n' in said


def test_check_checks_more_in_the_project(platform: Path) -> None:
    ours, theirs = (
        [line for line in make(folder, "--dry-run", "check").stdout.splitlines() if line.startswith(".venv/bin/")]
        for folder in (PROJECT, platform)
    )
    shared = [".venv/bin/tapgen render --check", ".venv/bin/tapgen lint"]
    assert theirs[-2:] == shared
    assert ours[-2:] == shared
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"):
        assert any(line.startswith(f".venv/bin/{tool}") for line in ours), tool


def test_without_a_python_it_says_what_is_needed(platform: Path) -> None:
    done = make(platform, "render", "PYTHON=no-such-python")
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed. Say where it is: make PYTHON=/path/to/python3\n" in done.stderr
    assert not (platform / ".venv").exists()


@pytest.mark.slow
def test_an_old_python_is_passed_over(platform: Path) -> None:
    old = platform / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(platform, "setup", f"PYTHON=./old-python {sys.executable}", "INSTALL=true")
    assert done.returncode == 0, done.stderr
    assert (platform / ".venv/bin/python").exists()


@pytest.mark.slow
def test_setting_up_happens_once_and_again_when_the_lock_changes(platform: Path) -> None:
    install = [f"PYTHON={sys.executable}", "INSTALL=echo installed >> log; cp fake .venv/bin/tapgen"]
    (platform / "fake").write_text('#!/bin/sh\necho tapgen "$@" >> log\n')
    (platform / "fake").chmod(0o755)
    assert make(platform, "-j4", "render", "lint", "check", *install).returncode == 0
    assert make(platform, "setup", *install).stdout.startswith("make: Nothing to be done for")
    log = (platform / "log").read_text().splitlines()
    assert log.count("installed") == 1
    assert log[0] == "installed"
    assert sorted(log[1:]) == sorted(["tapgen render", *["tapgen lint"] * 3, "tapgen render --check"])
    (platform / "Makefile").write_text((platform / "Makefile").read_text() + "\n")
    assert make(platform, "setup", *install).returncode == 0
    assert (platform / "log").read_text().count("installed") == 2


@pytest.mark.slow
def test_a_demo_of_what_is_not_there_says_so_once(platform: Path) -> None:
    tools = platform / ".venv/bin"
    tools.mkdir(parents=True)
    for name in ("tapgen", "tapgen-deploy", "python"):
        (tools / name).write_text(f"#!/bin/sh\necho {name} $2 >&2\n[ {name} = tapgen ]\n")
        (tools / name).chmod(0o755)
    for ready in (".ready", ".ready-local"):
        (platform / ".venv" / ready).touch()
    done = make(platform, "--silent", "demo", "ENV=nope")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if not line.startswith("make")][
        -1
    ] == "tapgen-deploy --environment"


def test_a_setup_that_failed_is_not_taken_for_done(platform: Path) -> None:
    install = [f"PYTHON={sys.executable}", "INSTALL=false"]
    assert make(platform, "setup", *install).returncode == 2
    assert not (platform / ".venv/.ready").exists()


def locked() -> dict[str, str]:
    """The name and version of every requirement in the lock, and that each has its hashes."""
    text = (PROJECT / "requirements/dev.txt").read_text()
    entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert all(" --hash=sha256:" in entry for entry in entries)
    return {name: release for entry in entries for name, release in re.findall(r"^([\w.-]+)==([\w.]+)", entry)}


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    versions = locked()
    extras = project["optional-dependencies"]
    for wanted in map(Requirement, project["dependencies"] + extras["local"] + extras["dev"]):
        assert wanted.name == "tapgen" or wanted.specifier.contains(versions[wanted.name]), wanted
    assert "flit-core" in versions


def test_the_lock_names_no_place() -> None:
    text = (PROJECT / "requirements/dev.txt").read_text()
    assert not re.search(r"https?:|index-url|find-links|trusted-host|file:|^/|@ ", text, re.MULTILINE)


def test_ci_runs_the_test_command() -> None:
    path = PROJECT / ".ci/run"
    assert path.stat().st_mode & 0o111
    assert path.read_text().splitlines()[-1] == "make test"
    workflow = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())
    commands = [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    assert "make check" in commands
    assert "make test" in commands
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_pre_commit_runs_the_tools_of_the_environment() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    makefiles = (PROJECT / "Makefile").read_text() + (PROJECT / "tapgen/init/Makefile").read_text()
    for hook in hooks:
        tool, *_ = hook["entry"].removeprefix(".venv/bin/").split()
        assert hook["entry"].startswith(".venv/bin/")
        assert f"$(BIN)/{tool}" in makefiles


def test_imports_point_one_way() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "Imports point one way KEPT" in done.stdout


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (
            "images ENV=dev SERVICES=web,api BUILDER=podman UNCOMMITTED=yes",
            'images --environment "dev" --only web --only api --uncommitted --builder "podman"',
        ),
        ("images", "images"),
        (
            "promote FROM=dev TO=prod TO_PROFILE=p DRY_RUN=yes",
            'promote --from "dev" --to "prod" --dry-run --to-profile "p"',
        ),
    ],
)
def test_what_is_said_of_images_reaches_the_command(words: str, command: str, platform: Path) -> None:
    said = make(platform, "--dry-run", "--assume-old=.venv/.ready", *words.split()).stdout.replace("\\\n", " ")
    assert said.split() == [".venv/bin/tapgen-deploy", *command.split()]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("review", "review"),
        (
            "review BASE=v1 ENV=prod FORMAT=github CAUSES=yes FAIL_ON=replace,cost>5",
            'review --environment "prod" --format "github" --causes --fail-on "replace,cost>5" -- "v1"',
        ),
    ],
)
def test_what_is_said_of_a_review_reaches_the_command(words: str, command: str, platform: Path) -> None:
    said = make(platform, "--dry-run", "--assume-old=.venv/.ready", *words.split()).stdout.replace("\\\n", " ")
    assert said.split() == [".venv/bin/tapgen", *command.split()]


def test_what_images_need_first_is_rendered_and_not_linted(platform: Path) -> None:
    done = make(platform, "--dry-run", "--assume-old=.venv/.ready", "render", "SHARED=yes")
    assert done.stdout.split() == [".venv/bin/tapgen", "render", "--shared"]
