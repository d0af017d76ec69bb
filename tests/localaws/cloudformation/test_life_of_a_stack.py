"""Stacks that are made, changed and removed, and those that fail on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import CAPABILITIES, REGION, Account

Uploaded = Callable[[dict[str, Any]], str]

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
BAD = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/99"}}
TOPIC = {"Type": "AWS::SNS::Topic"}


def queue(seconds: int = 30) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}


def nested(url: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}} | more


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_get_template_returns_the_bytes(account: Account) -> None:
    body = '# a comment\nResources:\n  Topic: {Type: "AWS::SNS::Topic"}  # äöü\n'
    account.create("s", body)
    assert account.cloudformation.get_template(StackName="s")["TemplateBody"] == body


def test_a_failed_child_is_rolled_back_and_so_is_all_around_it(account: Account, template: Uploaded) -> None:
    good, bad = template({"Resources": {"Topic": TOPIC}}), template({"Resources": {"Vpc": BAD, "Topic": TOPIC}})
    root = {"Resources": {"Good": nested(good), "Bad": nested(bad, DependsOn="Good")}}
    stack = account.create("root", root)

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    failed = [(name, reason) for name, status, reason in account.events("root") if status == "CREATE_FAILED"]
    (name, reason), *_ = failed
    assert name == "Bad"
    assert reason.startswith("Embedded stack arn:aws:cloudformation:")
    assert "was not successfully created: The following resource(s) failed to create: [" in reason
    rollback = next(reason for _, status, reason in account.events("root") if status == "ROLLBACK_IN_PROGRESS")
    assert rollback == "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    assert not account("sns").list_topics()["Topics"]
    assert [each["StackName"] for each in account.cloudformation.describe_stacks()["Stacks"]] == ["root"]


def test_children_have_names_parents_and_events_of_their_own(account: Account, template: Uploaded) -> None:
    leaf = template({"Resources": {"Topic": TOPIC}, "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}}})
    middle = template({"Resources": {"Leaf": nested(leaf)}})
    root = account.create("root", {"Resources": {"Middle": nested(middle)}})
    child = account.child("root", "Middle")
    grandchild = account.child(child["StackName"], "Leaf")

    assert child["StackName"].startswith("root-Middle-")
    assert grandchild["ParentId"] == child["StackId"]
    assert grandchild["RootId"] == root["StackId"]
    events = account.cloudformation.describe_stack_events(StackName=grandchild["StackId"])["StackEvents"]
    assert {event["StackId"] for event in events} == {grandchild["StackId"]}
    times = [event["Timestamp"] for event in events]
    assert times == sorted(times, reverse=True)
    assert account.statuses(grandchild["StackId"], "Topic") == [
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
    ]


def test_a_failed_update_brings_every_neighbour_back(account: Account, template: Uploaded) -> None:
    def root(seconds: int, second: dict[str, Any]) -> dict[str, Any]:
        first = template({"Resources": {"Queue": queue(seconds)}})
        return {"Resources": {"First": nested(first), "Second": nested(template(second), DependsOn="First")}}

    account.create("root", root(30, {"Resources": {"Topic": TOPIC}}))
    first = account.child("root", "First")["StackId"]
    stack = account.update("root", root(60, {"Resources": {"Topic": TOPIC, "Vpc": BAD}}))

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert account.stack(first)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    url = account.physical_id(first, "Queue")
    attributes = account("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "30"
    reason = next(r for name, status, r in account.events("root") if (name, status) == ("Second", "UPDATE_FAILED"))
    assert "was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: " in reason
    assert account.statuses("root", "root")[-4:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]


def test_siblings_of_a_failure_are_cancelled(account: Account, template: Uploaded) -> None:
    slow = template({"Resources": {"A": TOPIC, "B": {**TOPIC, "DependsOn": "A"}}})
    account.create("root", {"Resources": {"Bad": BAD, "Slow": nested(slow)}})
    assert account.stack("root")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert not account("sns").list_topics()["Topics"]


def test_removed_resources_go_in_the_clean_up(account: Account) -> None:
    account.create("s", {"Resources": {"Topic": TOPIC, "Queue": queue()}})
    stack = account.update("s", {"Resources": {"Topic": TOPIC}})
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    tail = [(name, status) for name, status, _ in account.events("s")][-4:]
    assert tail == [
        ("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Queue", "DELETE_IN_PROGRESS"),
        ("Queue", "DELETE_COMPLETE"),
        ("s", "UPDATE_COMPLETE"),
    ]


def test_a_clean_up_that_fails_is_told_and_let_go(account: Account) -> None:
    account.create("s", {"Resources": {"Topic": TOPIC, "Bucket": {"Type": "AWS::S3::Bucket"}}})
    bucket = account.physical_id("s", "Bucket")
    account("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    stack = account.update("s", {"Resources": {"Topic": TOPIC}})
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stack["StackStatusReason"] == "Update successful. One or more resources could not be deleted."
    assert account.statuses("s", "Bucket")[-1] == "DELETE_FAILED"


def test_replaced_resources_get_new_ids(account: Account) -> None:
    account.create("s", {"Resources": {"Vpc": VPC}})
    before = account.physical_id("s", "Vpc")
    account.update("s", {"Resources": {"Vpc": {**VPC, "Properties": {"CidrBlock": "10.1.0.0/16"}}}})
    assert account.physical_id("s", "Vpc") != before
    assert [vpc["VpcId"] for vpc in account("ec2").describe_vpcs()["Vpcs"] if vpc["VpcId"] == before] == []


@pytest.mark.parametrize(("policy", "kept"), [("Retain", True), ("RetainExceptOnCreate", False), ("Delete", False)])
def test_what_is_retained_when_creation_fails(account: Account, policy: str, kept: bool) -> None:
    account.create(
        "s", {"Resources": {"Topic": {**TOPIC, "DeletionPolicy": policy}, "Bad": {**BAD, "DependsOn": "Topic"}}}
    )
    assert bool(account("sns").list_topics()["Topics"]) is kept


def test_what_is_retained_when_replaced(account: Account) -> None:
    vpc = {**VPC, "UpdateReplacePolicy": "Retain"}
    account.create("s", {"Resources": {"Vpc": vpc}})
    before = account.physical_id("s", "Vpc")
    account.update("s", {"Resources": {"Vpc": {**vpc, "Properties": {"CidrBlock": "10.1.0.0/16"}}}})
    assert account("ec2").describe_vpcs(VpcIds=[before])["Vpcs"]
    assert ("Vpc", "DELETE_SKIPPED") in [(name, status) for name, status, _ in account.events("s")]


def test_conditions_come_and_go(account: Account) -> None:
    def body(wanted: str) -> dict[str, Any]:
        condition = {"Fn::Equals": [wanted, "yes"]}
        return {"Conditions": {"C": condition}, "Resources": {"Topic": TOPIC, "Queue": queue() | {"Condition": "C"}}}

    account.create("s", body("yes"))
    account.update("s", body("no"))
    assert [
        each["LogicalResourceId"]
        for each in account.cloudformation.list_stack_resources(StackName="s")["StackResourceSummaries"]
    ] == ["Topic"]


def test_delete_failed_and_retained_then(account: Account) -> None:
    account.create("s", {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
    account("s3").put_object(Bucket=account.physical_id("s", "Bucket"), Key="k", Body=b"")
    assert account.delete("s")["StackStatus"] == "DELETE_FAILED"
    with pytest.raises(ClientError) as refused:
        account.update("s", {"Resources": {"Topic": TOPIC}})
    code, message = refusal(refused)
    assert code == "ValidationError"
    assert message.endswith("is in DELETE_FAILED state and can not be updated.")
    assert account.delete("s", RetainResources=["Bucket"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_failed_creation_can_only_be_deleted(account: Account) -> None:
    account.create("s", {"Resources": {"Bad": BAD}})
    for act in (account.update, account.create):
        with pytest.raises(ClientError):
            act("s", {"Resources": {"Topic": TOPIC}})
    assert account.delete("s")["StackStatus"] == "DELETE_COMPLETE"


def test_no_updates_are_to_be_performed(account: Account) -> None:
    account.create("s", {"Resources": {"Topic": TOPIC}})
    with pytest.raises(ClientError) as refused:
        account.update("s", {"Resources": {"Topic": TOPIC}})
    assert refusal(refused) == ("ValidationError", "No updates are to be performed.")


def test_protection_covers_children(account: Account, template: Uploaded) -> None:
    child = template({"Resources": {"Topic": TOPIC}})
    account.create("root", {"Resources": {"Child": nested(child)}}, EnableTerminationProtection=True)
    for name in ("root", account.child("root", "Child")["StackName"]):
        with pytest.raises(ClientError) as refused:
            account.cloudformation.delete_stack(StackName=name)
        assert refusal(refused)[1] == f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"
    account.cloudformation.update_termination_protection(StackName="root", EnableTerminationProtection=False)
    assert account.delete("root")["StackStatus"] == "DELETE_COMPLETE"


def test_policies_are_kept_and_enforced(account: Account) -> None:
    policy = (
        '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},'
        '{"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"], "Resource": "*",'
        '"Condition": {"StringEquals": {"ResourceType": ["AWS::EC2::VPC"]}}}]}'
    )
    account.create("s", {"Resources": {"Vpc": VPC, "Topic": TOPIC}})
    account.cloudformation.set_stack_policy(StackName="s", StackPolicyBody=policy)
    assert account.cloudformation.get_stack_policy(StackName="s")["StackPolicyBody"] == policy
    replaced = {**VPC, "Properties": {"CidrBlock": "10.9.0.0/16"}}
    for resources in ({"Vpc": replaced, "Topic": TOPIC}, {"Topic": TOPIC}):
        assert account.update("s", {"Resources": resources})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        reasons = [reason for name, status, reason in account.events("s") if (name, status) == ("Vpc", "UPDATE_FAILED")]
        assert reasons[-1].startswith("Action denied by stack policy: Statement [#2] does not allow [Update:")
    assert account.update("s", {"Resources": {"Vpc": VPC}})["StackStatus"] == "UPDATE_COMPLETE"


def test_capabilities_are_asked_for(account: Account) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    with pytest.raises(ClientError) as refused:
        account.cloudformation.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"R": role}}))
    assert refusal(refused) == ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")


def test_dangling_names_are_refused(account: Account) -> None:
    topic = {**TOPIC, "Properties": {"TopicName": {"Fn::Sub": "${Nobody}-${AWS::Region}"}}}
    with pytest.raises(ClientError) as refused:
        account.create("s", {"Resources": {"Topic": topic}})
    assert "Unresolved resource dependencies [Nobody] in the Resources block of the template" in refusal(refused)[1]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("https://{bucket}.s3.eu-west-1.amazonaws.com/none", "S3 error: The specified key does not exist."),
        ("https://s3.eu-west-1.amazonaws.com/{bucket}/none", "S3 error: The specified key does not exist."),
        ("https://nobody-has-it.s3.amazonaws.com/none", "S3 error: The specified bucket does not exist"),
        ("https://example.com/template", "TemplateURL must be a supported URL."),
    ],
)
def test_templates_that_are_not_there(account: Account, template: Uploaded, address: str, text: str) -> None:
    with pytest.raises(ClientError) as refused:
        account.cloudformation.create_stack(StackName="s", TemplateURL=address.format(bucket=account.templates))
    assert text in refusal(refused)[1]


def test_both_styles_of_address(account: Account, template: Uploaded) -> None:
    hosted = template({"Resources": {"Topic": TOPIC}})
    key = hosted.rpartition("/")[2]
    by_path = f"https://s3.eu-west-1.amazonaws.com/{account.templates}/{key}"
    for name, url in (("one", hosted), ("two", by_path)):
        account.cloudformation.create_stack(StackName=name, TemplateURL=url)
        assert account.settled(name)["StackStatus"] == "CREATE_COMPLETE"


def test_parameters_of_children_are_text(account: Account, template: Uploaded) -> None:
    child = template({"Parameters": {"P": {"Type": "String"}}, "Resources": {"Topic": TOPIC}})
    listed = nested(child)
    listed["Properties"]["Parameters"] = {"P": ["a", "b"]}
    account.create("root", {"Resources": {"Child": listed}})
    assert any("must be an object with String" in reason for _, _, reason in account.events("root"))


def test_only_one_operation_at_a_time(slow: Account) -> None:
    slow.cloudformation.create_stack(StackName="s", TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    with pytest.raises(ClientError) as refused:
        slow.cloudformation.update_stack(
            StackName="s", TemplateBody='{"Resources": {"U": {"Type": "AWS::SNS::Topic"}}}'
        )
    assert refusal(refused)[1].endswith("is in CREATE_IN_PROGRESS state and can not be updated.")
    slow.settled("s")


def test_an_update_can_be_cancelled(slow: Account) -> None:
    slow.create("s", {"Resources": {"A": queue()}})
    resources = {"A": queue(60), "B": queue() | {"DependsOn": "A"}}
    body = json.dumps({"Resources": resources})
    slow.cloudformation.update_stack(StackName="s", TemplateBody=body, Capabilities=CAPABILITIES)
    time.sleep(0.1)
    slow.cloudformation.cancel_update_stack(StackName="s")
    assert slow.settled("s")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert ("s", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated") in slow.events("s")


@pytest.mark.parametrize(
    ("account_id", "region", "made"), [("", REGION, 2), ("", "eu-west-9", 1), ("1" * 12, REGION, 1)]
)
def test_a_condition_knows_where_it_is(account: Account, account_id: str, region: str, made: int) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html"""
    here = [
        {"Fn::Equals": [{"Ref": "AWS::AccountId"}, account_id or account.number]},
        {"Fn::Equals": [{"Ref": "AWS::Region"}, region]},
    ]
    template = {
        "Conditions": {"Here": {"Fn::And": here}},
        "Resources": {"A": TOPIC, "B": TOPIC | {"Condition": "Here"}},
    }
    assert account.create("conditional", template)["StackStatus"] == "CREATE_COMPLETE"
    found = account.cloudformation.list_stack_resources(StackName="conditional")["StackResourceSummaries"]
    assert len(found) == made
