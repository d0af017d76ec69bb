"""References in the values of the file, to what others make: `${orders.name}`, `http://${order.host}/`.

`$${` stands for `${` itself. What is no name, a dot and an attribute is text, such as `${HOME}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "services": ("url", "host", "port"),
    "tables": ("name", "arn"),
    "buckets": ("name", "arn"),
    "queues": ("name", "arn", "url"),
    "databases": ("name", "host", "port"),
}
"""What can be said of each kind of thing, by its word in the file."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([a-z](?:-?[a-z0-9])*)\.([A-Za-z0-9_.-]+)\}")


@dataclass(frozen=True)
class Reference:
    """An attribute of something that the file names."""

    name: str
    attribute: str

    @property
    def path(self) -> str:
        """What stands between the braces."""
        return f"{self.name}.{self.attribute}"

    def __str__(self) -> str:
        return f"${{{self.path}}}"


def parts(text: str) -> Iterator[str | Reference]:
    """The references in a text, and what stands between them, in their order."""
    end = 0
    for found in _REFERENCE.finditer(text):
        if between := text[end : found.start()]:
            yield between
        name, attribute = found.groups()
        yield Reference(name, attribute) if name else "${"
        end = found.end()
    if rest := text[end:]:
        yield rest


def references(text: str) -> list[Reference]:
    """The references in a text."""
    return [part for part in parts(text) if isinstance(part, Reference)]
