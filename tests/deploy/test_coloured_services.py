"""Services that move between two colours: looked at, followed and taken back, with the AWS CLI on a local AWS."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import click
import pytest

from tapgen.config.environment import Environment
from tapgen.deploy import changes, going_back, rollouts, running_versions, services
from tapgen.deploy.aws import Aws
from tapgen.deploy.changes import Request
from tapgen.deploy.going_back import NotRolledBackError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.status import Observer, ServiceStatus, Snapshot
from tapgen.deploy.watching import Table, watch
from tapgen.localaws.process import running
from tests.deploy.in_process import cli_in_process
from tests.localaws.account import CAPABILITIES, REGION, Account
from tests.localaws.ecs.shop import LONG, PATIENCE, ref
from tests.localaws.ecs.test_colours_stacks import template
from tests.localaws.ecs.test_services import image

_NUMBERS = count(100_000_000_001)
FIRST, SECOND = "public.ecr.aws/nginx@sha256:" + "1" * 64, "public.ecr.aws/nginx@sha256:" + "2" * 64


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a client of one."""
    with running(tmp_path_factory.mktemp("localaws"), region=REGION) as client:
        yield client


class Team:
    """An environment of one service, as AWS has it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        account.bucket()
        said = {"platform": "shop", "name": "dev", "account": account.number, "region": REGION}
        services = {"services": {"web": {"name": "web", "port": 8080, "path": "/"}}}
        self.environment = Environment.model_validate(said | services)
        self.aws = Aws(REGION)
        self.observer = Observer(self.aws, self.environment)

    def root(self, image: str, answers: tuple[str, ...] = ("SUCCEEDED",), **said: Any) -> str:
        """The root stack's template; the service is in a stack of its own."""
        body = template(image, answers=answers, **said)
        resources = body["Resources"]
        resources["TaskDefinition"] = resources.pop("Task")
        tags = {"Environment": "dev", "Service": "web"}
        resources["Service"]["Properties"] |= {
            "TaskDefinition": ref("TaskDefinition"),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60}
        limit = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1}
        resources["TooBusy"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": metric | limit}
        body["Outputs"] = {"ClusterName": {"Value": ref("Cluster")}}
        nested = {"TemplateURL": self.account.upload(json.dumps(body))}
        output = {"Value": {"Fn::GetAtt": ["ServiceWeb", "Outputs.ClusterName"]}}
        return json.dumps(
            {
                "Resources": {
                    "ServiceWeb": {"Type": "AWS::CloudFormation::Stack", "Properties": nested},
                    "Gate": {"Type": "AWS::CloudWatch::Alarm", "Properties": metric | limit},
                },
                "Outputs": {"ClusterName": output},
            }
        )

    def made(self) -> None:
        """Have it deployed."""
        assert self.account.create("shop-dev", self.root(FIRST))["StackStatus"] == "CREATE_COMPLETE"

    def begin(self, image: str = SECOND, **said: Any) -> None:
        """Begin an update."""
        self.account.cloudformation.update_stack(
            StackName="shop-dev", TemplateBody=self.root(image, **said), Capabilities=CAPABILITIES
        )

    def look(self) -> Snapshot:
        found = self.observer.look()
        assert found
        return found

    def web(self) -> ServiceStatus:
        (found,) = self.look().services
        return found

    def until(self, done: Callable[[ServiceStatus], bool]) -> ServiceStatus:
        """The service, as soon as it is as it is to be."""
        end = time.monotonic() + PATIENCE
        while not done(found := self.web()):
            assert time.monotonic() < end, found
        return found

    def at(self, stage: str) -> ServiceStatus:
        return self.until(lambda found: bool(found.rollout and found.rollout.stage == stage and found.going_on))

    def ring(self, name: str, state: str = "ALARM") -> None:
        """Set an alarm, of the service or of the root, to a state."""
        stack = "shop-dev" if name == "Gate" else self.account.physical_id("shop-dev", "ServiceWeb")
        alarm = self.account.physical_id(stack, name)
        self.account("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=state, StateReason=f"{name} says so")


@pytest.fixture
def team(local_aws: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Team:
    """An environment that is not there yet, and the CLI that sees it."""
    cli_in_process(monkeypatch)
    account = Account(local_aws, str(next(_NUMBERS)))
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    return Team(account)


@pytest.fixture
def made(team: Team) -> Team:
    team.made()
    return team


def shown(found: Snapshot) -> str:
    return click.unstyle("\n".join(found.lines()))


def test_a_service_at_rest_is_told_in_one_line(made: Team) -> None:
    row = "  service web  ok         blue-green  1 of 1 tasks; green live (blue 0 %, green 100 %)"
    assert shown(made.look()) == row
    drawn: list[str] = []
    Table(drawn.append).show(made.look())
    assert click.unstyle(drawn[0]) == f"shop-dev  created\n{row}"


def test_a_deployment_is_told_with_its_stage_and_a_roll_back_with_its_reason(made: Team) -> None:
    made.begin(BakeTimeInMinutes=LONG)
    found = made.at("BAKE_TIME")
    assert (found.state, str(found.weights)) == ("deploying", "blue live (blue 100 %, green 0 %)")
    assert "2 of 1 tasks; blue live (blue 100 %, green 0 %); bake time, deploying for" in shown(made.look())
    deploying = going_back.deploying(made.observer, "web")
    assert deploying
    assert going_back.go_back(made.observer, deploying) == FIRST
    assert going_back.own_digest(made.observer, "web", FIRST) == ""
    assert made.account.settled("shop-dev")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    now = made.web()
    assert (now.state, now.service.running, str(now.weights)) == ("ok", 1, "green live (blue 0 %, green 100 %)")
    told = shown(made.look())
    assert re.search(r"its last deployment was rolled back \d+ s ago, as asked$", told)
    running_versions.settled(made.aws, made.environment)


def test_alarms_of_the_environment_are_told_and_those_of_others_are_not(made: Team) -> None:
    other = made.account("cloudwatch")
    said = {"Namespace": "x", "MetricName": "y", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    for name in ("theirs", "TargetTracking-service/x-AlarmLow-1"):
        other.put_metric_alarm(AlarmName=name, Threshold=1, ComparisonOperator="GreaterThanThreshold", **said)
        other.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="none of ours")
    assert "alarm" not in shown(made.look())
    made.ring("TooBusy")
    assert made.web().state == "PROBLEM"
    assert re.search(r"\n    alarm TooBusy for \d+ s: TooBusy says so\n  not all is well: web$", shown(made.look()))
    made.ring("TooBusy", "OK")
    assert made.web().state == "ok"


def test_what_is_followed_is_told_change_by_change(made: Team, capsys: pytest.CaptureFixture[str]) -> None:
    made.begin(BakeTimeInMinutes=150)
    followed = watch(made.observer, made.look())
    assert followed.ended_well
    told = [line[14:] for line in capsys.readouterr().out.splitlines()]
    assert told[0] == "shop-dev: updating"
    assert {"shop-dev: updated", "web: deployed"} <= set(told[-3:])
    assert any(line.startswith("web: ") and "blue live (blue 100 %, green 0 %)" in line for line in told)


@pytest.mark.parametrize("name", ["", "web"])
def test_what_is_followed_and_taken_back_did_not_end_well(
    made: Team, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one service its deployment is followed, and no more; of all, what CloudFormation makes of it, too."""
    made.begin(BakeTimeInMinutes=LONG)
    made.at("BAKE_TIME")
    made.ring("TooBusy")
    first = made.observer.look(name)
    assert first
    (web,) = first.services
    assert web.rollout
    made.aws("ecs", "stop-service-deployment", "--service-deployment-arn", web.rollout.arn, "--stop-type", "ROLLBACK")
    assert not watch(made.observer, first, name).ended_well
    told = capsys.readouterr().out
    assert "web: alarm TooBusy for" in told
    assert "web: rolled back: Service deployment rolled back because of a request to stop it" in told
    assert name or "shop-dev: as it was before" in told
    assert made.account.settled("shop-dev")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_nothing_is_deployed_while_a_service_is_being_deployed(made: Team) -> None:
    """The stack may be at rest: it is the service that somebody deploys by hand."""
    service = made.web().service
    running_versions.settled(made.aws, made.environment)
    configuration = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": LONG}
    where = {"cluster": service.cluster, "service": service.arn}
    made.account("ecs").update_service(**where, forceNewDeployment=True, deploymentConfiguration=configuration)
    with pytest.raises(RefusedError) as refused:
        running_versions.settled(made.aws, made.environment, anyway=True)
    assert "nothing is deployed while services are being deployed:\nweb: " in str(refused.value)
    assert "make watch ENV=dev" in str(refused.value)
    made.at("BAKE_TIME")
    assert going_back.go_back(made.observer, made.look()) == FIRST
    running_versions.settled(made.aws, made.environment)


@pytest.mark.parametrize("there", [True, False])
def test_who_began_after_the_look_is_refused_like_one_that_was_seen(made: Team, there: bool) -> None:
    before = made.look().root if there else None
    made.begin(BakeTimeInMinutes=LONG)
    text = made.root(FIRST)
    again = Request("shop-dev", ("--template-body", text), text, {}, again="make deploy", remove="make destroy")
    with pytest.raises(RefusedError) as refused:
        changes.make(made.aws, again, before, nested=False)
    told, advice = str(refused.value).splitlines()
    assert told == "error: shop-dev is being updated (UPDATE_IN_PROGRESS)"
    assert advice.startswith(" = help: wait until it is done, then: make deploy. To cancel: aws cloudformation cancel-")


def test_a_rolling_deployment_that_comes_to_no_end_can_be_deployed_over(made: Team) -> None:
    """Nobody could ever repair it otherwise: its tasks end as soon as they start, and no breaker gives it up."""
    service = made.web().service
    container = {"name": "app", "image": image(made.account, "broken", exit_code="1")}
    said = {"family": "broken", "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    made.account("ecs").register_task_definition(
        containerDefinitions=[container | {"portMappings": [{"containerPort": 8080}]}], **said
    )
    made.account("ecs").update_service(
        cluster=service.cluster,
        service=service.arn,
        taskDefinition="broken",
        deploymentConfiguration={"strategy": "ROLLING"},
        loadBalancers=[],
    )
    with pytest.raises(RefusedError, match="web: replacing tasks, for "):
        running_versions.settled(made.aws, made.environment)
    running_versions.settled(made.aws, made.environment, anyway=True)
    deploying = going_back.deploying(made.observer, "web")
    assert deploying
    assert going_back.go_back(made.observer, deploying) == FIRST
    running_versions.settled(made.aws, made.environment)


def test_before_its_turn_a_service_is_not_waited_for_until_all_is_over(
    made: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = made.look()
    begun = replace(now, root=replace(now.root, status="UPDATE_IN_PROGRESS"))
    monkeypatch.setattr(made.observer, "look", lambda _: begun)
    with pytest.raises(
        RefusedError, match=r"until its turn comes \(make watch ENV=dev(.|\n)*make rollback SERVICE=web"
    ):
        going_back.deploying(made.observer, "web")


def test_from_a_first_deployment_there_is_no_way_back(team: Team) -> None:
    text = team.root(FIRST, BakeTimeInMinutes=LONG)
    team.account.cloudformation.create_stack(StackName="shop-dev", TemplateBody=text, Capabilities=CAPABILITIES)
    with pytest.raises(
        RefusedError, match=r"shop-dev is being created(.|\n)*wait until it is done, then: make rollback"
    ):
        going_back.deploying(team.observer, "web")
    stack = team.account.physical_id("shop-dev", "ServiceWeb")
    cluster = team.account.physical_id(stack, "Cluster")
    root = replace(team.look().root, outputs={"ClusterName": cluster})
    (service,) = services.every(team.aws, team.environment, root)
    web = ServiceStatus(service, rollouts.newest(team.aws, [service])[service.arn], None, [])
    with pytest.raises(RefusedError, match="this is the first deployment of web: there is no version to go back to"):
        going_back.go_back(team.observer, Snapshot(root, [web]))


def test_what_is_over_before_it_is_stopped_is_told_as_it_ended(made: Team) -> None:
    now = made.look()
    (web,) = now.services
    assert web.rollout
    web = replace(web, rollout=replace(web.rollout, status="IN_PROGRESS", first=False))
    with pytest.raises(NotRolledBackError, match="the deployment of web was not rolled back; deployed"):
        going_back.go_back(made.observer, replace(now, services=[web]))


def test_a_rule_that_somebody_deleted_hides_nothing_else(made: Team) -> None:
    stack = made.account.physical_id("shop-dev", "ServiceWeb")
    made.account("elbv2").delete_rule(RuleArn=made.account.physical_id(stack, "Rule"))
    assert shown(made.look()) == "  service web  ok         blue-green  1 of 1 tasks"


def test_a_service_that_is_deployed_by_hand_is_found_out(made: Team) -> None:
    service = made.web().service
    container = {"name": "app", "image": SECOND, "portMappings": [{"containerPort": 8080}]}
    said = {"family": "by-hand", "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    registered = made.account("ecs").register_task_definition(containerDefinitions=[container], **said)
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    where = {"cluster": service.cluster, "service": service.arn}
    made.account("ecs").update_service(**where, taskDefinition=arn)
    made.until(lambda found: found.service.task_definition == arn and not found.going_on)
    with pytest.raises(RefusedError) as refused:
        running_versions.settled(made.aws, made.environment)
    lines = str(refused.value).splitlines()
    assert [line.split()[-1] for line in lines[1:4]] == [SECOND, FIRST, "nothing"]
    assert f"--service {service.arn} --task-definition {service.task_definition}; " in lines[-1]
    running_versions.settled(made.aws, made.environment, anyway=True)
