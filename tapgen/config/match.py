"""Which requests a rule of the load balancer is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """A path with all below it, on some hosts or on any."""

    path: str
    """`/payment`, or `/` for everything."""

    hosts: tuple[str, ...] = ()
    """Names, or patterns such as `*.example.com`; none at all means any host."""

    exact: bool = False
    """Only the path itself, and nothing below it."""

    def __str__(self) -> str:
        """As people write it: `shop.example.com/cart`."""
        return " and ".join(f"{host}{self.path}" for host in self.hosts) or self.path

    @property
    def patterns(self) -> list[str]:
        """The path as the load balancer takes it: `/x/*` alone does not match `/x`, and `/x*` would match `/xy`.

        Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
        """
        if self.exact:
            return [self.path]
        return [self.path, f"{self.path}/*"] if self.path != "/" else ["/*"]

    def same(self, other: Match) -> bool:
        """Whether both are for one path and share a host, so that only one of them can ever be reached."""
        shared = set(self.hosts) & set(other.hosts) or self.hosts == other.hosts
        return (self.path, self.exact) == (other.path, other.exact) and bool(shared)

    def hides(self, other: Match) -> bool:
        """Whether it takes every request of *other*, on one of the other's hosts at least, if it is tried first."""
        return self._above(other) and any(_covers(self.hosts, host) for host in other.hosts or ("",))

    def _above(self, other: Match) -> bool:
        if self.exact:
            return other.exact and self.path == other.path
        return self.path in _steps(other.path)


def _steps(path: str) -> Iterator[str]:
    """The paths that cover *path*: `/`, `/a` and `/a/b` for `/a/b`."""
    yield "/"
    steps = path.strip("/").split("/")
    yield from ("/" + "/".join(steps[:count]) for count in range(1, len(steps) + 1))


def _covers(hosts: tuple[str, ...], host: str) -> bool:
    """Whether all requests to *host*, which may be any, are for *hosts*; `*` stands for dots too."""
    return not hosts or any(
        host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:])) for pattern in hosts
    )
