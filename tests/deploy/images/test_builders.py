"""Builders are found in order and told what to do; the programs here only note down what they are told.

That real ones do it is not seen here: `tests/deploy/images/test_bringing.py` has a small one that really pushes, and
docs/images.md says which was tried by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tapgen.config.workload import Build
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images.builders import BuildError, find
from tapgen.deploy.images.sources import Source, Version
from tapgen.deploy.registries.credentials import Login, OwnRegistry

AWS = OwnRegistry("https://111111111111.dkr.ecr.eu-west-1.amazonaws.com", Login("AWS", "very secret"))
LOCAL = OwnRegistry("http://127.0.0.1:4566", Login("AWS", "very secret"))
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts programs on a PATH that has no others, each failing when its first word is one of *fails*."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name: str, *fails: str, says: str = "") -> Path:
        program = folder / name
        known = "".join(f'  {word}) echo "{says}" >&2; exit 1;;\n' for word in fails)
        log, given = tmp_path / "log", tmp_path / "given"
        noted = f'echo "{name} $*" >> {log}\n[ "$1" != login ] || /bin/cat > {given}\n'
        program.write_text(f'#!/bin/sh\n{noted}case "$1" in\n{known}esac\n')
        program.chmod(0o755)
        return program

    return install


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], list[str]]:
    """What the programs were told, without being asked whether they work."""
    return lambda: [line for line in (tmp_path / "log").read_text().splitlines() if not line.endswith(" info")]


def source(**said: object) -> Source:
    return Source("web", Path("src/web"), Build.model_validate(said), "arm64")


def test_the_first_that_works_is_taken(install: Install) -> None:
    with pytest.raises(
        RefusedError, match="nothing here builds images\n = help: install one of docker, podman, buildah"
    ):
        find()
    install("finch")
    install("buildah")
    assert find().kind == "buildah"
    install("podman")
    assert find().kind == "podman"
    install("docker", "info")
    assert find().kind == "podman", "a client without its daemon is passed over"
    install("docker")
    assert find().kind == "docker"


def test_one_that_is_there_and_does_not_work_is_named(install: Install) -> None:
    docker = install("docker", "info")
    with pytest.raises(RefusedError, match=f"nothing here builds images; {docker} cannot be used"):
        find()


def test_the_one_that_is_wanted_is_taken(install: Install, tmp_path: Path) -> None:
    install("docker")
    install("buildah", "info")
    assert find("buildah").kind == "buildah"
    nerdctl = install("nerdctl")
    assert (find("nerdctl").program, find(str(nerdctl)).kind) == (str(nerdctl), "docker")
    with pytest.raises(RefusedError, match="there is no builder kaniko\n = help: BUILDER= may be docker, podman"):
        find("kaniko")


@pytest.mark.parametrize("name", ["docker", "podman", "buildah", "finch"])
def test_the_password_stands_on_no_command_line(
    name: str, install: Install, log: Callable[[], list[str]], tmp_path: Path
) -> None:
    install(name)
    find().log_in(AWS)
    assert log() == [f"{name} login --username AWS --password-stdin 111111111111.dkr.ecr.eu-west-1.amazonaws.com"]
    assert (tmp_path / "given").read_text() == "very secret"


def test_a_login_that_fails_says_why_and_one_that_a_helper_makes_needless_does_not(install: Install) -> None:
    install("podman", "login", says="x509: certificate signed by unknown authority")
    with pytest.raises(BuildError, match=r"podman login 111111111111.* does not succeed: x509") as failed:
        find().log_in(AWS)
    assert "very secret" not in str(failed.value)
    install("docker", "login", says="error storing credentials: not implemented")
    find().log_in(AWS)


def test_a_local_aws_has_no_tls(install: Install, log: Callable[[], list[str]]) -> None:
    for name in ("docker", "podman", "buildah", "finch"):
        install(name)
        find(name).push(LOCAL, "127.0.0.1:4566/shop/web:1")
        find(name).push(AWS, "a/shop/web:1")
    assert log()[::2] == [
        "docker push 127.0.0.1:4566/shop/web:1",
        "podman push --tls-verify=false 127.0.0.1:4566/shop/web:1",
        "buildah push --tls-verify=false 127.0.0.1:4566/shop/web:1",
        "finch push --insecure-registry 127.0.0.1:4566/shop/web:1",
    ]
    assert not [line for line in log()[1::2] if "--" in line]


def test_everything_that_is_said_of_a_build_is_told(install: Install, log: Callable[[], list[str]]) -> None:
    install("buildah")
    said = source(dockerfile="../Dockerfile", target="slim", args={"VERSION": 7, "DEBUG": True})
    find().build(said, Version("4f2a9c1", "tag"), "host/shop/web:tag")
    (words,) = (line.split() for line in log())
    assert words == [
        *("buildah", "build", "--platform", "linux/arm64", "--file", "src/web/../Dockerfile", "--target", "slim"),
        *("--build-arg", "VERSION=7", "--build-arg", "DEBUG=true"),
        *("--label", "org.opencontainers.image.revision=4f2a9c1", "--tag", "host/shop/web:tag", "src/web"),
    ]


def test_docker_gives_an_image_that_can_be_pushed_and_scanned(install: Install, log: Callable[[], list[str]]) -> None:
    install("docker")
    find().build(source(), Version("", "tag"), "i")
    assert log()[-1] == "docker buildx build --load --provenance=false --platform linux/arm64 --tag i src/web"
    install("docker", "buildx")
    find().build(source(), Version("", "tag"), "i")
    assert log()[-1] == "docker build --platform linux/arm64 --tag i src/web"


def test_what_fails_is_named(install: Install) -> None:
    install("podman", "build", "push")
    with pytest.raises(BuildError, match=r"web could not be built: .*podman ended with 1") as failed:
        find().build(source(), Version("", "tag"), "i")
    assert failed.value.exit_code == 1
    with pytest.raises(BuildError, match="i could not be pushed"):
        find().push(AWS, "i")
