"""Any two valid platforms are compared without an exception; one with itself is no change, and the way back mirrors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count, islice, permutations
from pathlib import Path

import pytest

from tapgen.config.read import Configuration, understand
from tapgen.config.yaml.source import compose
from tapgen.errors import ConfigError
from tapgen.render import render
from tapgen.review.kept import KEEPING
from tapgen.review.reports import FORMATS
from tapgen.review.review import Review, compared
from tapgen.review.revisions import templates_in
from tapgen.review.stacks import Stack, stacks
from tests.generate import configuration
from tests.review.test_access import mirrored, plain

PLATFORMS = Path(__file__).parents[1] / "golden/platforms"
EXAMPLE = Path(__file__).parents[2] / "tapgen.yaml"
GENERATED = 6
"""How many configurations are made."""

WAYS = {
    "protocol: http}": "protocol: http, allow: [10.0.0.0/8]}",
    "nat: per-az, endpoints: interface": "nat: per-az, endpoints: gateway",
    "mesh: {tls: mutual}": "mesh: {tls: on}",
    "calls: [order, notification]": "calls: [order]",
    "payments: [read, write]": "payments: [read]",
    "port: 8081": "port: 9081",
    "waf: {enabled: true}": "waf: {enabled: false}",
    "notification:\n    port: 8082\n    path: /notification": "mail:\n    port: 8082\n    path: /notification",
    "days: 365": "days: 30",
    "instances: 2": "instances: 3",
}
"""What somebody may change in the example platform."""

Platform = Mapping[str, Stack]


def example(old: str = "", new: str = "") -> Platform:
    text = EXAMPLE.read_text()
    assert old in text
    if old.startswith("notification:"):
        text = text.replace("calls: [order, notification]", "calls: [order, mail]")
        text = text.replace("calls: [notification]", "calls: [mail]")
    file = compose(text.replace(old, new).encode(), "tapgen.yaml")
    return stacks(render(understand(file, compose(b"{}", "tapgen.images.yaml"))))


@pytest.fixture(scope="module")
def platforms() -> list[Platform]:
    """Those of the golden cases, and some that a number has made: as if each were the next version of the other."""
    made = [templates_in(path) for path in sorted(PLATFORMS.glob("*/templates_out/*")) if path.is_dir()]
    made += [one_environment(render(each)) for each in islice(generated(), GENERATED)]
    return [stacks(each) for each in made]


def generated() -> Iterator[Configuration]:
    """Those that every rule accepts. Their numbers are odd: every sixteenth makes a large one."""
    for number in count(1, 2):
        with suppress(ConfigError):
            yield configuration(number)


def one_environment(templates: Mapping[str, str]) -> dict[str, str]:
    """The templates of one environment, at the same paths whatever it is called."""
    name = next(path for path in templates if path.endswith("/root.yaml")).partition("/")[0]
    return {path.removeprefix(f"{name}/"): text for path, text in templates.items() if path.startswith(f"{name}/")}


def both(one: Platform, other: Platform) -> tuple[Review, Review]:
    return compared(one, other), compared(other, one)


def appeared(review: Review, kind: str) -> set[str]:
    return {each.address for each in review.changes if each.kind == kind}


def left_alone(review: Review) -> set[str]:
    """What goes from the templates and stays: whoever might use it still may, and on the way back it comes."""
    return {
        each.address
        for each in review.changes
        if each.kind == "removed"
        and review.before[each.stack].resources[each.title]["Policies"].get("DeletionPolicy") in KEEPING
    }


def assert_possible(found: Review) -> None:
    """Every step of the order comes once, and after those that it waits for."""
    done: set[tuple[str, str]] = set()
    for step in found.order:
        assert (step.action, step.address) not in done
        assert {(step.action, address) for address in step.after} <= done
        done.add((step.action, step.address))
    assert {("create", address) for address in found.replaced} <= done


def test_any_two_are_compared(platforms: list[Platform]) -> None:
    pairs = list(permutations(platforms, 2))[::7]
    assert len(pairs) > 140
    for before, after in pairs:
        found = compared(before, after)
        assert found.changes
        assert FORMATS["text"](found) != FORMATS["json"](found)
        assert_possible(found)
        rows, one, other = found.cost.changes, found.cost.before.total, found.cost.after.total
        assert sum(row.after.least - row.before.least for row in rows) == other.least - one.least
        assert sum(row.after.most - row.before.most for row in rows) == other.most - one.most


def test_one_with_itself_is_no_change(platforms: list[Platform]) -> None:
    for each in platforms:
        found = compared(each, each)
        assert [*found.changes, *found.outcomes, *found.dangers, *found.access, *found.cost.changes] == []
        assert found.cost.before == found.cost.after
        assert "no price is known" not in {gap.what for gap in found.cost.after.gaps()}


@pytest.fixture(scope="module")
def today() -> Platform:
    return example()


@pytest.mark.parametrize(("old", "new"), WAYS.items(), ids=[new.partition("\n")[0] for new in WAYS.values()])
def test_the_way_back_mirrors_a_change_of_the_example(today: Platform, old: str, new: str) -> None:
    there, back = both(today, example(old, new))
    assert there.changes
    assert appeared(there, "added") == appeared(back, "removed")
    assert appeared(there, "removed") == appeared(back, "added")
    assert {each.address for each in there.changes} == {each.address for each in back.changes}
    assert there.outcomes.keys() == back.outcomes.keys()
    stays = left_alone(there) | left_alone(back)
    differing = set(mirrored(list(there.access))) ^ set(plain(list(back.access)))
    assert {row for row in differing if not stays & {*row[1].split(", "), *row[3].split(", ")}} == set()
    assert bool(differing) == (new == "mesh: {tls: on}"), "a key that is kept"
