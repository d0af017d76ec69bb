"""From a source to a digest in the file, and from one account to another, against the registry of a local AWS.

The builder is a small one of ours, `small_builder.py`, which really logs in and pushes; the AWS CLI is the real one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tapgen import placeholder
from tapgen.deploy.cli import deployment
from tapgen.deploy.images import scanning
from tapgen.localaws.process import running
from tests.deploy.in_process import cli_in_process
from tests.deploy.registries.upstream import Upstream, serving
from tests.localaws.account import Account

_NUMBERS = count(444444440000)
ROOT = Path(__file__).parents[3]
PLATFORM = """\
name: shop
services:
  web: {{port: 8080, build: {{args: {{LEVEL: debug}}}}}}
  api: {{port: 8081, build: {{context: src/api}}, architecture: arm64}}
  cache: {{port: 6379, image: "{upstream}/example/cache:7"}}
  later: {{port: 8082, sidecars: {{agent: {{image: "{upstream}/example/agent:2"}}}}}}
environments:
  dev: {{account: "{dev}", region: eu-west-1, ingress: {{protocol: http}}}}
  test: {{account: "{dev}", region: eu-west-1, ingress: {{protocol: http}}}}
  prod: {{account: "{prod}", region: eu-west-2, ingress: {{protocol: http}}, network: {{nat: none}}}}
registry: {{severity: high}}
"""


@dataclass(frozen=True)
class Team:
    """Somebody's platform, two accounts, and a registry of somebody else."""

    folder: Path
    dev: Account
    prod: Account
    upstream: Upstream

    def run(self, *words: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(deployment, ["-C", str(self.folder / "tapgen.yaml"), *words])

    def good(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def refused(self, *words: str, code: int = 4) -> str:
        done = self.run(*words)
        assert done.exit_code == code, done.output
        return done.output

    def commit(self) -> str:
        git = ["git", "-C", str(self.folder), "-c", "user.name=Somebody", "-c", "user.email=a@example.com"]
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "as it is"], check=True)
        return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout[:12]

    @property
    def images(self) -> str:
        path = self.folder / "tapgen.images.yaml"
        return path.read_text() if path.exists() else ""

    def builder(self) -> list[str]:
        """What the builder was told, and forget it."""
        log = self.folder / ".builder/log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with running(tmp_path_factory.mktemp("images")) as environment:
        yield environment


