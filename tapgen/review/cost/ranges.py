"""Amounts that are known to lie between two others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Range:
    """From the least to the most: of money, or of what it is paid for."""

    least: Decimal = Decimal(0)
    most: Decimal = Decimal(0)

    @classmethod
    def exactly(cls, amount: Decimal | int) -> Range:
        """Neither less nor more."""
        return cls(Decimal(amount), Decimal(amount))

    def __add__(self, other: Range) -> Range:
        return Range(self.least + other.least, self.most + other.most)

    def __mul__(self, other: Range | Decimal) -> Range:
        """So often; neither is ever below nothing."""
        factor = other if isinstance(other, Range) else Range.exactly(other)
        return Range(self.least * factor.least, self.most * factor.most)

    def __or__(self, other: Range) -> Range:
        """One of the two."""
        return Range(min(self.least, other.least), max(self.most, other.most))

    def __str__(self) -> str:
        return _shown(self, "")

    def rise(self, after: Range) -> str:
        """By how much the least and the most become more: `+32.85`, `-14.41..-72.05`."""
        return _shown(Range(after.least - self.least, after.most - self.most), "+")


def total(ranges: Iterable[Range]) -> Range:
    """All together."""
    return sum(ranges, Range())


def cents(amount: Decimal) -> Decimal:
    """Rounded as an amount of money."""
    return amount.quantize(_CENT, ROUND_HALF_UP) + 0  # no negative nothing


def _shown(amount: Range, sign: str) -> str:
    least, most = (f"{cents(each):{sign},}" for each in (amount.least, amount.most))
    return least if least == most else f"{least}..{most}"
