"""Stands before the AWS CLI, and refuses what a role may not do, as AWS would.

It is run as `aws`: the file that `TEST_RIGHTS` names says what the role may do, which of the actions are about no
resource, and where the real one is.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

PREFIXES = {"elbv2": "elasticloadbalancing", "s3api": "s3"}
"""How IAM begins the actions of what the CLI calls otherwise."""


def option(words: list[str], name: str) -> str:
    """The value of an option."""
    return words[words.index(name) + 1] if name in words else ""


def several(words: list[str], name: str) -> list[str]:
    """The values of an option that takes several."""
    values = words[words.index(name) + 1 :] if name in words else []
    return values[: next((at for at, value in enumerate(values) if value.startswith("--")), len(values))]


def resources(words: list[str], where: str) -> list[str]:
    """The ARNs of what a command is about, as far as it says; *where* is `REGION:ACCOUNT`."""
    cluster = option(words, "--cluster").rpartition("/")[2]
    match words[0]:
        case "cloudformation":
            named = option(words, "--stack-name")
            arns = (
                [named]
                if not named or named.startswith("arn:")
                else [f"arn:aws:cloudformation:{where}:stack/{named}/id"]
            )
        case "ecs" if "--services" in words:
            arns = [
                f"arn:aws:ecs:{where}:service/{cluster}/{each.rpartition('/')[2]}"
                for each in several(words, "--services")
            ]
        case "ecs" if "--tasks" in words:
            arns = several(words, "--tasks")
        case "ecs":
            definition = option(words, "--task-definition")
            known = definition.startswith("arn:") or not definition
            arns = [definition if known else f"arn:aws:ecs:{where}:task-definition/{definition}"]
        case "ecr":
            arns = [f"arn:aws:ecr:{where}:repository/{option(words, '--repository-name')}"]
        case "logs":
            arns = [f"arn:aws:logs:{where}:log-group:{option(words, '--log-group-name')}:log-stream:any"]
        case _:
            arns = []
    return [arn for arn in arns if arn]


def wanted(words: list[str], where: str) -> Iterator[tuple[str, str]]:
    """The actions that a command needs, and on what: an empty ARN where the command does not say."""
    service, operation = words[:2]
    if (service, operation) == ("s3", "sync"):
        folder, bucket = Path(words[2]), words[3].removeprefix("s3://")
        yield "s3:ListBucket", f"arn:aws:s3:::{bucket}"
        for path in folder.rglob("*.yaml"):
            yield "s3:PutObject", f"arn:aws:s3:::{bucket}/{path.relative_to(folder).as_posix()}"
    elif service != "sts":
        action = f"{PREFIXES.get(service, service)}:{''.join(part.capitalize() for part in operation.split('-'))}"
        for arn in resources(words, where) or [""]:
            yield action, arn
    if role := option(words, "--role-arn"):
        yield "iam:PassRole", role
    if operation == "run-task":
        yield "ecs:TagResource", f"arn:aws:ecs:{where}:task/{option(words, '--cluster')}/id"


def refused(rights: dict[str, Any], words: list[str]) -> tuple[str, str] | None:
    """The first action that the role may not do, and on what."""
    where = f"{option(words, '--region')}:{rights['account']}"
    for action, arn in wanted(words, where):
        about = [each["Resource"] for each in rights["statements"] if action in each["Action"]]
        patterns = [pattern for each in about for pattern in each]
        everything = action in rights["unnamed"] or (
            not option(words, "--stack-name") and action == "cloudformation:DescribeStacks"
        )
        good = "*" in patterns if everything else any(not arn or fnmatchcase(arn, pattern) for pattern in patterns)
        if not good:
            return action, arn
    return None


def main() -> None:
    """Refuse, or let the real one do it."""
    rights = json.loads(Path(os.environ["TEST_RIGHTS"]).read_text("utf-8"))
    words = sys.argv[1:]
    if lacking := refused(rights, words):
        operation = lacking[0].partition(":")[2]
        sys.stderr.write(
            f"\nAn error occurred (AccessDenied) when calling the {operation} operation: the role is not authorized to"
            f" perform: {lacking[0]} on resource: {lacking[1] or '*'}\n"
        )
        sys.exit(254)
    os.execv(rights["aws"], [rights["aws"], *words])


if __name__ == "__main__":
    main()
