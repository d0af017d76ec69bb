"""Templates before and after, and exactly what the change does: one file for each under `tests/golden/review/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tapgen.review.review import Review, review

PAIRS = sorted((Path(__file__).parents[1] / "golden/review").glob("*.yaml"))
WORDS = {
    "replaced",
    "maybe-replaced",
    "revised",
    "changed",
    "added",
    "removed",
    "renamed",
    "unknown",
    "dangers",
    "access",
    "cost",
    "order",
    "new-tasks",
}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def verdict(found: Review) -> dict[str, list[str]]:
    """What a review comes to, in the words of the pairs."""
    effects = {
        "replaced": "REPLACED",
        "maybe-replaced": "MAYBE_REPLACED",
        "revised": "REVISION",
        "unknown": "UNKNOWN",
        "changed": "IN_PLACE",
    }
    said = {
        word: [each.address for each in found.outcomes.values() if each.effect.name == name]
        for word, name in effects.items()
    }
    said |= {
        "added": [each.address for each in found.changes if each.kind == "added" and not each.was],
        "removed": [each.address for each in found.changes if each.kind == "removed"],
        "renamed": [f"{each.stack}.{each.was} -> {each.address}" for each in found.changes if each.was],
        "dangers": [f"{each.kind} {each.address}" for each in found.dangers],
        "access": [
            f"{each.kind} {each.who} {each.what}{f' on {each.where}' if each.where else ''}" for each in found.access
        ],
        "cost": [f"{each.address} {each.before.rise(each.after)}" for each in found.cost.changes],
        "new-tasks": [
            *(f"{address}: {each}" for address, each in found.rollouts.known.items()),
            *(f"{address}: not known" for address in found.rollouts.unknown),
        ],
    }
    return {word: sorted(entries) for word, entries in said.items() if entries}


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_change_does_exactly_this(path: Path) -> None:
    pair = read(path)
    assert pair["verdict"].keys() <= WORDS
    wanted = {word: sorted(entries) for word, entries in pair["verdict"].items() if word != "order"}
    found = review(pair["before"], pair["after"])
    assert verdict(found) == wanted
    if "order" in pair["verdict"]:
        assert [f"{step.action} {step.address}" for step in found.order] == pair["verdict"]["order"]


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_nothing_becomes_of_what_stays_the_same(path: Path) -> None:
    pair = read(path)
    for side in ("before", "after"):
        assert verdict(review(pair[side], pair[side])) == {}


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_the_way_back_mirrors_the_change(path: Path) -> None:
    """What was added is removed; what is replaced there is replaced back, as far as it was itself changed."""
    pair = read(path)
    there, back = (verdict(review(pair[one], pair[other])) for one, other in (("before", "after"), ("after", "before")))
    assert there.get("added", []) == back.get("removed", [])
    assert there.get("removed", []) == back.get("added", [])


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_pair_says_what_it_is_and_where_that_is_written(path: Path) -> None:
    pair = read(path)
    assert pair.keys() == {"change", "source", "before", "after", "verdict"}
    assert pair["source"].startswith("https://docs.aws.amazon.com/")
