"""Data as a model, as far as they are right, so that rules can judge what is right while the rest is reported too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tapgen.config.rules.complaint import Complaint
from tapgen.config.translate import KEY
from tapgen.config.types import Model
from tapgen.config.yaml.tree import Keys

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Validated(Generic[M]):
    """What became of some data."""

    model: M | None
    """The model, without what is wrong; nothing where the rest does not make one."""

    mistakes: list[ErrorDetails]
    """What is wrong."""

    def complaints(self, rules: Iterable[Callable[[M], Iterator[Complaint]]]) -> Iterator[Complaint]:
        """What the rules say, but for what may only follow from a mistake."""
        if self.model:
            for rule in rules:
                yield from (complaint for complaint in rule(self.model) if not self._explains(complaint))

    def _explains(self, complaint: Complaint) -> bool:
        """Whether a mistake is in what the complaint follows from, or around it."""
        spoken = [path for path in (complaint.path, complaint.against, *complaint.premises) if path]
        doubtful = [_doubtful(mistake) for mistake in self.mistakes]
        return any(path[: len(bad)] == bad[: len(path)] for path in spoken for bad in doubtful)


def validate(model: type[M], data: Any) -> Validated[M]:
    """Make *data* a model; what is wrong in them is taken out of them."""
    try:
        return Validated(model.model_validate(data), [])
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
    for mistake in mistakes:
        _take_out(data, _wrong(mistake))
    try:
        return Validated(model.model_validate(data), mistakes)
    except ValidationError:
        return Validated(None, mistakes)


def _wrong(mistake: ErrorDetails) -> Keys:
    """The key or value that is wrong, or the list that it is in."""
    return tuple(takewhile(lambda step: isinstance(step, str) and step != KEY, mistake["loc"]))


def _doubtful(mistake: ErrorDetails) -> Keys:
    """What is not as it was meant: beside an unknown key, anything may be missing that it should have said."""
    return _wrong(mistake)[:-1] if mistake["type"] == "extra_forbidden" else _wrong(mistake)


def _take_out(data: Any, path: Keys) -> None:
    if path:
        above = reduce(lambda node, step: node.get(step) if isinstance(node, dict) else None, path[:-1], data)
        if isinstance(above, dict):
            above.pop(path[-1], None)
