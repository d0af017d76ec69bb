"""How a promise is written: what must hold of the templates, and named changes that must break it.

    @promise("logs", broken_by={"retention 8": put("service-payment/LogGroup/RetentionInDays", 8)})
    def test_log_groups_are_kept_for_a_week(platform: Platform) -> None:
        assert ...

becomes one test for each environment in which it holds, and one more for each change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from .resolved import Example, Platform, sole

Mutation = Callable[[dict[str, Any]], None]
"""Changes the templates of one environment, given by stack, in place."""

ROWS: dict[str, list[str]] = defaultdict(list)
"""The tests of each row of the first design's promises."""

DEFECTS: dict[int, list[str]] = defaultdict(list)
"""The tests that would have caught each of its numbered defects."""

ATTRIBUTES = {"Type", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata", "Properties"}
"""What stands beside the properties of a resource."""


def promise(
    row: str,
    *,
    broken_by: Mapping[str, Mutation],
    defects: Sequence[int] = (),
    on: Sequence[str] = ("dev", "prod"),
) -> Callable[[Callable[[Platform], None]], Callable[..., None]]:
    """A promise of *row*, that would have caught *defects*, in the environments *on*."""

    def decorate(check: Callable[[Platform], None]) -> Callable[..., None]:
        changes = [pytest.param(None, id=f"{row}: kept")]
        changes += [pytest.param(change, id=f"{row}: {name}") for name, change in broken_by.items()]

        @pytest.mark.parametrize("change", changes)
        @pytest.mark.parametrize("environment", on)
        def test(example: Mapping[str, Example], environment: str, change: Mutation | None) -> None:
            templates = example[environment].templates
            if change is None:
                check(Platform(environment, templates))
                return
            changed = example[environment].copy()
            change(changed)
            assert changed != templates, "the mutation changes nothing"
            with pytest.raises(AssertionError):
                check(Platform(environment, changed))

        test.__name__ = test.__qualname__ = check.__name__
        test.__doc__ = check.__doc__
        ROWS[row].append(check.__name__)
        for defect in defects:
            DEFECTS[defect].append(check.__name__)
        named: Callable[..., None] = test
        return named

    return decorate


def put(path: str, value: Any) -> Mutation:
    """Set what stands at *path*: `stack/Resource/Property/0/Key`, or `stack/Resource/DependsOn`.

    What has a name is found in a list by that, too: `ContainerDefinitions/app`. `ListenerRulePayment|ProductionRule` is
    the one of the two that the environment has.
    """

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        place[key] = value

    return change


def other(path: str, one: Any, another: Any) -> Mutation:
    """Set what stands at *path*, which is one of two, to the other of them."""

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        place[key] = {one: another, another: one}[place[key]]

    return change


def drop(path: str) -> Mutation:
    """Take away what stands at *path*; without a property, a whole resource."""

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        del place[key]

    return change


def swap(path: str, old: str, new: str) -> Mutation:
    """Replace a part of the text at *path*, or in any text below it."""

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        place[key] = _swapped(place[key], old, new)

    return change


def add(path: str, value: Any) -> Mutation:
    """Append to the list at *path*."""

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        place[key].append(value)

    return change


def remove(path: str, value: Any) -> Mutation:
    """Take *value* out of the list at *path*."""

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        place[key].remove(value)

    return change


def rename(path: str, title: str) -> Mutation:
    """Call the resource or output at *path* something else."""

    def change(templates: dict[str, Any]) -> None:
        place, key = _place(templates, path)
        place[title] = place.pop(key)

    return change


def both(*changes: Mutation) -> Mutation:
    """One change after the other."""

    def change(templates: dict[str, Any]) -> None:
        for each in changes:
            each(templates)

    return change


def _place(templates: dict[str, Any], path: str) -> tuple[Any, Any]:
    """What holds the end of *path*, and its key there."""
    stack, *keys = path.split("/")
    node: Any = templates[stack]
    if keys[0] not in ("Outputs", "Parameters", "Conditions"):
        node = node["Resources"]
        if len(keys) > 1 and keys[1] not in ATTRIBUTES:
            keys.insert(1, "Properties")
    return below(node, keys)


def below(node: Any, keys: Sequence[str]) -> tuple[Any, Any]:
    """What holds the last of *keys*, which lead there from *node*, and that key."""
    for key in keys[:-1]:
        node = node[_key(node, key)]
    return node, _key(node, keys[-1])


def _key(node: Any, key: str) -> Any:
    """How *node* knows what is called *key*: items of lists by their number, or by the name that they have."""
    names = key.split("|")
    if not isinstance(node, list):
        return next((name for name in names if name in node), key)
    named = [number for number, item in enumerate(node) if not _names(item).isdisjoint(names)]
    return sole(named) if named else int(key)


def _names(item: Any) -> set[Any]:
    return {item.get(each) for each in ("Name", "PolicyName", "name", "Id")} if isinstance(item, dict) else set()


def _swapped(node: Any, old: str, new: str) -> Any:
    match node:
        case str():
            return node.replace(old, new)
        case dict():
            return {key: _swapped(value, old, new) for key, value in node.items()}
        case list():
            return [_swapped(item, old, new) for item in node]
    return node
