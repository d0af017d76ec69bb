"""What everything in a set of stacks costs a month, and what of it is not covered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tapgen.review.cost.prices import table
from tapgen.review.cost.ranges import Range, total
from tapgen.review.cost.resources import PRICED
from tapgen.review.cost.values import UnknownAmountError, root
from tapgen.review.origins import Origins
from tapgen.review.stacks import Stack


@dataclass(frozen=True)
class Item:
    """A resource that costs something."""

    root: str
    """The stack that is in no other, and that it is below."""

    stack: str
    title: str
    type: str
    cost: Range

    @property
    def address(self) -> str:
        """How it is spoken of."""
        return f"{self.stack}.{self.title}"


@dataclass(frozen=True)
class Gap:
    """Resources of a type for which something is paid that no template tells."""

    type: str
    what: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Bill:
    """The whole."""

    items: Mapping[str, Item]
    """What costs something, by address."""

    unknown: Mapping[str, tuple[str, str]]
    """What cannot be told: by address, the type, and what is paid for."""

    @property
    def total(self) -> Range:
        """All together."""
        return total(each.cost for each in self.items.values())

    @property
    def roots(self) -> dict[str, Range]:
        """What each stack costs that is in no other, with all below it."""
        return self._by(lambda each: each.root)

    @property
    def stacks(self) -> dict[str, Range]:
        """What each stack costs by itself."""
        return self._by(lambda each: each.stack)

    @property
    def types(self) -> dict[str, tuple[int, Range]]:
        """Of each type, how many there are and what they cost, the dearest first."""
        costs = self._by(lambda each: each.type)
        dearest = sorted(costs.items(), key=lambda entry: (-entry[1].most, entry[0]))
        return {name: (sum(each.type == name for each in self.items.values()), cost) for name, cost in dearest}

    def gaps(self, among: Iterable[str] | None = None) -> list[Gap]:
        """What is not covered, by type; of some addresses alone, if said."""
        found: dict[tuple[str, str], list[str]] = {}
        for address in self.unknown if among is None else [each for each in among if each in self.unknown]:
            found.setdefault(self.unknown[address], []).append(address)
        return [Gap(*key, tuple(addresses)) for key, addresses in sorted(found.items())]

    def _by(self, key: Callable[[Item], str]) -> dict[str, Range]:
        found: dict[str, Range] = {}
        for each in self.items.values():
            found[key(each)] = found.get(key(each), Range()) + each.cost
        return found


def bill(stacks: Mapping[str, Stack]) -> Bill:
    """What the resources of stacks cost a month."""
    items: dict[str, Item] = {}
    unknown: dict[str, tuple[str, str]] = {}
    for stack in stacks.values():
        for title, resource in stack.resources.items():
            address, kind = f"{stack.address}.{title}", resource["Type"]
            try:
                cost = _cost(stack, title)
            except UnknownAmountError as error:
                unknown[address] = (kind, str(error))
                continue
            if cost.most:
                items[address] = Item(root(stack).address, stack.address, title, kind, cost)
    return Bill(items, unknown)


def _cost(stack: Stack, title: str) -> Range:
    """What a resource costs; what is there under a condition may cost nothing.

    Raises:
        UnknownAmountError: it costs what templates do not tell.
    """
    kind, prices = stack.resources[title]["Type"], table()
    if kind in PRICED:
        cost = PRICED[kind](stack, title)
        return cost | Range() if Origins().conditions(stack, title) else cost
    if prices.is_free(kind):
        return Range()
    raise UnknownAmountError(prices.uncovered.get(kind, "no price is known"))
