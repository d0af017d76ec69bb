"""What can be said about the number of tasks, and about where they run."""

from __future__ import annotations

from pydantic import Field

from tapgen.config.types import Model, Name, Schedule, TimeZone


class Tasks(Model):
    """How many tasks run."""

    min: int = Field(2, ge=0, le=5000)
    """The least number of tasks that run. 0 is for a worker that `scaling.queue` wakes up."""

    max: int = Field(10, ge=1, le=5000)
    """The greatest number of tasks that run."""


class QueueScaling(Model):
    """Scaling with the messages of a queue."""

    name: Name
    """The queue, one of those that the service may `consume`."""

    per_task: int = Field(100, ge=1, le=1_000_000)
    """How many messages of the queue there are for each task, waiting or being worked on, when scaling is content."""


class ScheduledScaling(Model):
    """Other bounds for the number of tasks, from a certain time on: until another entry sets others."""

    at: Schedule
    """When the bounds change: `cron(minutes hours day-of-month month day-of-week year)`, as in `cron(0 20 * * ? *)`."""

    timezone: TimeZone = "UTC"
    """The time zone in which `at` is meant, by its IANA name: `Europe/Berlin`."""

    min: int = Field(ge=0, le=5000)
    """The least number of tasks that run from then on; 0 lets all of them stop."""

    max: int = Field(ge=0, le=5000)
    """The greatest number of tasks that run from then on."""


class Scaling(Model):
    """When the number of tasks changes between `tasks.min` and `tasks.max`."""

    cpu: int = Field(70, ge=10, le=95)
    """The average CPU utilization, in percent, that scaling aims at."""

    memory: int | None = Field(None, ge=10, le=95)
    """The average memory utilization, in percent, that scaling aims at too."""

    requests: int | None = Field(None, ge=1, le=10_000_000)
    """The number of requests a minute for each task that scaling aims at too."""

    queue: QueueScaling | None = None
    """The queue whose messages scaling looks at too. Of all measures, the one that wants most tasks decides."""

    schedule: dict[Name, ScheduledScaling] = Field({}, max_length=20)
    """Other bounds at certain times, by name: `evening` and `morning`, for a platform that sleeps at night."""

    out_cooldown: int = Field(60, ge=0, le=3600)
    """Seconds to wait after adding tasks before adding more."""

    in_cooldown: int = Field(300, ge=0, le=3600)
    """Seconds to wait after removing tasks before removing more. Short ones make the number of tasks flap."""


class OnDemand(Model):
    """The share of tasks that runs on Fargate at the ordinary price, and is never reclaimed."""

    base: int | None = Field(None, ge=0, le=5000)
    """The number of tasks that run on Fargate before any is shared out by weight; by default `tasks.min`."""

    weight: int = Field(1, ge=0, le=1000)
    """The share on Fargate, against the weight of `spot`, of the tasks above the base."""


class Spot(Model):
    """The share of tasks that runs on Fargate Spot, for a third of the price; AWS may reclaim each in two minutes."""

    base: int = Field(0, ge=0, le=5000)
    """The number of tasks that run on Fargate Spot before any is shared out by weight. Only `on_demand` or `spot` may
    have a base."""

    weight: int = Field(3, ge=0, le=1000)
    """The share on Fargate Spot, against the weight of `on_demand`, of the tasks above the base."""


class Capacity(Model):
    """Where the tasks run."""

    on_demand: OnDemand = OnDemand()
    """The share of tasks on Fargate at the ordinary price."""

    spot: Spot = Spot()
    """The share of tasks on Fargate Spot."""
