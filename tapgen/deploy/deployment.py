"""Making a stack what its template says: the steps of `deploy` and `preview`, and of the stacks that all share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tapgen.config.environment import Environment
from tapgen.deploy import changes, cleanup, colours, failure, guard, stacks
from tapgen.deploy.artifacts import apart, artifacts, upload
from tapgen.deploy.aws import Answer, Aws
from tapgen.deploy.changes import ChangesError, Request
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images import running
from tapgen.deploy.operation import Operation
from tapgen.deploy.progress import follow
from tapgen.deploy.protection import lifted, protect
from tapgen.deploy.stacks import Stack
from tapgen.deploy.states import state
from tapgen.deploy.target import Project
from tapgen.deploy.tasks import Witness
from tapgen.deploy.words import thing
from tapgen.errors import TapgenError

Say = Callable[[str], None]
"""How the user is told of what is not the result."""

GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


class FailedError(TapgenError):
    """AWS began, and it came to nothing; what was there before is there again."""

    exit_code = 1


@dataclass(frozen=True)
class Ready:
    """An environment that may be deployed: everything has been checked, and its templates are in the bucket."""

    environment: Environment
    request: Request
    stack: Stack | None
    """The root stack, if there is one."""

    images: list[Answer]


def ready(
    aws: Aws, project: Project, environment: Environment, caller: guard.Caller, say: Say, *, folder: str = ""
) -> Ready:
    """Check all that can be known before, and upload what is missing, to another *folder* than deployments where given.

    Raises:
        RefusedError: something is not as it must be.
        AwsError: AWS could not be asked.
        OutputError: there is no room to lay the templates out.
    """
    there = stacks.everything(aws)
    guard.shared(aws, project, there)
    name, bootstrap = environment.stack_name, there[project.shared_stack("bootstrap")]
    stack = there.get(name)
    again, remove = f"make deploy ENV={environment.name}", f"make destroy ENV={environment.name}"
    guard.changeable(stack, again, remove, aws.region)
    found = running.find(aws, environment)
    bucket = bootstrap.outputs["ArtifactBucketName"]
    templates = project.of_environment(environment.name)
    sent = artifacts(apart(templates, folder) if folder else templates, bucket, environment.region, caller.partition)
    upload(aws, sent, bucket)
    say(f"the templates of {environment.name} are in {bucket}")
    request = Request(
        stack=name,
        template=("--template-url", sent.root_url),
        text=sent.root,
        tags=_tags(environment.name, environment.platform, environment.tags),
        again=again,
        remove=remove,
        role=bootstrap.outputs.get("CloudFormationRoleArn", ""),
    )
    return Ready(environment, request, stack, found)


def deploy(aws: Aws, project: Project, prepared: Ready, change_set: str, say: Say, *, anyway: bool = False) -> bool:
    """Make an environment what its templates say; whether anything had to change.

    With *change_set* exactly what a preview has shown; with *anyway* also what may leave requests without an answer.

    Raises:
        RefusedError: something moved since the preview, or somebody else is deploying.
        FailedError: AWS could not do it; with the cause.
        AwsError: AWS could not be asked.
    """
    environment, templates = prepared.environment, project.of_environment(prepared.environment.name)
    coloured = _coloured(aws, prepared, templates)
    if not anyway:
        colours.refuse(coloured)
    colours.refuse_to_strand(aws, coloured)
    if behind := colours.behind(aws, coloured):
        if change_set:
            message = f"CloudFormation must learn first which colours are live ({', '.join(behind)})"
            raise RefusedError(message, f"leave CHANGESET away: make deploy ENV={environment.name}")
        _tell_colours(aws, prepared, behind, say)
    running.mark_wanted(aws, prepared.images, environment)
    found: changes.Made | None
    if change_set:
        found = changes.current(aws, change_set, prepared.request)
    else:
        # A preview of a stack that is there ends by itself when something else is carried out.
        if prepared.stack and not prepared.stack.exists:
            changes.discard(aws, prepared.stack)
        found = changes.make(aws, prepared.request, prepared.stack, nested=False)
    if found:
        with lifted(aws, [each.stack for each in coloured if each.lost]):
            _carry_out(aws, prepared.request.stack, found, say)
    running.mark_running(aws, prepared.images, environment)
    root = found.stack_id if found else prepared.request.stack
    was = bool(prepared.stack and prepared.stack.protected)
    protect(aws, root, templates, was=was, wanted=environment.protect)
    return found is not None


def _coloured(aws: Aws, prepared: Ready, templates: Mapping[str, str]) -> list[colours.Coloured]:
    """The services with two colours that the deployment would change."""
    there = prepared.stack
    return colours.look(aws, there, prepared.environment, templates) if there and there.exists else []


def _tell_colours(aws: Aws, prepared: Ready, behind: Mapping[str, str], say: Say) -> None:
    """Set what CloudFormation takes for live to what is, and change nothing else."""
    said = ", ".join(f"{name}={colour}" for name, colour in behind.items())
    say(f"before any rule changes, CloudFormation learns which colours are live: {said}")
    text = stacks.template(aws, prepared.request.stack)
    request = replace(prepared.request, template=("--use-previous-template",), text=text, tags={}, parameters=behind)
    if made := changes.make(aws, request, prepared.stack, nested=False):
        _carry_out(aws, request.stack, made, say)


def _foretell(aws: Aws, prepared: Ready, templates: Mapping[str, str], say: Say) -> None:
    """Say what a deployment would refuse, or do before."""
    coloured = _coloured(aws, prepared, templates)
    try:
        colours.refuse(coloured)
        colours.refuse_to_strand(aws, coloured)
    except RefusedError as error:
        say(f"make deploy would refuse this:\n{error}")
    for name, colour in colours.behind(aws, coloured).items():
        say(f"make deploy would first tell CloudFormation that {colour} is live: {name}; so leave CHANGESET away")


def preview(aws: Aws, prepared: Ready, templates: Mapping[str, str], say: Say) -> changes.ChangeSet | None:
    """What a deployment would change; it stays, to be carried out. Nothing where nothing would change.

    Raises:
        ChangesError: CloudFormation says why it cannot be done.
        AwsError: AWS could not be asked.
    """
    changes.discard(aws, prepared.stack)
    _foretell(aws, prepared, templates, say)
    try:
        made = changes.make(aws, prepared.request, prepared.stack, nested=True)
    except ChangesError as error:
        say(f"CloudFormation refuses to look into nested stacks, so this is the root alone: {error}")
        made = changes.make(aws, prepared.request, stacks.find(aws, prepared.request.stack), nested=False)
    return changes.read(aws, made.id) if made else None


def deploy_shared(aws: Aws, project: Project, name: str, say: Say) -> bool:
    """Make `bootstrap` or `registry` what its template says; whether anything had to change.

    Raises:
        RefusedError: the stack cannot be changed as it is, or somebody else is changing it.
        FailedError: AWS could not do it; with the cause.
        AwsError: AWS could not be asked.
    """
    stack_name = project.shared_stack(name)
    stack = stacks.find(aws, stack_name)
    again, remove = f"make {name}", f"aws cloudformation delete-stack --stack-name {stack_name} --region {aws.region}"
    guard.changeable(stack, again, remove, aws.region)
    path = project.folder / f"{name}.yaml"
    request = Request(
        stack=stack_name,
        template=("--template-body", f"file://{path}"),
        text=project.templates[f"{name}.yaml"],
        tags=_tags("shared", project.platform, project.configuration.file.defaults.tags),
        again=again,
        remove=remove,
    )
    made = changes.make(aws, request, stack, nested=False)
    if made:
        _carry_out(aws, stack_name, made, say)
    protect(aws, stack_name, {}, was=bool(stack and stack.protected), wanted=True)
    return made is not None


def _carry_out(aws: Aws, stack: str, change_set: changes.Made, say: Say) -> None:
    """Execute, follow, and clear away what AWS could not."""
    operation, witness = Operation(aws, stack, change_set.stack_id, change_set.touched), Witness(aws)
    changes.execute(aws, change_set, operation.token)
    follow(operation, witness)
    if operation.status not in GOOD:
        raise FailedError(f"error: {failure.explain(operation, witness)}\n{_where_now(operation, stack)}")
    for event, reason in cleanup.retry(aws, cleanup.left(operation)):
        say(f"left behind, and to be deleted by hand: {thing(event.type)} {event.physical_id}: {reason}")


def _where_now(operation: Operation, stack: str) -> str:
    if operation.status == "UPDATE_ROLLBACK_COMPLETE":
        return f"{stack} is as it was before, and serves its previous version"
    return f"{stack} {state(operation.status).meaning} ({operation.status})"


def _tags(environment: str, service: str, more: Mapping[str, str]) -> dict[str, str]:
    return {"Environment": environment, "Service": service, "ManagedBy": "tapgen", **more}
