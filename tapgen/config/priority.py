"""In which order the load balancer tries its rules."""

from __future__ import annotations

from hashlib import sha256

from tapgen.config.match import Match

LAST = 50_000
"""The greatest priority that there is.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
"""

NAMED = (range(12_000, 18_000), range(5_000, 12_000), range(1_500, 5_000), range(500, 1_500), range(1, 500))
"""The priorities for paths of 0, 1, 2, 3 and more segments on a host: the more specific, the earlier it is tried."""

WILDCARD = (
    range(19_000, 20_000),
    range(18_500, 19_000),
    range(18_250, 18_500),
    range(18_100, 18_250),
    range(18_000, 18_100),
)
"""The same for hosts such as `*.example.com`: after every host that is named."""

ANYWHERE = (
    range(LAST, LAST + 1),
    range(27_000, LAST),
    range(22_000, 27_000),
    range(20_500, 22_000),
    range(20_000, 20_500),
)
"""The same for any host: last. Of one segment there are most, so that those of many services seldom collide."""


EVERY = range(1, LAST + 1)
"""All priorities."""


def band(match: Match, among: range = EVERY) -> range:
    """The priorities that a rule may get, by how specific it is: a part of *among*."""
    bands = ANYWHERE
    if match.hosts:
        bands = WILDCARD if any(host.startswith("*") for host in match.hosts) else NAMED
    segments = len(match.path.strip("/").split("/")) if match.path != "/" else 0
    numbers = bands[min(segments + match.exact, len(bands) - 1)]
    return range(_within(numbers[0], among), _within(numbers[-1], among) + 1)


def priority(match: Match, among: range = EVERY) -> int:
    """The priority of a rule, which follows from its hosts and its path, so that no other rule can change it."""
    numbers = band(match)
    key = " ".join(sorted(match.hosts)) + match.path + "$" * match.exact
    return _within(numbers[int.from_bytes(sha256(key.encode()).digest()[:8], "big") % len(numbers)], among)


def _within(number: int, among: range) -> int:
    """A number of all as one of fewer, in the same order."""
    return among[(number - 1) * len(among) // LAST]
