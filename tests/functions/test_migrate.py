"""The function that runs migrations: what it tells CloudFormation, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from threading import Thread
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tapgen.functions import source
from tests.functions.cluster import load
from tests.localaws.account import REGION, Account
from tests.localaws.deploying import settled

SECRET = "X-Amz-Signature=7"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Statement": []}, "PermissionsBoundary": "arn:aws:iam::1:policy/no"},
}
TOPIC = {"Type": "AWS::SNS::Topic"}


class CloudFormation(HTTPServer):
    """Takes answers, as S3 does in its place."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.refusals = 0
        """How often it is out of order first."""
        self.answers = list[dict[str, Any]]()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/answer?{SECRET}"


class _Answer(BaseHTTPRequestHandler):
    server: CloudFormation

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = not self.headers["Content-Type"] and self.path.endswith(SECRET)
        self.server.refusals -= 1
        if signed and self.server.refusals < 0:
            self.server.answers.append(json.loads(body))
        self.send_response(200 if signed and self.server.refusals < 0 else 503)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Tests read what the function prints."""


@dataclass
class Context:
    """What Lambda tells a function of its call."""

    milliseconds: int = 900_000
    invoked_function_arn: str = ""

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class Place:
    """Where migrations run, and who asks for them."""

    def __init__(self, account: Account, cloudformation: CloudFormation) -> None:
        self.account, self.cloudformation, self.numbers = account, cloudformation, count()
        self.ecs, self.ecr = account("ecs"), account("ecr")
        self.ecs.create_cluster(clusterName="here")
        self.ecr.create_repository(repositoryName="shop/web")
        ec2 = account("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        self.function = load("migrate", account.environment)
        self.stack = account.create("shop-dev-ServiceWeb-7", {"Resources": {"Topic": TOPIC}})["StackId"]

    def definition(self, image: str = "", **behaviour: str) -> str:
        """A task definition whose container behaves so."""
        annotations = {f"com.tapgen.local.{key.replace('_', '-')}": value for key, value in behaviour.items()}
        manifest = {"schemaVersion": 2, "annotations": annotations | {"n": str(next(self.numbers))}, "layers": []}
        kind = "application/vnd.oci.image.manifest.v1+json"
        made = self.ecr.put_image(
            repositoryName="shop/web", imageManifest=json.dumps(manifest), imageManifestMediaType=kind
        )
        uri = f"{self.account.number}.dkr.ecr.{REGION}.amazonaws.com/shop/web"
        container = {"name": "app", "image": image or f"{uri}@{made['image']['imageId']['imageDigest']}"}
        registered = self.ecs.register_task_definition(
            family="migrate", containerDefinitions=[container], networkMode="awsvpc"
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def event(self, kind: str = "Create", definition: str = "", before: str = "", **more: Any) -> dict[str, Any]:
        """A request of CloudFormation."""
        said = {
            "ServiceToken": "arn:aws:lambda:eu-west-1:1:function:migrate",
            "Job": "migrate",
            "TaskDefinition": definition,
            "Cluster": "here",
            "Subnets": [self.subnet],
            "SecurityGroup": self.group,
            "CapacityProvider": "FARGATE",
            "LogGroup": "shop-dev-LogGroup",
        }
        event = {
            "RequestType": kind,
            "RequestId": str(uuid4()),
            "StackId": self.stack,
            "ResponseURL": self.cloudformation.address,
            "ResourceType": "Custom::Migration",
            "LogicalResourceId": "Migration",
            "ResourceProperties": said,
        }
        if kind != "Create":
            event["PhysicalResourceId"] = "one"
        if before:
            event["OldResourceProperties"] = said | {"TaskDefinition": before}
        return event | more

    def asked(self, event: dict[str, Any], context: Context | None = None) -> dict[str, Any]:
        """The one answer to a request."""
        self.cloudformation.answers.clear()
        self.function.handler(event, context or Context())
        (answer,) = self.cloudformation.answers
        assert {name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId")} == {
            name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")
        }
        return answer

    def tasks(self) -> list[dict[str, Any]]:
        """Every task that was run."""
        states = ("RUNNING", "STOPPED")
        listed = [self.ecs.list_tasks(cluster="here", desiredStatus=each)["taskArns"] for each in states]
        arns = [arn for each in listed for arn in each]
        return list(self.ecs.describe_tasks(cluster="here", tasks=arns)["tasks"]) if arns else []


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    server = CloudFormation()
    listening = Thread(target=server.serve_forever, args=(0.01,))
    listening.start()
    yield server
    server.shutdown()
    listening.join()
    server.server_close()


@pytest.fixture
def place(account: Account, cloudformation: CloudFormation) -> Place:
    return Place(account, cloudformation)


def test_the_job_runs_as_its_template_says_before_the_answer(place: Place) -> None:
    definition = place.definition()
    event = place.event(definition=definition)
    answer = place.asked(event)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "/".join(place.stack.split("/")[1:]))
    (task,) = place.tasks()
    assert (task["taskDefinitionArn"], task["startedBy"]) == (definition, event["RequestId"])
    assert (task["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", 0)
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert details["subnetId"] == place.subnet

    again = place.asked(place.event("Update", place.definition(), definition))
    assert (again["Status"], again["PhysicalResourceId"]) == ("SUCCESS", "one")
    assert len(place.tasks()) == 2


def test_a_job_that_fails_is_told_with_its_code_and_where_its_log_is(place: Place) -> None:
    answer = place.asked(place.event(definition=place.definition(exit_code="3")))
    (task,) = place.tasks()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        "migrate ended with exit code 3: Essential container in task exited. "
        "Read: make logs SERVICE=migrate, or stream "
        f"app/app/{task['taskArn'].rpartition('/')[2]} of the log group shop-dev-LogGroup"
    )


def test_a_job_that_cannot_run_is_told(place: Place) -> None:
    uri = f"{place.account.number}.dkr.ecr.{REGION}.amazonaws.com/shop/web:nowhere"
    answer = place.asked(place.event(definition=place.definition(uri)))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("migrate did not run: CannotPullContainerError: ")

    event = place.event(definition=place.definition())
    event["ResourceProperties"]["Cluster"] = "nowhere"
    answer = place.asked(event)
    assert (answer["Status"], "Cluster not found" in answer["Reason"]) == ("FAILED", True)


def test_what_it_does_not_expect_is_answered_too(place: Place) -> None:
    event = place.event(definition=place.definition())
    del event["ResourceProperties"]["Subnets"]
    answer = place.asked(event)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "'Subnets'")
    assert place.tasks() == []


def test_the_same_request_twice_is_one_run(place: Place) -> None:
    event = place.event(definition=place.definition())
    assert [place.asked(event)["Status"] for _ in range(2)] == ["SUCCESS", "SUCCESS"]
    assert len(place.tasks()) == 1


def test_nothing_runs_where_there_is_nothing_to_migrate(place: Place) -> None:
    definition = place.definition()
    for event in (place.event("Delete", definition), place.event("Update", definition, definition)):
        answer = place.asked(event)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "one")
    assert place.tasks() == []


def test_nothing_runs_on_the_way_back(place: Place) -> None:
    """The stack is one that really went back."""
    stack = place.account.update("shop-dev-ServiceWeb-7", {"Resources": {"Topic": TOPIC, "Role": ROLE}})
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    answer = place.asked(place.event("Update", place.definition(), place.definition()))
    assert (answer["Status"], place.tasks()) == ("SUCCESS", [])


def test_a_job_that_takes_too_long_is_stopped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.function, "LIMIT", -60)
    answer = place.asked(place.event(definition=place.definition(lasts="600")))
    assert answer["Status"] == "FAILED"
    assert "was stopped. Read: make logs SERVICE=migrate" in answer["Reason"]
    (task,) = place.tasks()
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "The migration takes too long")


def test_a_job_that_takes_longer_than_the_function_is_waited_for_by_another_call(place: Place) -> None:
    """Deployed, with a second more than it needs to call itself."""
    said = {
        "Code": {"ZipFile": source("migrate")},
        "Handler": "index.handler",
        "Role": f"arn:aws:iam::{place.account.number}:role/r",
        "Runtime": "python3.13",
        "Timeout": place.function.SPARE + 1,
    }
    function = {"Type": "AWS::Lambda::Function", "Properties": said}
    job = place.event(definition=place.definition(lasts="4"))["ResourceProperties"]
    job["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    resources = {"Function": function, "Migration": {"Type": "Custom::Migration", "Properties": job}}
    place.account.cloudformation.create_stack(StackName="long", TemplateBody=json.dumps({"Resources": resources}))
    stack = settled(place.account.cloudformation, "long", 60)
    assert stack["StackStatus"] == "CREATE_COMPLETE", place.account.events("long")
    (task,) = place.tasks()
    (created,) = [
        each["Timestamp"]
        for each in place.account.cloudformation.describe_stack_events(StackName="long")["StackEvents"]
        if (each["LogicalResourceId"], each["ResourceStatus"]) == ("Migration", "CREATE_COMPLETE")
    ]
    assert task["stoppedAt"] <= created


def test_an_answer_is_given_again_and_its_address_never_printed(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place.function, "time", SimpleNamespace(sleep=lambda _seconds: None))
    place.cloudformation.refusals = 3
    assert place.asked(place.event("Delete"))["Status"] == "SUCCESS"

    place.cloudformation.refusals = 4
    with pytest.raises(RuntimeError, match="could not be answered") as raised:
        place.function.handler(place.event("Delete"), Context())
    printed = capfd.readouterr()
    assert SECRET not in f"{printed.out}{printed.err}{raised.getrepr(chain=True)}"
    assert "HTTPError" in printed.out


def test_a_long_reason_fits_into_an_answer(place: Place) -> None:
    event = place.event(definition="x" * 5000)
    answer = place.asked(event)
    assert answer["Status"] == "FAILED"
    assert len(json.dumps(answer)) <= 4096
