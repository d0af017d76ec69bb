"""What containers wrote, as CloudWatch Logs has it."""

from __future__ import annotations

from dataclasses import dataclass

from tapgen.deploy.aws import Answer, Aws, AwsError


@dataclass(frozen=True)
class Stream:
    """The log of one container of one task."""

    group: str
    name: str

    @property
    def _named(self) -> tuple[str, ...]:
        return ("--log-group-name", self.group, "--log-stream-name", self.name)

    def last(self, aws: Aws, lines: int) -> list[str]:
        """Its last lines; none where it ended before it wrote anything, so that there is no such stream."""
        try:
            found = aws("logs", "get-log-events", *self._named, "--limit", str(lines), "--no-start-from-head")
        except AwsError:
            return []
        return _lines(found)

    def after(self, aws: Aws, token: str) -> tuple[list[str], str]:
        """The lines after those that led to *token*, or from the first on, and what leads to the next.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html

        Raises:
            AwsError: AWS could not be asked.
        """
        from_there = ("--next-token", token) if token else ()
        try:
            found = aws("logs", "get-log-events", *self._named, "--start-from-head", *from_there)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return [], token  # nothing was written yet
            raise
        return _lines(found), found["nextForwardToken"]


def stream(aws: Aws, task: Answer) -> Stream | None:
    """The log of a task's first container, where its driver is that of CloudWatch.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html

    Raises:
        AwsError: AWS could not be asked.
    """
    definition = aws("ecs", "describe-task-definition", "--task-definition", task["taskDefinitionArn"])
    container = definition["taskDefinition"]["containerDefinitions"][0]
    driver = container.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" not in driver:
        return None
    id_ = task["taskArn"].rpartition("/")[2]
    return Stream(driver["awslogs-group"], f"{driver.get('awslogs-stream-prefix', '')}/{container['name']}/{id_}")


def _lines(found: Answer) -> list[str]:
    return [each["message"].rstrip() for each in found["events"]]