@pytest.fixture
def team(local_aws: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    cli_in_process(monkeypatch)
    monkeypatch.setattr(scanning, "_PAUSE", 0.0)
    dev, prod = (Account(local_aws, str(next(_NUMBERS))) for _ in range(2))
    home = tmp_path / ".builder"
    for name in ("web", "src/api", ".builder", "bin"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("web", "src/api"):
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
    builder = tmp_path / "bin/buildah"
    builder.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} SMALL_BUILDER={home} exec {sys.executable} -m {MODULE} "$@"\n')
    builder.chmod(0o755)
    profiles = [
        f"[profile {name}]\naws_access_key_id = {each.number}\naws_secret_access_key = x\n"
        for name, each in (("dev", dev), ("prod", prod))
    ]
    (tmp_path / "aws").write_text("\n".join(profiles))
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DATA_PATH"]:
        monkeypatch.delenv(name)
    here = {**local_aws, "AWS_CONFIG_FILE": str(tmp_path / "aws"), "PATH": f"{builder.parent}:/usr/bin:/bin"}
    for name, value in {**here, "AWS_ACCESS_KEY_ID": dev.number, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".gitignore").write_text(".builder\nbin\naws\n")
    subprocess.run(["git", "-C", str(tmp_path), "init", "--quiet"], check=True)
    with serving(Upstream()) as upstream:
        text = PLATFORM.format(dev=dev.number, prod=prod.number, upstream=upstream.address.removeprefix("http://"))
        (tmp_path / "tapgen.yaml").write_text(text)
        yield Team(tmp_path, dev, prod, upstream)


MODULE = "tests.deploy.images.small_builder"


def repositories(account: Account, region: str = "eu-west-1") -> None:
    """Have what registry.yaml makes, without CloudFormation."""
    import boto3

    ecr = account("ecr") if region == "eu-west-1" else None
    ecr = ecr or boto3.client(
        "ecr",
        region_name=region,
        endpoint_url=account.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=account.number,
        aws_secret_access_key="x",
    )
    for name in ("web", "api", "cache", "later", "later.agent", "tapgen.placeholder"):
        ecr.create_repository(
            repositoryName=f"shop/{name}",
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
        )


def digests(account: Account, name: str) -> dict[str, str]:
    """The digests of a repository in eu-west-1, by tag."""
    found = account("ecr").describe_images(repositoryName=f"shop/{name}")["imageDetails"]
    return {tag: each["imageDigest"] for each in found for tag in each["imageTags"]}


def test_images_are_brought_named_and_promoted(team: Team) -> None:
    index = team.upstream.index(
        "7", amd64=team.upstream.image("a", b"x" * 99), arm64=team.upstream.image("b", b"y" * 99)
    )
    agent = team.upstream.image("2", b"agent")
    repositories(team.dev)
    repositories(team.prod, "eu-west-2")
    commit = team.commit()
    output = team.good("images", "-e", "dev", "--builder", "buildah")
    told = team.builder()
    assert [line.split()[0] for line in told] == ["login", "build", "push", "build", "push"]
    assert team.dev.number not in " ".join(told), "the password, which names the account here"
    assert all(word in told[1] for word in ("--platform linux/amd64", "--build-arg LEVEL=debug", f":{commit}-"))
    assert "--platform linux/arm64" in told[3]
    assert told[3].endswith(f"{team.folder}/src/api")
    ((tag, web),) = digests(team.dev, "web").items()
    assert tag.startswith(f"{commit}-")
    assert [line for line in output.splitlines() if line.startswith("web ")] == [
        f"web  {web}  built, as {tag}; scan: nothing found"
    ]
    assert digests(team.dev, "cache") == {f"7-{index['digest'][7:19]}": index["digest"]}
    assert "Next: make render, review, commit, and make deploy ENV=dev" in output
    assert team.images.count("sha256:") == 4
    assert f"  later.agent: {agent['digest']}\n" in team.images
    assert f"dev:\n  web: {web}\n  api: sha256:" in team.images

    _nothing_is_done_twice(team)
    _environments_of_one_registry_need_no_copy(team, web)
    _another_account_gets_the_same_bytes(team, web, tag)


def _nothing_is_done_twice(team: Team) -> None:
    before = team.images
    output = team.good("images", "-e", "dev")
    assert "there already" in output
    assert "names these digests already" in output
    assert (team.builder(), team.images) == ([], before)


def _environments_of_one_registry_need_no_copy(team: Team, web: str) -> None:
    output = team.good("promote", "--from", "dev", "--to", "test", "--only", "web")
    assert "copying" not in output
    assert team.images.endswith(f"\ntest:\n  web: {web}\n")


def _another_account_gets_the_same_bytes(team: Team, web: str, tag: str) -> None:
    words = ("promote", "--from", "dev", "--to", "prod", "--from-profile", "dev", "--to-profile", "prod")
    before = team.images
    shown = team.good(*words, "--dry-run")
    assert f"web: nothing -> {web[7:19]} ({tag})" in shown
    assert team.images == before
    output = team.good(*words)
    assert "copying cache" in output
    assert team.images.count(web) == 3
    assert "prod has every image of dev" in team.good(*words)
    (team.folder / "web/new").write_text("x")
    team.commit()
    team.good("images", "-e", "dev", "--only", "web")
    ((new_tag, new),) = (each for each in digests(team.dev, "web").items() if each[1] != web)
    assert f"web: {web[7:19]} ({tag}) -> {new[7:19]} ({new_tag})\n" in team.good(*words, "--dry-run")


def test_a_weakness_stops_everything_and_is_named(team: Team) -> None:
    repositories(team.dev)
    (team.folder / "web/findings").write_text("MEDIUM=4 HIGH=1")
    team.commit()
    done = team.run("images", "-e", "dev", "--only", "web", "--only", "api")
    assert done.exit_code == 1
    assert "built, as" in done.output
    assert "; scan: 1 high, 4 medium" in done.output
    assert "error: web has weaknesses that are high or worse" in done.output
    assert team.images == ""
    text = (team.folder / "tapgen.yaml").read_text()
    (team.folder / "tapgen.yaml").write_text(text.replace("severity: high", "severity: 'off'"))
    assert "scan" not in team.good("images", "-e", "dev", "--only", "web")


def test_what_is_in_the_way_is_said_before_anything_is_built(team: Team) -> None:
    assert "is tagged by its commit" in team.refused("images", "-e", "dev")
    team.commit()
    missing = "there is no repository shop/web\n = help: run: make registry ENV=dev"
    assert missing in team.refused("images", "-e", "dev")
    unknown = team.refused("images", "-e", "dev", "--only", "wbe", code=2)
    assert "there is no image 'wbe' in dev" in unknown
    assert "did you mean `web`?" in unknown
    assert "the caller is of account" in team.refused("images", "-e", "prod")
    assert team.builder() == []


def test_uncommitted_sources_are_built_when_told(team: Team) -> None:
    repositories(team.dev)
    output = team.good("images", "-e", "dev", "--only", "web", "--uncommitted")
    assert "built, as uncommitted-" in output


def test_an_environment_that_cannot_pull_elsewhere_gets_the_placeholder(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = team.upstream.address.removeprefix("http://")
    monkeypatch.setattr(placeholder, "IMAGE", f"{address}/library/python:3")
    image = team.upstream.image("3", b"python")
    team.upstream.image("7", b"cache")
    team.upstream.image("2", b"agent")
    team.commit()
    repositories(team.prod, "eu-west-2")
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    team.good("images", "-e", "prod")
    assert f"  tapgen.placeholder: {image['digest']}\n" in team.images


def test_what_cannot_be_promoted(team: Team) -> None:
    one = f"sha256:{'1' * 64}"
    (team.folder / "tapgen.images.yaml").write_text(f"dev: {{web: {one}}}\n")
    words = ("promote", "--from", "dev", "--to", "prod", "--to-profile", "prod")
    assert "which environment? Say: TO=…" in team.refused("promote", "--from", "dev", "--to", "", code=2)
    assert "dev names no image 'api'" in team.refused(*words, "--only", "api", code=2)
    assert "images that are not in its registry: web\n = help: run: make images ENV=dev" in team.refused(*words)
    team.upstream.image("7", b"cache")
    repositories(team.dev)
    team.good("images", "-e", "dev", "--only", "cache")
    error = team.refused(*words, "--only", "cache")
    assert "there is no repository shop/cache in prod\n = help: run: make registry ENV=prod" in error
    assert "the caller is of account" in team.refused("promote", "--from", "dev", "--to", "prod")


def test_a_platform_without_images_to_bring_says_so(team: Team) -> None:
    text = (team.folder / "tapgen.yaml").read_text()
    (team.folder / "tapgen.yaml").write_text(text.replace("sidecars:", "# sidecars:").replace("8082, #", "8082} #"))
    assert "has no image to bring" in team.good("images", "-e", "dev", "--only", "later")
