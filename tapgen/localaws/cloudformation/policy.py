"""Stack policies: what an update may do to which resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.protocol import ServiceError


def check(body: str) -> str:
    """The policy, if it is one.

    Raises:
        ServiceError: it is not.
    """
    valid = True
    try:
        statements = json.loads(body)["Statement"]
        for statement in statements:
            valid = valid and statement["Effect"] in ("Allow", "Deny") and {"Action", "NotAction"} & statement.keys()
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        raise ServiceError("ValidationError", "Error validating stack policy: Invalid stack policy")
    return body


def refusal(body: str | None, action: str, resource: Resource) -> str | None:
    """Why a policy does not allow *action*; where there is no policy, everything is allowed."""
    if not body:
        return None
    statements = list(enumerate(json.loads(body)["Statement"], 1))
    speaking = [(number, each) for number, each in statements if _speaks_of(each, action, resource)]
    denying = next((number for number, each in speaking if each["Effect"] == "Deny"), None)
    if denying:
        return f"{_DENIED}: Statement [#{denying}] does not allow [{action}] for resource [{resource.name}]"
    return None if speaking else f"{_DENIED}: no statement allows [{action}] for resource [{resource.name}]"


_DENIED = "Action denied by stack policy"


def _speaks_of(statement: Mapping[str, Any], action: str, resource: Resource) -> bool:
    target = f"LogicalResourceId/{resource.name}"
    return (
        _covers(statement, "Action", action)
        and _covers(statement, "Resource", target)
        and all(_holds(operator, tests, resource) for operator, tests in statement.get("Condition", {}).items())
    )


def _covers(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if f"Not{key}" in statement:
        return not _matches(statement[f"Not{key}"], value)
    return _matches(statement.get(key, "*"), value)


def _holds(operator: str, tests: Mapping[str, Any], resource: Resource) -> bool:
    patterns = tests.get("ResourceType", [])
    return operator in ("StringEquals", "StringLike") and _matches(patterns, resource.kind)


def _matches(patterns: str | list[str], value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns))
