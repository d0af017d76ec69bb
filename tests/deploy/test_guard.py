"""Only reviewed files are deployed: those that tapgen.yaml renders, byte for byte as they are committed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tapgen.deploy.guard import RefusedError, deployable, reviewed
from tapgen.deploy.target import Project, project
from tapgen.render import render
from tapgen.write import write

PLATFORM = """\
name: shop
services:
  web: {port: 8080, path: /web}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}
  test: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}
"""


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "as it is")


@pytest.fixture(params=[".", "a/deeper/folder"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A platform in a repository of its own, or somewhere in another, rendered and committed."""
    folder = tmp_path / request.param
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tapgen.yaml").write_text(PLATFORM, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    found = project(folder / "tapgen.yaml", folder / "templates_out")
    write(render(found.configuration), found.folder)
    commit(tmp_path)
    return found


def paths(found: Project) -> list[str]:
    return [*found.of_environment("dev"), "bootstrap.yaml", "registry.yaml"]


def test_what_is_rendered_and_committed_passes(platform: Project) -> None:
    reviewed(platform, paths(platform))


def more(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"# more\n")


Harm = Callable[[Path], object]

HARMS: dict[str, tuple[Harm, str]] = {
    "edited": (lambda at: more(at / "dev/keys.yaml"), "keys.yaml differs from what"),
    "removed": (lambda at: (at / "dev/keys.yaml").unlink(), "keys.yaml is missing"),
    "stale": (
        lambda at: (at / "dev/old.yaml").write_bytes((at / "dev/keys.yaml").read_bytes()),
        "old.yaml is not rendered from tapgen.yaml any more",
    ),
    "shared": (lambda at: more(at / "registry.yaml"), "registry.yaml differs from what"),
    "somebody else's": (
        lambda at: (at / "dev/keys.yaml").write_text("Resources: {}\n"),
        "keys.yaml was not written by",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("committed", [False, True])
def test_what_tapgen_yaml_does_not_render_is_refused(platform: Project, harm: str, committed: bool) -> None:
    change, said = HARMS[harm]
    change(platform.folder)
    if committed:
        commit(platform.folder)
    with pytest.raises(RefusedError) as error:
        reviewed(platform, paths(platform))
    assert said in str(error.value)
    assert "run: make render" in str(error.value)


def test_another_environment_is_in_nobodys_way(platform: Project) -> None:
    (platform.folder / "test/keys.yaml").unlink()
    (platform.folder / "notes.txt").write_text("foreign")
    reviewed(platform, paths(platform))


def test_what_is_rendered_and_not_committed_is_refused(platform: Project) -> None:
    (platform.config).write_text(PLATFORM.replace("8080", "8081"), encoding="utf-8")
    again = project(platform.config, platform.folder)
    write(render(again.configuration), again.folder)
    with pytest.raises(RefusedError) as error:
        reviewed(again, paths(again))
    lines = str(error.value).splitlines()
    assert lines[0] == "error: what is deployed must be committed, and this is not:"
    assert {Path(line).name for line in lines[1:-1]} == {"firewall.yaml", "service-web.yaml", "root.yaml"} - {
        "root.yaml"
    }
    assert f"git add {platform.config} {platform.folder} && git commit" in lines[-1]
    git(platform.folder, "add", ".")
    with pytest.raises(RefusedError):
        reviewed(again, paths(again))
    commit(platform.folder)
    reviewed(again, paths(again))


def test_digests_are_committed_with_what_is_rendered_of_them(platform: Project) -> None:
    """Going back finds the version before in the history of their file."""
    images = platform.config.with_name("tapgen.images.yaml")
    images.write_text("dev: {}\n", encoding="utf-8")
    again = project(platform.config, platform.folder)
    with pytest.raises(RefusedError) as error:
        reviewed(again, paths(again))
    _, *named, advice = str(error.value).splitlines()
    assert named == [str(images)]
    assert f"git add {platform.config} {images} {platform.folder} && git commit" in advice
    commit(platform.folder)
    reviewed(again, paths(again))


def test_what_git_ignores_is_not_committed(platform: Project) -> None:
    git(platform.folder, "rm", "--cached", "-r", "--quiet", "dev")
    (platform.folder / ".gitignore").write_text("dev/\n")
    git(platform.folder, "add", ".gitignore")
    git(platform.folder, "commit", "--quiet", "-m", "ignored")
    with pytest.raises(RefusedError, match="must be committed"):
        reviewed(platform, paths(platform))


def test_outside_of_git_nothing_is_committed(tmp_path: Path) -> None:
    (tmp_path / "tapgen.yaml").write_text(PLATFORM, encoding="utf-8")
    found = project(tmp_path / "tapgen.yaml", tmp_path / "templates_out")
    write(render(found.configuration), found.folder)
    with pytest.raises(RefusedError, match="must be committed to git"):
        reviewed(found, paths(found))


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://localhost:4566"])
def test_a_local_aws_takes_what_is_not_committed(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tapgen.yaml").write_text(PLATFORM, encoding="utf-8")
    found = project(tmp_path / "tapgen.yaml", tmp_path / "templates_out")
    write(render(found.configuration), found.folder)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    reviewed(found, paths(found), uncommitted=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://cloudformation.eu-west-1.amazonaws.com")
    with pytest.raises(RefusedError, match="only a local AWS"):
        reviewed(found, paths(found), uncommitted=True)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(RefusedError, match="only a local AWS"):
        reviewed(found, paths(found), uncommitted=True)


APP_MESH = PLATFORM.replace("{protocol: http}}", "{protocol: http}, mesh: {app_mesh: 2026-09-30}}", 1)


@pytest.mark.parametrize("endpoint", ["", "https://cloudformation.eu-west-1.amazonaws.com", "http://10.0.0.7:4566"])
def test_app_mesh_is_refused_everywhere_but_in_a_local_aws(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tapgen.yaml").write_text(APP_MESH, encoding="utf-8")
    found = project(tmp_path / "tapgen.yaml", tmp_path / "templates_out")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(RefusedError, match="dev has App Mesh, which AWS shut down on 2026-09-30") as refused:
        deployable(found.environment("dev"))
    assert refused.value.exit_code == 4
    deployable(found.environment("test"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    deployable(found.environment("dev"))


@pytest.mark.parametrize("command", ["preview", "deploy"])
def test_commands_refuse_app_mesh_before_they_ask_aws(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tapgen.yaml").write_text(APP_MESH, encoding="utf-8")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("PATH", "")
    said = ["--config", str(tmp_path / "tapgen.yaml"), command, "-e", "dev"]
    done = subprocess.run([sys.executable, "-m", "tapgen.deploy", *said], capture_output=True, text=True, check=False)
    assert (done.returncode, "which AWS shut down on 2026-09-30" in done.stderr) == (4, True), done.stderr
