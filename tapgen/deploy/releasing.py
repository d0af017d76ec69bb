"""Giving an environment another version of an image: found in the registry, written down, rendered, looked at."""

from __future__ import annotations

from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.image_names import OURS, ecr_repository
from tapgen.config.suggest import did_you_mean
from tapgen.deploy.aws import Aws
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images import running
from tapgen.deploy.images.bringing import known_images
from tapgen.deploy.images.promotion import short
from tapgen.deploy.images.recording import record
from tapgen.deploy.target import Project, beside
from tapgen.errors import ConfigError, Problem
from tapgen.git import git
from tapgen.layers.registry import repository_name
from tapgen.write import write

_DIGEST = "sha256:"


@dataclass(frozen=True)
class Release:
    """One image that is to be another."""

    name: str
    old: str
    """The digest that the file named; empty where it named none."""

    new: str

    def __str__(self) -> str:
        if self.old == self.new:
            return f"{self.name}: {short(self.new)}, as before"
        return f"{self.name}: {short(self.old) or 'nothing'} -> {short(self.new)}"


def releasable(environment: Environment, name: str) -> None:
    """Refuse what is not the name of an image of the platform.

    Raises:
        ConfigError: there is none of that name; with those that there are, but for what tapgen itself brings.
    """
    known = known_images(environment)
    own = [each for each in known if not each.startswith(f"{OURS}.")]
    lender = next((each.repository for each in environment.workloads.values() if each.name == name), name)
    if not name:
        raise ConfigError([Problem("which service? Say: SERVICE=…", allowed=", ".join(own))])
    if lender != name:
        raise ConfigError([Problem(f"`{name}` runs the image of `{lender}`", hint=f"say it of that: SERVICE={lender}")])
    if name not in known:
        message = f"there is no image {name!r} in {environment.name}"
        raise ConfigError([Problem(message, allowed=", ".join(own), hint=did_you_mean(name, own))])


def resolve(aws: Aws, environment: Environment, name: str, said: str) -> str:
    """The digest of the image that is meant by *said*: a digest, a tag, or either of them after a repository.

    A digest counts alone, wherever it was seen: the same digest is the same image.

    Raises:
        ConfigError: nothing is said.
        RefusedError: it is not in the registry of the environment.
        AwsError: AWS could not be asked.
    """
    if not said:
        raise ConfigError([Problem("which image? Say: IMAGE=…, a tag or a digest")])
    repository = repository_name(environment.platform, name)
    image, _, digest = said.rpartition("@")
    tag = ""
    if not digest.startswith(_DIGEST):
        digest = ""
        place, _, tag = said.rpartition(":")
        if image or (place and not _is_own(environment, repository, said, place)):
            message = f"{said} is not in {repository}, the repository of {name} in {environment.name}"
            raise RefusedError(message, f"say a tag or digest of an image there; {_bring(environment, name)}")
    found = running.named(aws, repository, f"imageDigest={digest}" if digest else f"imageTag={tag}")
    if not found:
        message = f"there is no {said} in {repository} of account {environment.account} in {environment.region}"
        raise RefusedError(message, _bring(environment, name))
    return str(found["imageId"]["imageDigest"])


def prepare(project: Project, environment: str, name: str, digest: str) -> tuple[Project, Release]:
    """Write a digest down and render; what was so before stays as it was. Gives the project as it is then.

    Raises:
        ConfigError: the file is wrong.
        OutputError: something cannot be written.
    """
    old = project.environment(environment).digests.get(name, "")
    record(project.images, environment, {name: digest})
    now = beside(project.config)
    write(now.templates, now.folder)
    return now, Release(name, old, digest)


def uncommitted(project: Project) -> str:
    """What differs from the last commit, of digests and templates, as git shows it; nothing where nothing does.

    Raises:
        GitError: there is no git, or no commit.
    """
    folder = project.config.parent
    paths = ("--", project.images.name, project.folder.name)
    changed = git(folder, "diff", "--stat", "HEAD", *paths).decode(errors="replace").splitlines()
    new = git(folder, "ls-files", "--others", "--exclude-standard", *paths).decode(errors="replace").splitlines()
    return "\n".join([*(f" {path} is new" for path in new), *changed])


def _is_own(environment: Environment, repository: str, said: str, place: str) -> bool:
    found = ecr_repository(said)
    there = (environment.account, environment.region, repository)
    return place == repository or bool(found and (found.account, found.region, found.name) == there)


def _bring(environment: Environment, name: str) -> str:
    return (
        f"to bring one: make images ENV={environment.name} SERVICES={name} builds or copies it, "
        f"make promote FROM=… TO={environment.name} copies what another environment runs"
    )
