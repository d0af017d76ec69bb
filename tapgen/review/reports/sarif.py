"""A review as SARIF, for code scanning and whatever else reads that."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from tapgen.review.places import Place
from tapgen.review.reports.lines import Line, lines
from tapgen.review.reports.rules import RULES, Rule
from tapgen.review.review import Review
from tapgen.sarif import Data, location, log

_ORDER = list(RULES)


def sarif(review: Review, folder: Path, root: Path) -> str:
    """What a review can refuse, each at its line of the templates in *folder*; other files are named from *root*."""
    seen: Counter[str] = Counter()
    rules = [_rule(kind, rule) for kind, rule in RULES.items()]
    return log(rules, [_result(line, seen) for line in lines(review, folder, root)])


def _rule(kind: str, rule: Rule) -> Data:
    return {
        "id": kind,
        "name": "".join(part.capitalize() for part in kind.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": f"{rule.help}\n\n{rule.url}", "markdown": f"{rule.help}\n\n[What AWS says of it]({rule.url})"},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": rule.level},
    }


def _result(line: Line, seen: Counter[str]) -> Data:
    result: Data = {
        "ruleId": line.kind,
        "ruleIndex": _ORDER.index(line.kind),
        "level": RULES[line.kind].level,
        "message": {"text": line.message},
        "locations": [_location(line.place)],
        "partialFingerprints": {"tapgen/v1": _fingerprint(line, seen)},
    }
    return result | ({"relatedLocations": [_location(each) for each in line.sources]} if line.sources else {})


def _location(place: Place) -> Data:
    return location(place.file, {"startLine": place.line})


def _fingerprint(line: Line, seen: Counter[str]) -> str:
    """The same wherever the lines move to and whatever the values are.

    Beside it, `upload-sarif` sets the one that GitHub goes by, from the text of the line:
    https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
    """
    said = "\n".join([line.kind, line.finding.address, *line.finding.path])
    found = hashlib.sha256(said.encode()).hexdigest()[:32]
    seen[found] += 1
    return f"{found}:{seen[found]}"
