"""From the text of `tapgen.yaml` to environments that hold every value, with every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapgen.config import images, overlay, schema, templates, translate
from tapgen.config.environment import Environment
from tapgen.config.model import File
from tapgen.config.rules import FILE_RULES, ONCE_BUILT, RULES
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.validated import Validated, validate
from tapgen.config.yaml.source import Source, compose, load
from tapgen.config.yaml.tree import Keys, Node, find, plain
from tapgen.errors import ConfigError, Place, Problem

IMAGES = "tapgen.images.yaml"
"""The file beside `tapgen.yaml` that names the images."""

FIRST = "write a first one: tapgen init"
"""What to do where there is no `tapgen.yaml`."""


@dataclass(frozen=True)
class Configuration:
    """What the user wants, and where it is written."""

    file: File
    """The file as it is written, with what the models say by themselves."""

    environments: Mapping[str, Environment]
    """Every environment, resolved, by name."""

    _source: Source = field(repr=False)
    _trees: Mapping[str, Node] = field(repr=False)

    def place(self, *path: str | int, environment: str | None = None) -> Place | None:
        """Where the value at *path* comes from, in the file or in a resolved environment.

        Where it is not written, the nearest mapping above it is meant; nothing where none is.
        """
        root = self._source.root if environment is None else self._trees.get(environment)
        if root is None:
            return None
        node, _ = find(root, path)
        return self._source.shown(node.shown) if node is not self._source.root else None


def read(path: Path, *, built: bool = True) -> Configuration:
    """Read `tapgen.yaml`, the images beside it where there are any, and the templates that it names.

    Unless *built*, images may be missing.

    Raises:
        ConfigError: with every problem, in the order of the files.
    """
    source, beside = load(path, FIRST), path.parent / IMAGES
    # A link that leads nowhere is there, though it does not exist.
    there = beside.exists() or beside.is_symlink()
    return understand(source, load(beside) if there else compose(b"", str(beside)), built=built)


def understand(source: Source, digests: Source, *, built: bool = True) -> Configuration:
    """Make sense of `tapgen.yaml` and of the images; unless *built*, those that tasks need may be missing.

    Templates of the user's own are read here: they are a part of what the file says.

    Raises:
        ConfigError: with every problem, in the order of the files.
    """
    if source.root.value is None:
        raise ConfigError([Problem("the file is empty", source.root.place, hint=FIRST)])
    problems = list(source.problems)
    file = _file(source, problems)
    trees = {name: overlay.environment(source.root, name) for name in _environments(source)}
    found = images.digests(digests)
    # What should be a mapping, and is none, is laid under nothing: nobody knows what an environment was to be.
    unclear = any(mistake["type"] in {"dict_type", "model_type"} for mistake in file.mistakes)
    rules = () if unclear else [rule for rule in RULES if built or rule not in ONCE_BUILT]
    environments: dict[str, Environment] = {}
    idle: dict[str, list[Complaint]] = {}
    for name, tree in trees.items():
        problems += _unknown_workloads(source, source.root.items["environments"].items[name], tree)
        own, unread = templates.templates(source, tree)
        problems += unread
        environment = _environment(source, name, tree, found.get(name, {}), own)
        # What is missing here is missing in the file as written, and known by now.
        special = [mistake for mistake in environment.mistakes if mistake["type"] != "missing"]
        problems += translate.problems(special, tree, source, schema.of(File))
        stacks = tree.items["stacks"].items if "stacks" in tree.items else {}
        lost = {("stacks", key) for key in stacks if key not in own}
        complaints = [each for each in environment.complaints(rules) if lost.isdisjoint(each.premises)]
        if environment.model:
            environments[name] = environment.model
            if not (complaints or unread or environment.mistakes or file.mistakes):
                complaints += _misfits(environment.model)
        problems += (_problem(source, complaint, tree) for complaint in complaints if not complaint.idle)
        idle[name] = [complaint for complaint in complaints if complaint.idle]
    problems += _idle(source, trees, idle)
    problems += (_problem(source, complaint, source.root) for complaint in file.complaints(FILE_RULES))
    problems += images.problems(digests, trees)
    if problems or file.model is None:
        raise ConfigError(_in_order(problems, source.file))
    return Configuration(file.model, environments, source, trees)


def _file(source: Source, problems: list[Problem]) -> Validated[File]:
    """The file as it is written. A key without a value counts as not written, if only it is known."""
    said, everything = plain(source.root, empty=False), plain(source.root)
    if said != everything:
        unknown = [mistake for mistake in validate(File, everything).mistakes if mistake["type"] == "extra_forbidden"]
        problems += translate.problems(unknown, source.root, source, schema.of(File))
    file = validate(File, said)
    problems += translate.problems(file.mistakes, source.root, source, schema.of(File))
    return file


def _environments(source: Source) -> list[str]:
    written = source.root.items.get("environments")
    return [name for name, node in written.items.items() if isinstance(node.value, dict | None)] if written else []


def _unknown_workloads(source: Source, here: Node, tree: Node) -> Iterator[Problem]:
    """Environments say what is different about services and jobs, they do not add any."""
    for kind, one in overlay.WORKLOADS.items():
        known = tree.items[kind].items
        special = here.items.get(kind)
        for name, node in special.items.items() if special and (known or kind == "jobs") else ():
            if name not in known:
                hint = did_you_mean(name, known) or f"declare it under the top-level `{kind}` first"
                place = node.key or node.place
                yield translate.at_place(source, node.path, place, f"unknown {one}", ", ".join(known), hint)


def _environment(
    source: Source, name: str, tree: Node, found: Mapping[str, str], own: Mapping[str, templates.Template]
) -> Validated[Environment]:
    data = plain(tree, empty=False)
    data |= {"platform": source.root.items["name"].value if "name" in source.root.items else "", "name": name}
    data["mirrors"] = {key: digest for key, digest in found.items() if "." in key}
    for kind in overlay.WORKLOADS:
        for key, workload in data[kind].items():
            if isinstance(workload, dict):
                workload |= {"name": key, "digest": found.get(key)}
    for job in data["jobs"].values():
        if isinstance(job, dict):
            _borrow(job, data["services"])
    if isinstance(stacks := data.get("stacks"), dict):
        # One that could not be read is a problem of its own.
        data["stacks"] = {key: stacks[key] | {"name": key, **own[key].declares()} for key in stacks if key in own}
    return validate(Environment, data)


def _misfits(environment: Environment) -> Sequence[Complaint]:
    """What `overrides` and `stacks` say and what is generated does not bear out: known only when the rest is right."""
    if not (environment.overrides or environment.stacks):
        return ()
    from tapgen.hatch.way import MisfitError
    from tapgen.platform import assemble

    try:
        assemble(environment)
    except MisfitError as error:
        return error.complaints
    return ()


def _borrow(job: dict[str, Any], services: Mapping[str, Any]) -> None:
    """A job that runs the image of a service runs it in the same version, and knows what it is built for."""
    lender = services.get(str(job.get("image_of")))
    if isinstance(lender, dict):
        borrowed = {key: lender[key] for key in ("image", "image_credentials", "architecture") if key in lender}
        job |= borrowed | job | {"digest": lender["digest"]}


def _idle(source: Source, trees: Mapping[str, Node], found: Mapping[str, Sequence[Complaint]]) -> Iterator[Problem]:
    """What has no effect although it is said of a single service: in an environment, or everywhere and in none."""
    places: dict[Keys, list[str]] = {}
    for name, complaints in found.items():
        for complaint in complaints:
            node, missing = find(trees[name], complaint.path)
            if missing:
                continue
            places.setdefault(node.path, []).append(name)
            here = node.path[:3:2] == ("environments", "services")
            if here or (node.path[0] == "services" and len(places[node.path]) == len(trees)):
                yield _problem(source, complaint, trees[name])


def _problem(source: Source, complaint: Complaint, tree: Node) -> Problem:
    """The complaint at the nearest value that is written, and under the name it has there."""
    node, rest = find(tree, complaint.path)
    other, missing = find(tree, complaint.against)
    path, place = node.path + rest, node.key if complaint.at_key and node.key else node.shown
    if complaint.against and not missing and (rest or _strength(other) > _strength(node)):
        # What they have in common is where the other says something special.
        pairs = enumerate(zip(complaint.path, complaint.against, strict=False))
        common = next(position for position, (one, two) in pairs if one != two)
        path = other.path[: common - len(complaint.against)] + complaint.path[common:]
        place = other.shown
    return translate.at_place(source, path, place, complaint.message, complaint.allowed, complaint.hint)


def _strength(node: Node) -> int:
    """Of two values that do not agree, the one that says something special is to blame."""
    return ("defaults", "services", "jobs", "environments").index(str(node.path[0])) if node.path else 0


def _in_order(problems: list[Problem], first: str) -> list[Problem]:
    """Without repetition, by place; the problems of the file *first* before those of others."""
    once = {(problem.place, problem.message): problem for problem in reversed(problems)}
    return sorted(
        once.values(),
        key=lambda p: (p.place is not None and p.place.file != first, p.place or Place("", 0, 0), p.message),
    )
