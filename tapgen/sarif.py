"""The frame of a report for programs: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

Data = dict[str, Any]


def log(rules: Sequence[Data], results: Sequence[Data]) -> str:
    """A whole report: what was looked for, and what was found."""
    driver = {"name": "tapgen", "rules": rules}
    found = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(found, indent=2) + "\n"


def location(file: str, region: Mapping[str, int]) -> Data:
    """A place in a file, which is named from the root of the repository."""
    return {"physicalLocation": {"artifactLocation": {"uri": quote(file)}, "region": dict(region)}}
