"""The actions that IAM knows, from the lists that cfn-lint ships."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def services() -> Mapping[str, Mapping[str, Any]]:
    """By prefix of a service, its actions in lower case, and of each action the kinds of resources that it knows.

    Read as a file, and only when somebody asks: importing cfn-lint would take longer than everything else.
    """
    package = find_spec("cfnlint")
    if not package or not package.origin:
        raise ModuleNotFoundError("cfn-lint is not installed")
    path = Path(package.origin).parent / "data" / "AdditionalSpecs" / "Policies.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    return {prefix: service.get("Actions", {}) for prefix, service in known.items()}


def exists(action: str) -> bool:
    """Whether there is an action `service:Name`."""
    prefix, _, name = action.partition(":")
    return name.lower() in services().get(prefix, {})


def knows_resources(action: str) -> bool:
    """Whether an action that exists can be allowed on single resources."""
    prefix, _, name = action.partition(":")
    return bool(services()[prefix][name.lower()].get("Resources"))


@cache
def matching(pattern: str) -> list[str]:
    """Every action that exists and that *pattern*, in which `*` and `?` may stand, matches; in lower case."""
    prefix, _, name = pattern.lower().partition(":")
    found = [service for service in services() if fnmatchcase(service, prefix)]
    return [f"{service}:{each}" for service in found for each in services()[service] if fnmatchcase(each, name or "*")]
