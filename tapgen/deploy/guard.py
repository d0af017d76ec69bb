"""What must be so before anything is sent: the reviewed files, and the right account."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from tapgen.config.environment import Environment
from tapgen.config.mesh import SHUT_DOWN
from tapgen.deploy.aws import Aws, at_once
from tapgen.deploy.stacks import Stack, template
from tapgen.deploy.target import SHARED, Project
from tapgen.errors import TapgenError
from tapgen.git import GitError, blobs, prefix
from tapgen.write import compare

_REASONS = {
    "missing": "is missing",
    "changed": "differs from what tapgen.yaml renders",
    "foreign": "was not written by tapgen",
    "stale": "is not rendered from tapgen.yaml any more",
}


class RefusedError(TapgenError):
    """Something is not as it must be; nothing was sent."""

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__("\n".join([f"error: {message}", *([f" = help: {remedy}"] if remedy else [])]))


@dataclass(frozen=True)
class Caller:
    """Who asks AWS."""

    account: str
    partition: str
    arn: str


def reviewed(project: Project, only: Collection[str], *, uncommitted: bool = False) -> None:
    """Refuse templates that are not what `tapgen.yaml` renders, or not committed; *only* is which, by path.

    The digests must be committed with them: going back finds earlier versions in the history of their file.

    With *uncommitted* they need not be committed, which is for a local AWS alone.

    Raises:
        RefusedError: with every template that is in the way, and the command to run.
    """
    folders = {path.partition("/")[0] for path in only if "/" in path}
    changes = [
        change
        for change in compare(project.templates, project.folder)
        if change.path in only or (change.kind == "stale" and change.path.partition("/")[0] in folders)
    ]
    if changes:
        lines = [f"{project.folder / each.path} {_REASONS[each.kind]}" for each in changes]
        raise RefusedError("\n".join(["what is checked in is not what would be rendered:", *lines]), "run: make render")
    if uncommitted:
        if not _local():
            raise RefusedError("only a local AWS takes what is not committed", "commit it, or set AWS_ENDPOINT_URL")
        return
    images = {project.images.name: project.images.read_bytes()} if project.images.exists() else {}
    missing = [
        *_uncommitted(project.images.parent, images),
        *_uncommitted(project.folder, {path: project.templates[path].encode() for path in only}),
    ]
    if missing:
        named = [project.config, *([project.images] if images else []), project.folder]
        raise RefusedError(
            "\n".join(["what is deployed must be committed, and this is not:", *map(str, missing)]),
            f"review it, then: git add {' '.join(map(str, named))} && git commit",
        )


def deployable(environment: Environment) -> None:
    """Refuse an environment with App Mesh: AWS makes nothing of it any more, a local one does.

    Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html

    Raises:
        RefusedError: it has App Mesh, and this is not a local AWS.
    """
    if environment.mesh.app_mesh and not _local():
        message = f"{environment.name} has App Mesh, which AWS shut down on {SHUT_DOWN}: only a local AWS takes it"
        raise RefusedError(message, "read docs/from-app-mesh.md and say `mesh: {tls: mutual}`, or set AWS_ENDPOINT_URL")


def caller(aws: Aws, account: str, region: str, wanted_region: str = "") -> Caller:
    """Who the caller is, who must be of *account*; *wanted_region* is the Region that was asked for, if any.

    Raises:
        RefusedError: the account or the Region is another.
        AwsError: AWS could not be asked.
    """
    if wanted_region and wanted_region != region:
        raise RefusedError(f"REGION is {wanted_region}, and tapgen.yaml says {region}", "leave REGION away")
    found = identity(aws)
    if found.account != account:
        raise RefusedError(
            f"the caller is of account {found.account}, and tapgen.yaml says {account}: {found.arn}",
            "choose another AWS_PROFILE, or correct `account` in tapgen.yaml",
        )
    return found


def identity(aws: Aws) -> Caller:
    """Who the caller is.

    Raises:
        AwsError: AWS could not be asked.
    """
    found = aws("sts", "get-caller-identity")
    return Caller(found["Account"], found["Arn"].split(":")[1], found["Arn"])


def changeable(stack: Stack | None, again: str, remove: str, region: str) -> None:
    """Refuse a stack that cannot be updated as it is.

    Raises:
        RefusedError: with the way out; *again* and *remove* are the commands to change and to delete it.
    """
    if stack and not stack.state.changeable:
        way_out = stack.state.way_out.format(stack=f"{stack.name} --region {region}", again=again, remove=remove)
        raise RefusedError(f"{stack.name} {stack.state.meaning} ({stack.status})", way_out)


def shared(aws: Aws, project: Project, there: Mapping[str, Stack]) -> None:
    """Refuse `bootstrap` and `registry`, of all stacks that are *there*, if they are not current.

    Raises:
        RefusedError: one is not.
        AwsError: AWS could not be asked.
    """
    names = {name: project.shared_stack(name) for name in SHARED}
    for name, stack_name in names.items():
        stack = there.get(stack_name)
        if not stack or not stack.exists:
            raise RefusedError(f"{stack_name} is not there yet", f"run: make {name}")
        changeable(stack, f"make {name}", f"aws cloudformation delete-stack --stack-name {stack_name}", aws.region)
    templates = at_once(lambda stack: template(aws, stack), names.values())
    for (name, stack_name), text in zip(names.items(), templates, strict=True):
        if text != project.templates[f"{name}.yaml"]:
            raise RefusedError(f"{stack_name} is not what {name}.yaml says", f"run: make {name}")


def _local() -> bool:
    return urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in ("127.0.0.1", "localhost", "::1")


def _uncommitted(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """Which *files* of a folder differ from the last commit, byte for byte, or are not in it."""
    try:
        where = prefix(folder)
        committed = blobs(folder, (f"HEAD:{where}{path}" for path in files))
    except GitError as error:
        raise RefusedError(
            f"what is deployed must be committed to git: {error.said}", "git init, then commit"
        ) from None
    yield from (folder / path for path, was in zip(files, committed, strict=True) if was != files[path])
