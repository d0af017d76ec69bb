"""Whatever `tapgen/deploy` asks AWS in a workflow, the deploy role may ask; and nothing is granted that nobody asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tapgen import actions
from tapgen.config.model import Ci
from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render_shared

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "tapgen" / "deploy"
PLATFORM = ROOT / "tests/golden/platforms/background-work/tapgen.yaml"
"""It has jobs."""

PREFIXES = {"cloudcontrol": "cloudformation", "elbv2": "elasticloadbalancing", "s3api": "s3"}
"""How IAM begins the actions of what the CLI calls otherwise."""

SEVERAL = {
    ("s3", "sync"): ["s3:ListBucket", "s3:PutObject"],
    ("cloudformation", "create-change-set"): [
        "cloudformation:CreateChangeSet",
        "cloudformation:TagResource",
        "iam:PassRole",
        "s3:GetObject",
    ],
    ("ecs", "run-task"): ["ecs:RunTask", "ecs:TagResource", "iam:PassRole"],
    ("sts", "get-caller-identity"): [],
}
"""Commands that are about other actions than the one they are named after, or about more.

Sources: https://docs.aws.amazon.com/cli/latest/reference/s3/sync.html ,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html ,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

BY_PERSONS = {
    "cleanup.py": "what CloudFormation left behind is named where it cannot be deleted",
    "kept.py": "destroying is a person's",
    "removal.py": "destroying is a person's",
}
"""Modules that workflows do not need rights for, and why."""

BY_ADMINISTRATORS = {
    ("cloudformation", "delete-stack"): "the empty stack of a preview that was given up",
}
"""Commands that a workflow can do without."""

BY_HAND = {
    "cloudformation:CancelUpdateStack": "what a stuck deployment needs; docs/deploying.md",
    "cloudformation:ContinueUpdateRollback": "what a stuck deployment needs; docs/deploying.md",
    "cloudformation:RollbackStack": "what a stuck deployment needs; docs/deploying.md",
    "cloudformation:UntagResource": "a deployment with fewer tags than the last; CloudFormation asks for it",
    "ecr:BatchCheckLayerAvailability": "the registry's own protocol; tapgen/deploy/registries",
    "ecr:CompleteLayerUpload": "the registry's own protocol; tapgen/deploy/registries",
    "ecr:GetDownloadUrlForLayer": "the registry's own protocol; tapgen/deploy/registries",
    "ecr:InitiateLayerUpload": "the registry's own protocol; tapgen/deploy/registries",
    "ecr:UploadLayerPart": "the registry's own protocol; tapgen/deploy/registries",
    "ecs:StopTask": "what `make task` says to do with a job that hangs",
}
"""Actions that no command of tapgen asks for by itself, and why they are granted."""

Command = tuple[str, str]


def commands(source: str) -> Iterator[Command | None]:
    """The service and operation of each call of the CLI; nothing for a call of which they are not seen."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        named = {
            node.targets[0].id: node.value.elts
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Tuple)
        }
        yield from (_command(node, named) for node in ast.walk(function) if isinstance(node, ast.Call) and _asks(node))


def _asks(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="aws") | ast.Attribute(attr="aws") | ast.Attribute(attr="run", value=ast.Name(id="aws")):
            return True
    return False


def _command(call: ast.Call, named: dict[str, list[ast.expr]]) -> Command | None:
    words: list[ast.expr] = []
    for argument in call.args:
        match argument:
            case ast.Starred(value=ast.Tuple(elts=elements)):
                words += elements
            case ast.Starred(value=ast.Name(id=name)):
                words += named.get(name, [argument])
            case _:
                words.append(argument)
    match words[:2]:
        case [ast.Constant(value=str(service)), ast.Constant(value=str(operation))]:
            return service, operation
    return None


def asked(command: Command) -> list[str]:
    service, operation = command
    name = "".join(part.capitalize() for part in operation.split("-"))
    return SEVERAL.get(command, [f"{PREFIXES.get(service, service)}:{name}"])


FILES = sorted(path for path in DEPLOY.rglob("*.py") if path.name not in BY_PERSONS)
ASKED = {command for path in FILES for command in commands(path.read_text("utf-8")) if command}


@cache
def granted() -> dict[str, list[Any]]:
    """The resources of each action that the deploy role of an environment allows, where workflows push images too."""
    configuration = read(PLATFORM)
    file = configuration.file.model_copy(update={"ci": Ci(repository="example/backstage", images=True)})
    template = parse(render_shared(replace(configuration, file=file))["bootstrap.yaml"])
    (policy,) = template["Resources"]["LiveDeployRole"]["Properties"]["Policies"]
    found: dict[str, list[Any]] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    return found


def test_every_call_is_understood() -> None:
    unknown = [path.name for path in FILES for command in commands(path.read_text("utf-8")) if command is None]
    assert unknown == []
    assert len(ASKED) > 20
    assert BY_ADMINISTRATORS.keys() <= ASKED


@pytest.mark.parametrize("command", sorted(ASKED - BY_ADMINISTRATORS.keys()), ids=" ".join)
def test_whatever_is_asked_is_granted(command: Command) -> None:
    assert [action for action in asked(command) if action not in granted()] == []


@pytest.mark.parametrize("action", granted())
def test_whatever_is_granted_is_asked(action: str) -> None:
    assert (action in BY_HAND) != (action in {each for command in ASKED for each in asked(command)})


@pytest.mark.parametrize("action", granted())
def test_what_is_granted_on_everything_could_not_be_granted_on_less(action: str) -> None:
    accepted = {
        "cloudformation:DescribeStacks": "which stacks are nested is known only from the list of all",
        "cloudwatch:DescribeAlarms": "composite alarms are shown to who may see all",
        "ecs:ListTasks": "knows no resource but instances, of which Fargate has none",
    }
    assert actions.exists(action)
    if "*" in granted()[action]:
        assert action in accepted or not actions.knows_resources(action)
    else:
        assert actions.knows_resources(action)
