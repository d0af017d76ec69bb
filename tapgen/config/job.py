"""What can be said about a job: a container that runs to its end."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from tapgen.config.types import Name, Schedule, TimeZone
from tapgen.config.workload import Workload, WorkloadSettings

NO_CALLS = (
    "Service Connect serves tasks of services alone: reach what is public through the load balancer, at port 443, or "
    "share a queue, a table or a database"
)
"""Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectConfiguration.html ("Only the
tasks that Amazon ECS services create are supported with Service Connect")."""

NOBODY_CALLS = "a job runs to its end, and nobody calls it: what listens belongs under `services`"

WORDS_OF_SERVICES: JsonDict = {
    "calls": NO_CALLS,
    **dict.fromkeys(("port", "ports", "path", "host", "health", "drain"), NOBODY_CALLS),
}
"""What people write that have a service in mind, and why a job has no such key."""


class JobSettings(WorkloadSettings):
    """A job: started by its `schedule`, or with `make task TASK=...`; it ends by itself."""

    model_config = ConfigDict(json_schema_extra={"refused": WORDS_OF_SERVICES})

    schedule: Schedule | None = None
    """When the job starts: `cron(minutes hours day-of-month month day-of-week year)`, where one of the two days is `?`,
    as in `cron(0 6 * * ? *)`; or `rate(1 hour)`. Without one, `make task` starts the job."""

    timezone: TimeZone = "UTC"
    """The time zone in which `schedule` is meant, by its IANA name: `Europe/Berlin`."""

    enabled: bool = True
    """Whether the schedule starts the job. `make task` does in any case."""

    flexible: int = Field(0, ge=0, le=1440)
    """Minutes within which AWS may choose when to start the job; 0 means at once."""

    retries: int = Field(185, ge=0, le=185)
    """How often a start that AWS could not make is tried again, within `max_age`. A job that started and failed is not
    started again."""

    max_age: int = Field(3600, ge=60, le=86400)
    """Seconds after which a start that AWS could not make is given up: the next one may be near."""

    image_of: Name | None = None
    """The service whose image the job runs, always in the version that the service runs: for migrations."""

    spot: bool = False
    """Run on Fargate Spot, for a third of the price. AWS may stop the task in two minutes, and the run has failed."""


class Job(JobSettings, Workload):
    """A job as it will be in one environment, every overlay applied."""

    kind = "job"

    @property
    def repository(self) -> str:
        """Whose repository the image is in."""
        return self.image_of or self.name
