"""What stands around a commit: the hook that refuses stale templates, and who owns which template."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapgen.config.read import read
from tapgen.render import render
from tapgen.write import write

PROJECT = Path(__file__).parents[1]
OWNERS = PROJECT / "docs/workflows/CODEOWNERS"
WORDS = """\
name: shop
services:
  web: {port: 8080, path: /}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}
"""


def run(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    told = {**kept, **identity, "PYTHONPATH": str(PROJECT), "PRE_COMMIT_HOME": str(folder.parent / "cache")}
    told |= {"GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}
    return subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, check=False)


def done(folder: Path, *words: str | Path) -> str:
    finished = run(folder, *words)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout.strip()


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """Somebody's repository with the hook of this one, installed by the real pre-commit."""
    ours, theirs = tmp_path / "tapgen", tmp_path / "shop"
    for folder in (ours, theirs):
        folder.mkdir()
        done(folder, "git", "init", "-q", "-b", "main")
    shutil.copy(PROJECT / ".pre-commit-hooks.yaml", ours)
    done(ours, "git", "add", ".")
    done(ours, "git", "commit", "-qm", "hooks")
    revision = done(ours, "git", "rev-parse", "HEAD")
    (theirs / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {ours}\n  rev: {revision}\n  hooks:\n  - id: tapgen-render\n"
    )
    (theirs / ".gitignore").write_text(".venv/\n")
    (theirs / "tapgen.yaml").write_text(WORDS)
    write(render(read(theirs / "tapgen.yaml")), theirs / "templates_out")
    program = theirs / ".venv/bin/tapgen"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tapgen "$@"\n')
    program.chmod(0o755)
    done(theirs, Path(sys.executable).with_name("pre-commit"), "install")
    done(theirs, "git", "add", ".")
    return theirs


def test_a_commit_of_stale_templates_is_refused(platform: Path) -> None:
    assert "Passed" in run(platform, "git", "commit", "-m", "first").stderr
    (platform / "tapgen.yaml").write_text(WORDS.replace("8080", "8081"))
    refused = run(platform, "git", "commit", "-am", "a port, and no templates")
    assert refused.returncode != 0
    assert "templates_out/dev/service-web.yaml differs from what tapgen.yaml renders" in refused.stderr
    write(render(read(platform / "tapgen.yaml")), platform / "templates_out")
    refused = run(platform, "git", "commit", "-m", "only what was added counts")
    assert refused.returncode != 0
    done(platform, "git", "add", ".")
    done(platform, "git", "commit", "-qm", "a port")
    (platform / "NOTES.md").write_text("nothing to do with it\n")
    done(platform, "git", "add", ".")
    assert "Skipped" in run(platform, "git", "commit", "-m", "notes").stderr


def lines() -> Iterator[tuple[str, list[str]]]:
    for line in OWNERS.read_text().splitlines():
        if line and not line.startswith("#"):
            pattern, *owners = line.split()
            yield pattern, owners


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The line of the example that counts for each template of this project, by git's own reading of such patterns.

    https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
    """
    folder = tmp_path_factory.mktemp("owners")
    done(folder, "git", "init", "-q")
    files = [path.relative_to(PROJECT).as_posix() for path in sorted(PROJECT.glob("templates_out/**/*.yaml"))]
    files += ["tapgen.yaml", "tapgen.images.yaml", "tapgen.accepted.yaml", ".github/CODEOWNERS"]
    found = dict.fromkeys(files, "")
    for pattern, _ in lines():  # one at a time: git would look at nothing more in a folder that fits
        (folder / ".git/info/exclude").write_text(f"{pattern}\n")
        found |= dict.fromkeys(run(folder, "git", "check-ignore", "--no-index", *files).stdout.split(), pattern)
    return found


def test_every_line_of_the_example_is_about_a_file(owned: dict[str, str]) -> None:
    assert {pattern for pattern, _ in lines()} == set(owned.values())


def test_every_template_has_an_owner_and_what_lets_somebody_in_is_security_s(owned: dict[str, str]) -> None:
    owners = dict(lines())
    assert {file for file, line in owned.items() if not line} == set()
    secured = {file.rpartition("/")[2] for file, line in owned.items() if owners[line] == ["@acme/security"]}
    assert secured == {
        "CODEOWNERS",
        "tapgen.accepted.yaml",
        "bootstrap.yaml",
        "certificates.yaml",
        "firewall.yaml",
        "keys.yaml",
    }
