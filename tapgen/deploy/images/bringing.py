"""Bringing the images of an environment into the registry: built here, or copied from where they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tapgen import placeholder
from tapgen.config.environment import Environment
from tapgen.config.image_names import BESIDE, PLACEHOLDER, ecr_repository, image_names, sidecar_image
from tapgen.config.suggest import did_you_mean
from tapgen.deploy.aws import Aws, AwsError, at_once
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images import builders
from tapgen.deploy.images.scanning import Scan, scan
from tapgen.deploy.images.sources import Source, source, version
from tapgen.deploy.registries import reference
from tapgen.deploy.registries.client import Registry
from tapgen.deploy.registries.copying import Repository, copy
from tapgen.deploy.registries.credentials import OwnRegistry, login, own_registry
from tapgen.errors import ConfigError, Problem
from tapgen.layers.registry import repository_name

Say = Callable[[str], None]

_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
"""What a manifest calls what a task definition calls by another name."""


@dataclass(frozen=True)
class Wanted:
    """What an environment's registry is to hold."""

    built: Sequence[Source] = ()
    mirrored: Mapping[str, str] = field(default_factory=dict)
    """The references of images that others build, by name."""


@dataclass(frozen=True)
class Brought:
    """An image that is in the registry."""

    name: str
    digest: str
    how: str
    """Where it comes from, in words."""

    scan: Scan | None = None
    """Nothing where no scan was waited for."""


def wanted(environment: Environment, beside: Path, names: Collection[str] = ()) -> Wanted:
    """What is to be brought, of the images called *names*, or of all that are needed; *beside* is where the file is.

    The name of a workload means those of its side-cars too. The placeholder is needed where something runs it and
    nothing else can be pulled.

    Raises:
        ConfigError: there is no image of such a name.
    """
    owners, known = environment.image_owners, known_images(environment, names)
    chosen = [name for name in known if not names or name in names or name.partition(".")[0] in names]
    mirrored = {name: image for name, image in _written(environment).items() if name in chosen}
    empty = any(not each.build and not each.has_image for each in owners.values())
    if PLACEHOLDER not in names and not (not names and empty and environment.network.nat == "none"):
        mirrored.pop(PLACEHOLDER, None)
    sources = (source(each, beside) for each in owners.values() if each.name in chosen)
    return Wanted([each for each in sources if each], mirrored)


def known_images(environment: Environment, names: Collection[str] = ()) -> list[str]:
    """The name of every image that an environment may run, *names* among them.

    Raises:
        ConfigError: they are not.
    """
    workloads = list(environment.workloads.values())
    borrowers = [each.name for each in workloads if each.name not in environment.image_owners]
    known = image_names({each.name: each.sidecars for each in workloads}, borrowers)
    if unknown := [name for name in names if name not in known]:
        text = "there is no image {!r} in {}"
        raise ConfigError(
            Problem(text.format(name, environment.name), allowed=", ".join(known), hint=did_you_mean(name, known))
            for name in unknown
        )
    return known


def _written(environment: Environment) -> dict[str, str]:
    """The references of all images that others build, by name."""
    found = {PLACEHOLDER: placeholder.IMAGE}
    found |= {name: each.image for name, each in environment.image_owners.items() if each.image}
    for each in environment.workloads.values():
        found |= {sidecar_image(each.name, name): sidecar.image or "" for name, sidecar in each.sidecars.items()}
        found |= {name: BESIDE[name] for name in environment.beside(each)}
    return found


@dataclass(frozen=True)
class Bringer:
    """Brings images into the registry of one environment."""

    aws: Aws
    environment: Environment
    severity: str
    say: Say

    def bring(self, plan: Wanted, builder: str, *, uncommitted: bool) -> list[Brought]:
        """Build what is not there yet and copy what others build, then wait for the scans.

        Raises:
            RefusedError: something is not as it must be, such as a source that is not committed.
            BuildError: the builder does not succeed.
            RegistryError: an image is not where it is said to be, or cannot be copied.
            AwsError: AWS could not be asked.
        """
        versions = [(each, version(each, uncommitted=uncommitted)) for each in plan.built]
        tagged = {each.name: self._tagged(each.name, found.tag) for each, found in versions}
        registry = own_registry(self.aws)
        found = [
            Brought(each.name, tagged[each.name], f"there already, as {made.tag}")
            for each, made in versions
            if tagged[each.name]
        ]
        if missing := [(each, made) for each, made in versions if not tagged[each.name]]:
            chosen = builders.find(builder)
            chosen.log_in(registry)
            for each, made in missing:
                image = f"{registry.host}/{self._repository(each.name)}:{made.tag}"
                self.say(f"building {each.name} with {chosen.kind} for {each.platform}, as {made.tag}")
                chosen.build(each, made, image)
                chosen.push(registry, image)
                found.append(Brought(each.name, self._tagged(each.name, made.tag), f"built, as {made.tag}"))
        for name, written in plan.mirrored.items():
            self._tagged(name, "any")
            self.say(f"copying {name} from {written}")
            found.append(self._mirrored(name, written, registry))
        return self._scanned(found)

    def _mirrored(self, name: str, written: str, registry: OwnRegistry) -> Brought:
        origin = reference.parse(written)
        elsewhere = Repository(self._origin(written, origin.host), origin.repository)
        here = Repository(Registry(registry.url, registry.login), self._repository(name))
        digest = elsewhere.registry.manifest(origin.repository, origin.version).digest
        copy(elsewhere, digest, here, reference.mirror_tag(origin, digest))
        return Brought(name, digest, f"copied from {written}")

    def _origin(self, written: str, host: str) -> Registry:
        """The registry that an image is in; in that of another account of AWS we are who we are."""
        if repository := ecr_repository(written):
            return Registry(f"https://{host}", own_registry(Aws(repository.region, self.aws.profile)).login)
        plain = host.partition(":")[0] in ("localhost", "127.0.0.1")
        return Registry(f"{'http' if plain else 'https'}://{host}", login(host))

    def _scanned(self, found: Sequence[Brought]) -> list[Brought]:
        if self.severity == "off":
            return list(found)
        self.say("waiting for the scans")
        run = {each.name: _ARCHITECTURES[each.architecture] for each in self.environment.workloads.values()}
        everything = frozenset(run.values())

        def scanned(each: Brought) -> Brought:
            workload = each.name.partition(".")[0]
            wanted = frozenset([run[workload]]) if workload in run else everything
            result = scan(self.aws, self._repository(each.name), each.digest, wanted)
            return Brought(each.name, each.digest, each.how, result)

        return at_once(scanned, found)

    def _tagged(self, name: str, tag: str) -> str:
        """The digest of the image of that tag; empty where there is none.

        Raises:
            RefusedError: there is no such repository.
        """
        repository = self._repository(name)
        try:
            answer = self.aws(
                *("ecr", "batch-get-image", "--repository-name", repository, "--image-ids", f"imageTag={tag}")
            )
        except AwsError as error:
            if error.code == "RepositoryNotFoundException":
                remedy = f"run: make registry ENV={self.environment.name}"
                raise RefusedError(f"there is no repository {repository}", remedy) from None
            raise
        return next((str(each["imageId"]["imageDigest"]) for each in answer.get("images", [])), "")

    def _repository(self, name: str) -> str:
        return repository_name(self.environment.platform, name)
