"""Resources that a function makes: what it is asked, what becomes of its answers, and of none.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.localaws.account import Account

BUCKET = "requests-"
CODE = """
import json, time, urllib.request, boto3

def handler(event, context):
    said = event["ResourceProperties"]
    boto3.client("s3").put_object(Bucket=said["Bucket"], Key=str(time.time_ns()), Body=json.dumps(event))
    kind = event["RequestType"]
    if said.get("Silent") == kind:
        return
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer["PhysicalResourceId"] = said.get("Id") if kind != "Delete" else event["PhysicalResourceId"]
    answer |= {"Status": "SUCCESS", "Data": {"Address": said.get("Address", "somewhere")}}
    if said.get("Fails") == kind:
        answer |= {"Status": "FAILED", "Reason": "out of stock"}
    answer |= json.loads(said.get("More", "{}"))
    body = said["Body"] if "Body" in said else json.dumps(answer)
    request = urllib.request.Request(event["ResponseURL"], body.encode(), {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request)
"""
TRUSTED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ROLE: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [TRUSTED]}}}
TOPIC = {"Type": "AWS::SNS::Topic"}
NOWHERE = {"PermissionsBoundary": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/nowhere"}}
REFUSED = {"Type": "AWS::IAM::Role", "DependsOn": "Made", "Properties": ROLE["Properties"] | NOWHERE}


class Maker:
    """A stack with a resource of a type of its own, and what its function was asked."""

    def __init__(self, account: Account) -> None:
        self.account, self.bucket = account, f"{BUCKET}{account.number}"
        account("s3").create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def template(self, others: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
        properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Bucket": self.bucket, "Id": "one"} | said
        function = {
            "Code": {"ZipFile": CODE},
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.13",
            "Timeout": 30,
        }
        return {
            "Resources": {
                "Role": ROLE,
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                "Made": {"Type": "Custom::Thing", "Properties": properties},
            }
            | (others or {}),
            "Outputs": {
                "Id": {"Value": {"Ref": "Made"}},
                "Address": {"Value": {"Fn::GetAtt": ["Made", "Address"]}},
            },
        }

    def create(self, others: dict[str, Any] | None = None, **said: Any) -> str:
        return str(self.account.create("s", self.template(others, **said))["StackStatus"])

    def update(self, others: dict[str, Any] | None = None, **said: Any) -> str:
        return str(self.account.update("s", self.template(others, **said))["StackStatus"])

    def asked(self) -> list[dict[str, Any]]:
        """Every request, in order."""
        s3 = self.account("s3")
        keys = sorted(each["Key"] for each in s3.list_objects_v2(Bucket=self.bucket).get("Contents", []))
        return [json.load(s3.get_object(Bucket=self.bucket, Key=key)["Body"]) for key in keys]

    def kinds(self) -> list[tuple[str, str]]:
        """What was asked, and of which physical id."""
        return [(each["RequestType"], each.get("PhysicalResourceId", "")) for each in self.asked()]

    def why(self) -> str:
        """Why it failed last."""
        events = self.account.events("s")
        return next(why for name, status, why in reversed(events) if name == "Made" and status.endswith("FAILED"))

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.account.stack("s")["Outputs"]}


@pytest.fixture
def maker(account: Account) -> Maker:
    return Maker(account)


def test_a_function_makes_what_others_refer_to(maker: Maker) -> None:
    assert maker.create(Size=3, Loud=True, Parts=[{"Weight": 1.5}]) == "CREATE_COMPLETE"
    assert maker.outputs() == {"Id": "one", "Address": "somewhere"}
    (asked,) = maker.asked()
    said = asked.pop("ResourceProperties")
    assert (said["Size"], said["Loud"], said["Parts"]) == ("3", "true", [{"Weight": "1.5"}])
    assert said["ServiceToken"] == asked.pop("ServiceToken")
    assert (asked.pop("RequestId") != "", asked.pop("ResponseURL").startswith("http")) == (True, True)
    assert asked == {
        "RequestType": "Create",
        "StackId": maker.account.stack("s")["StackId"],
        "ResourceType": "Custom::Thing",
        "LogicalResourceId": "Made",
    }


def test_it_is_asked_again_when_a_property_changes_and_then_alone(maker: Maker) -> None:
    maker.create(Address="here")
    assert maker.update({"Topic": TOPIC}, Address="here") == "UPDATE_COMPLETE"
    assert maker.kinds() == [("Create", "")]
    assert maker.update({"Topic": TOPIC}, Address="there") == "UPDATE_COMPLETE"
    assert maker.outputs()["Address"] == "there"
    _, changed = maker.asked()
    assert (changed["RequestType"], changed["PhysicalResourceId"]) == ("Update", "one")
    assert changed["OldResourceProperties"]["Address"] == "here"
    assert changed["ResourceProperties"]["Address"] == "there"

    assert maker.account.delete("s")["StackStatus"] == "DELETE_COMPLETE"
    assert maker.kinds()[2:] == [("Delete", "one")]


def test_a_change_set_sees_that_it_will_be(maker: Maker) -> None:
    maker.create(Address="here")
    made = maker.account.cloudformation.create_change_set(
        StackName="s",
        ChangeSetName="c",
        TemplateBody=json.dumps(maker.template(Address="there")),
        Capabilities=["CAPABILITY_IAM"],
    )
    (change,) = maker.account.cloudformation.describe_change_set(ChangeSetName=made["Id"])["Changes"]
    found = change["ResourceChange"]
    assert (found["LogicalResourceId"], found["Action"], found["Details"][0]["Target"]["Name"]) == (
        *("Made", "Modify"),
        "Address",
    )


def test_with_another_id_it_is_another_and_the_old_one_goes(maker: Maker) -> None:
    maker.create()
    assert maker.update(Id="two") == "UPDATE_COMPLETE"
    assert maker.outputs()["Id"] == "two"
    assert maker.kinds() == [("Create", ""), ("Update", "one"), ("Delete", "one")]
    assert "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" in maker.account.statuses("s", "s")


def test_on_the_way_back_it_is_asked_for_what_was(maker: Maker) -> None:
    maker.create(Address="here")
    assert maker.update({"Other": REFUSED}, Address="there") == "UPDATE_ROLLBACK_COMPLETE"
    assert maker.kinds() == [("Create", ""), ("Update", "one"), ("Update", "one")]
    back = maker.asked()[-1]
    assert (back["OldResourceProperties"]["Address"], back["ResourceProperties"]["Address"]) == ("there", "here")
    assert maker.outputs()["Address"] == "here"


def test_on_the_way_back_another_goes_again(maker: Maker) -> None:
    maker.create()
    assert maker.update({"Other": REFUSED}, Id="two") == "UPDATE_ROLLBACK_COMPLETE"
    assert maker.kinds()[1:] == [("Update", "one"), ("Update", "two"), ("Delete", "two")]
    assert maker.account.physical_id("s", "Made") == "one"


def test_a_function_that_says_no_fails_the_stack_and_says_why(maker: Maker) -> None:
    assert maker.create(Fails="Create") == "ROLLBACK_COMPLETE"
    said = "Received response status [FAILED] from custom resource. Message returned: out of stock (RequestId: "
    assert maker.why().startswith(said)
    assert maker.kinds() == [("Create", ""), ("Delete", "one")]


def test_a_change_that_fails_is_taken_back(maker: Maker) -> None:
    maker.create(Address="here")
    assert maker.update(Fails="Update", Address="there") == "UPDATE_ROLLBACK_COMPLETE"
    assert "out of stock" in maker.why()
    assert maker.asked()[-1]["ResourceProperties"]["Address"] == "here"


def test_silence_is_a_failure_when_the_time_is_over(maker: Maker) -> None:
    assert maker.create(Silent="Create", ServiceTimeout=5) == "ROLLBACK_COMPLETE"
    assert maker.why().startswith("CloudFormation did not receive a response from your Custom Resource.")
    assert [kind for kind, _ in maker.kinds()] == ["Create", "Delete"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"Body": "yes"}, "it is no JSON object"),
        ({"Body": "[]"}, "without Status, PhysicalResourceId"),
        ({"Id": ""}, "without PhysicalResourceId"),
        ({"More": '{"StackId": "other"}'}, "with another StackId"),
        ({"Address": "x" * 4096}, "Response object is too long."),
    ],
)
def test_what_is_no_answer_is_a_failure(maker: Maker, said: dict[str, str], why: str) -> None:
    maker.create({"Topic": TOPIC})
    assert maker.update({"Topic": TOPIC}, **said) == "UPDATE_ROLLBACK_COMPLETE"
    assert why in maker.why()


def test_the_function_of_a_resource_stays_the_same(maker: Maker) -> None:
    template = maker.template()
    template["Resources"]["Other"] = template["Resources"]["Function"]
    assert maker.account.create("s", template)["StackStatus"] == "CREATE_COMPLETE"
    template["Resources"]["Made"]["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Other", "Arn"]}
    assert maker.account.update("s", template)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert maker.why() == "Modifying service token is not allowed."


def test_an_answer_has_no_type_and_goes_where_one_is_expected(maker: Maker) -> None:
    """As where S3 checks a signature: Python's `urllib` adds a type where nobody says that there is none."""
    maker.create()
    address = maker.asked()[0]["ResponseURL"]
    for wrong in (
        Request(address, b"{}", method="PUT"),
        Request(f"{address}x", b"{}", {"Content-Type": ""}, method="PUT"),
    ):
        with pytest.raises(HTTPError, match="403"):
            urlopen(wrong)
    with urlopen(Request(address, b"{}", {"Content-Type": ""}, method="PUT")) as late:
        assert late.status == 200, "nobody waits for it any more"
