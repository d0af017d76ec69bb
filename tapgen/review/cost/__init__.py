"""What the resources of templates cost a month, as far as templates alone tell: an estimate, from dated list prices.

A range, from what is there in any case to what scaling may bring. What cannot be told is not guessed: it is listed.
"""

from __future__ import annotations

from tapgen.review.cost.bill import Bill, Gap, Item, bill
from tapgen.review.cost.comparison import Cost, CostChange, cost
from tapgen.review.cost.prices import Table, table
from tapgen.review.cost.ranges import Range

__all__ = ["Bill", "Cost", "CostChange", "Gap", "Item", "Range", "Table", "bill", "cost", "table"]
