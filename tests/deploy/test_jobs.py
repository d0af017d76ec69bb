"""Running a job: what is asked of AWS, what is told, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import click
import pytest

from tapgen.config.environment import Environment
from tapgen.deploy import cli, jobs
from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.commands.running import left_alone
from tapgen.deploy.jobs import NotStartedError, Run
from tapgen.errors import ConfigError

ENVIRONMENT = Environment.model_validate(
    {
        "platform": "shop",
        "name": "dev",
        "account": "1" * 12,
        "region": "eu-west-1",
        "services": {"web": {"name": "web"}},
        "jobs": {
            "report": {"name": "report", "schedule": "rate(1 hour)", "enabled": False},
            "migrate": {"name": "migrate"},
            "seed": {"name": "seed"},
        },
    }
)
RUN = Run("arn:task-definition/shop-dev-JobMigrate-1:7", "cluster", "subnet-1,subnet-2", "sg-1", "FARGATE_SPOT")
ARN = "arn:aws:ecs:eu-west-1:111111111111:task/cluster/1234"


def task(code: int | None = None, **more: Any) -> Answer:
    status = "RUNNING" if code is None and not more.get("stopCode") else "STOPPED"
    container: Answer = {"name": "app"} | ({} if code is None else {"exitCode": code})
    said = {"taskArn": ARN, "clusterArn": "cluster", "taskDefinitionArn": RUN.task_definition, "lastStatus": status}
    return {**said, "containers": [{"name": "helper", "exitCode": 143}, container], **more}


class Told(list[tuple[str, ...]]):
    """An AWS that gives prepared answers, the last of them again and again, and keeps what it was asked."""

    def __init__(self, **answers: Sequence[Answer | AwsError]) -> None:
        super().__init__()
        self.answers = {operation.replace("_", "-"): list(several) for operation, several in answers.items()}

    def __call__(self, _service: str, operation: str, *words: str) -> Answer:
        self.append((operation, *words))
        several = self.answers[operation]
        answer = several.pop(0) if len(several) > 1 else several[0]
        if isinstance(answer, AwsError):
            raise answer
        return answer

    @property
    def aws(self) -> Aws:
        return cast("Aws", self)


def test_a_task_is_started_where_the_stack_says_and_as_the_job_is() -> None:
    told = Told(run_task=[{"tasks": [task()]}])
    assert jobs.start(told.aws, RUN, [])["taskArn"] == ARN
    ((_, *words),) = told
    said = dict(pairwise(words))
    assert said["--task-definition"] == RUN.task_definition
    assert said["--capacity-provider-strategy"] == "capacityProvider=FARGATE_SPOT,weight=1"
    assert json.loads(said["--network-configuration"])["awsvpcConfiguration"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
    assert "--overrides" not in words


def test_another_command_is_that_of_the_jobs_own_container() -> None:
    told = Told(run_task=[{"tasks": [task()]}])
    jobs.start(told.aws, RUN, jobs.words("migrate --to 'version 2' $HOME"))
    override = json.loads(told[0][told[0].index("--overrides") + 1])
    command = ["migrate", "--to", "version 2", "$HOME"]
    assert override == {"containerOverrides": [{"name": "app", "command": command}]}
    with pytest.raises(ConfigError, match="No closing quotation"):
        jobs.words("echo 'a")


def test_a_task_that_finds_no_room_is_not_started() -> None:
    told = Told(run_task=[{"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE"}]}])
    with pytest.raises(NotStartedError, match="RESOURCE:FARGATE"):
        jobs.start(told.aws, RUN, [])


DEFINITION: Answer = {
    "taskDefinition": {
        "containerDefinitions": [
            {
                "name": "app",
                "logConfiguration": {"options": {"awslogs-group": "logs", "awslogs-stream-prefix": "app"}},
            }
        ]
    }
}


def page(token: str, *lines: str) -> Answer:
    return {"events": [{"message": line} for line in lines], "nextForwardToken": token}


def test_what_a_task_writes_is_told_once_from_its_first_line_to_its_last() -> None:
    told = Told(
        describe_task_definition=[DEFINITION],
        describe_tasks=[{"tasks": [task()]}, {"tasks": [task()]}, {"tasks": [task(0)]}],
        get_log_events=[
            AwsError("no such stream", "ResourceNotFoundException"),
            page("f/1", "one", "two"),
            page("f/1"),
            page("f/2", "three"),
            page("f/2"),
        ],
    )
    said: list[str] = []
    assert jobs.exit_code(jobs.follow(told.aws, task(), said.append, patience=0)) == 0
    assert said == ["one", "two", "three"]
    asked = [words for words in told if words[0] == "get-log-events"]
    assert all("app/app/1234" in words for words in asked)
    assert [words[-1] for words in asked if "--next-token" in words] == ["f/1", "f/1", "f/2"]


@pytest.mark.parametrize("code", [0, 1, 3, 137])
def test_the_code_is_that_of_the_jobs_own_container(code: int) -> None:
    assert jobs.exit_code(task(code)) == code


def test_a_task_that_never_ran_has_no_code() -> None:
    failed = task(stopCode="TaskFailedToStart", stoppedReason="CannotPullContainerError: not found")
    with pytest.raises(NotStartedError, match="the job did not run: CannotPullContainerError") as error:
        jobs.exit_code(failed)
    assert error.value.exit_code == 1


def test_a_job_that_is_not_there_is_refused_with_what_was_nearly_meant() -> None:
    assert jobs.named(ENVIRONMENT, "seed").name == "seed"
    with pytest.raises(ConfigError, match=r"there is no job 'migrat' in dev(.|\n)*did you mean `migrate`"):
        jobs.named(ENVIRONMENT, "migrat")
    with pytest.raises(ConfigError, match="TASK="):
        jobs.named(ENVIRONMENT, "")


def test_every_job_is_shown_with_when_it_starts_and_how_it_went() -> None:
    tasks = [
        task(0, group="family:shop-dev-JobReport-1", stoppedAt="2026-01-01T00:00:00Z"),
        task(2, group="family:shop-dev-JobReport-1", stoppedAt="2026-01-01T01:00:00Z", stoppedReason="it ended"),
        task(group="family:shop-dev-JobMigrate-1"),
        task(group="service:web"),
    ]
    told = Told(list_tasks=[{"taskArns": ["a"]}, {"taskArns": ["b"]}], describe_tasks=[{"tasks": tasks}])
    report, migrate, seed = jobs.lines(told.aws, ENVIRONMENT, "cluster")
    assert report.startswith("  job report   rate(1 hour) in UTC, which is off; the last run failed: it ended;")
    assert "container app ended with 2" in report
    assert migrate == "  job migrate  on request; 1 running"
    assert seed == "  job seed     on request; no run in the last hour"


def test_whoever_stops_watching_learns_how_to_stop_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    running = click.Context(cli.deployment)
    running.params = {"quiet": False}
    with pytest.raises(KeyboardInterrupt), running, left_alone(ARN, "eu-west-1"):
        raise KeyboardInterrupt
    said = capsys.readouterr().err
    assert "the task goes on" in said
    assert f"aws ecs stop-task --cluster cluster --task {ARN} --region eu-west-1" in said
