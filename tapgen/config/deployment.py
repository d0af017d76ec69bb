"""What can be said about how a new version of a service replaces the old one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from tapgen.config.types import Model


class Canary(Model):
    """The first step of a canary deployment; the second gives the new version everything."""

    percent: int = Field(10, ge=1, le=99)
    """Percent of the requests that a new version gets first."""

    minutes: int = Field(10, ge=1, le=1440)
    """Minutes for which a new version gets no more than `percent`."""


class Linear(Model):
    """The steps of a linear deployment."""

    percent: int = Field(20, ge=3, le=99)
    """Percent of the requests that a new version gets more with each step."""

    minutes: int = Field(5, ge=1, le=1440)
    """Minutes between two steps."""


class Test(Model):
    """What a new version is asked before it gets requests from the internet: what `smoke` of the service says."""

    enabled: bool = True
    """Ask new versions at all, by a listener for them alone."""

    times: int = Field(5, ge=1, le=100)
    """How many times each path is asked for, at each address of the load balancer; every answer must be right."""

    seconds: float = Field(2.0, gt=0, le=20)
    """Seconds that the slowest answer may take."""

    minutes: int = Field(5, ge=1, le=60)
    """Minutes after which a version that has not answered rightly is taken back."""


class Deployment(Model):
    """How a new version replaces the old one, and what takes it back. `docs/deployments.md` has pictures of it."""

    strategy: Literal["rolling", "blue-green", "canary", "linear"] = "rolling"
    """How tasks are replaced. `rolling`: new ones start, then as many old ones stop. The others start all new tasks
    beside the old ones, and then move the requests: `blue-green` all at once, `canary` a few first, `linear` step by
    step. For services with a `port`, and with one `path` at most."""

    max_percent: int = Field(200, ge=100, le=400)
    """How many tasks may run while `rolling`, in percent of the wanted number, rounded down."""

    min_percent: int = Field(100, ge=0, le=100)
    """How many tasks keep running while `rolling`, in percent of the wanted number, rounded up."""

    bake_minutes: int = Field(10, ge=0, le=1440)
    """Minutes for which old tasks stay after a new version has got all requests: until then an alarm, or `make
    rollback`, takes the version back at once. Not for `rolling`."""

    canary: Canary = Canary()
    """The first step where the strategy is `canary`."""

    linear: Linear = Linear()
    """The steps where the strategy is `linear`."""

    test: Test = Test()
    """What a new version is asked before any requests lead there. Not for `rolling`, and only for services with a
    `path` or a `host`."""

    @property
    def coloured(self) -> bool:
        """Whether the new version runs beside the old one, and requests move from one to the other."""
        return self.strategy != "rolling"

    @property
    def steps(self) -> Sequence[int]:
        """Percent of the requests that the new version has got after each step."""
        if self.strategy == "linear":
            return [*range(self.linear.percent, 100, self.linear.percent), 100]
        return [self.canary.percent, 100] if self.strategy == "canary" else [100]

    @property
    def minutes(self) -> int:
        """Minutes that requests take to move, and that old tasks stay afterwards."""
        if not self.coloured:
            return 0
        pause = {"canary": self.canary.minutes, "linear": self.linear.minutes}.get(self.strategy, 0)
        return (len(self.steps) - 1) * pause + self.bake_minutes
