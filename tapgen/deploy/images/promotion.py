"""Giving one environment the images that another runs: the same bytes, under the same digests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.suggest import did_you_mean
from tapgen.deploy.aws import Answer, Aws, AwsError, at_once
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images import running
from tapgen.deploy.registries.client import Registry
from tapgen.deploy.registries.copying import Repository, copy
from tapgen.deploy.registries.credentials import own_registry
from tapgen.errors import ConfigError, Problem
from tapgen.layers.registry import IN_USE, repository_name

Say = Callable[[str], None]


@dataclass(frozen=True)
class Side:
    """One of the two environments, and who asks its AWS."""

    environment: Environment
    aws: Aws

    def repository(self, name: str) -> str:
        """What the repository of an image is called."""
        return repository_name(self.environment.platform, name)

    def tags(self, name: str, digest: str) -> list[str]:
        """The tags that say what an image was built from; empty where it is not there, or nobody knows.

        Raises:
            AwsError: AWS could not be asked.
        """
        words = ("--repository-name", self.repository(name), "--image-ids", f"imageDigest={digest}")
        try:
            found: Answer = self.aws("ecr", "describe-images", *words)
        except AwsError as error:
            if error.code in ("ImageNotFoundException", "RepositoryNotFoundException"):
                return []
            raise
        tags = [tag for each in found.get("imageDetails", []) for tag in each.get("imageTags") or ()]
        return sorted(tag for tag in tags if not tag.startswith(IN_USE.removesuffix("*")))


@dataclass(frozen=True)
class Step:
    """One image that is to be another one."""

    name: str
    old: str
    """The digest that it has; empty where it has none."""

    new: str
    old_tags: Sequence[str] = ()
    new_tags: Sequence[str] = ()

    def __str__(self) -> str:
        before = _told(self.old, self.old_tags) if self.old else "nothing"
        return f"{self.name}: {before} -> {_told(self.new, self.new_tags)}"


def difference(source: Side, target: Side, names: Collection[str] = ()) -> list[Step]:
    """What is not the same in both, of the images called *names*, or of all; sources and tags tell what each is.

    Raises:
        ConfigError: the first has no image of such a name.
        AwsError: AWS could not be asked.
    """
    has, had = source.environment.digests, target.environment.digests
    if unknown := [name for name in names if name not in has]:
        text = "{} names no image {!r} in tapgen.images.yaml"
        raise ConfigError(
            Problem(text.format(source.environment.name, n), allowed=", ".join(has), hint=did_you_mean(n, has))
            for n in unknown
        )
    changed = [name for name, digest in has.items() if (not names or name in names) and had.get(name) != digest]

    def step(name: str) -> Step:
        old = had.get(name, "")
        tags = target.tags(name, old) if old else []
        return Step(name, old, has[name], tags, source.tags(name, has[name]))

    return at_once(step, changed)


def promote(source: Side, target: Side, steps: Sequence[Step], say: Say) -> None:
    """Copy what is not there yet; environments of one account and Region have one registry, and need no copy.

    Raises:
        RefusedError: an image is not where it should be, or there is no repository for it.
        RegistryError: it cannot be copied.
        AwsError: AWS could not be asked.
    """
    here, there = (each.environment for each in (source, target))
    if missing := [step.name for step in steps if not step.new_tags and not _is_there(source, step)]:
        raise RefusedError(
            f"{here.name} names images that are not in its registry: {', '.join(missing)}",
            f"run: make images ENV={here.name}",
        )
    if (here.account, here.region) == (there.account, there.region):
        return
    origin, goal = (own_registry(each.aws) for each in (source, target))
    for step in steps:
        repository = target.repository(step.name)
        if not _has_repository(target.aws, repository):
            remedy = f"run: make registry ENV={there.name}"
            raise RefusedError(f"there is no repository {repository} in {there.name}", remedy)
        say(f"copying {step.name}")
        copy(
            Repository(Registry(origin.url, origin.login), source.repository(step.name)),
            step.new,
            Repository(Registry(goal.url, goal.login), repository),
            next(iter(step.new_tags), f"promoted-{short(step.new)}"),
        )


def _is_there(side: Side, step: Step) -> bool:
    return bool(running.named(side.aws, side.repository(step.name), f"imageDigest={step.new}"))


def _has_repository(aws: Aws, name: str) -> bool:
    try:
        return bool(aws("ecr", "describe-repositories", "--repository-names", name)["repositories"])
    except AwsError as error:
        if error.code == "RepositoryNotFoundException":
            return False
        raise


def _told(digest: str, tags: Sequence[str]) -> str:
    return f"{short(digest)} ({', '.join(tags)})" if tags else short(digest)


def short(digest: str) -> str:
    """As much of a digest as people compare."""
    return digest.removeprefix("sha256:")[:12]
