"""The table of prices that ships with tapgen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from tapgen.parse import parse


@dataclass(frozen=True)
class Price:
    """What AWS asks for something, and how that is known."""

    usd: Decimal
    per: str
    """`hour`, `month`, or `share`, where it is a part of another price."""

    source: str
    """AWS's page."""

    seen: str
    """The page where the number was read."""

    date: str
    """The month in which it was so, or the year."""


@dataclass(frozen=True)
class Free:
    """Types of resources that cost nothing by themselves, by AWS's page."""

    source: str
    date: str
    types: Sequence[str]
    seen: str = ""


@dataclass(frozen=True)
class Table:
    """All that is known, and what is not."""

    currency: str
    region: str
    regions: str
    date: str
    hours: int
    prices: Mapping[str, Price]
    free: Sequence[Free]
    uncovered: Mapping[str, str]
    """What a type costs by that templates do not tell."""

    beyond: Sequence[str]
    """What no estimate covers."""

    @property
    def oldest(self) -> str:
        """When the price was so that was not looked up again for the longest time."""
        return min(each.date for each in self.prices.values())

    def monthly(self, name: str) -> Decimal:
        """What one of it costs a month."""
        price = self.prices[name]
        return price.usd * self.hours if price.per == "hour" else price.usd

    def is_free(self, kind: str) -> bool:
        """Whether a type is known to cost nothing by itself."""
        name = "Custom::*" if kind.startswith("Custom::") else kind
        return any(name in each.types for each in self.free)


@cache
def table() -> Table:
    """The table, read once, and only where somebody asks what something costs."""
    known = parse(Path(__file__).with_name("prices.yaml").read_text("utf-8"))
    prices = {name: Price(**{**each, "usd": Decimal(each["usd"])}) for name, each in known.pop("prices").items()}
    return Table(prices=prices, free=[Free(**each) for each in known.pop("free")], **known)
