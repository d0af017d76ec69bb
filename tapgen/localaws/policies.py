"""Whether a resource's policy lets a service of AWS in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, as far as our templates go.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any


def lets_in(policy: Mapping[str, Any], service: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Whether a policy allows *service* an action, and none of its statements denies it."""
    statements = policy.get("Statement", [])
    speaking = [each for each in _listed(statements) if _speaks(each, service, action, resource, context)]
    return bool(speaking) and all(each["Effect"] == "Allow" for each in speaking)


def _speaks(statement: Mapping[str, Any], service: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    principal = statement.get("Principal", {})
    services = ["*"] if principal == "*" else [*_listed(principal.get("Service")), *_listed(principal.get("AWS"))]
    return (
        (service in services or "*" in services)
        and _matches(statement.get("Action"), action)
        and _matches(statement.get("Resource", "*"), resource)
        and all(_holds(operator, tests, context) for operator, tests in statement.get("Condition", {}).items())
    )


def _holds(operator: str, tests: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    if operator == "Bool":
        return all(str(value).lower() == context.get(key, "false") for key, value in tests.items())
    if operator.startswith(("StringNot", "ArnNot")):
        return all(not _matches(patterns, context.get(key, "")) for key, patterns in tests.items())
    return all(key in context and _matches(patterns, context[key]) for key, patterns in tests.items())


def _matches(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in _listed(patterns))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
