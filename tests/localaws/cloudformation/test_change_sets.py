"""Change sets: what they say, and when they can no longer be executed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import CAPABILITIES, Account
from tests.localaws.cloudformation.test_life_of_a_stack import TOPIC, VPC, nested, queue, refusal

Uploaded = Callable[[dict[str, Any]], str]


def propose(account: Account, name: str, template: dict[str, Any], kind: str = "UPDATE", **more: Any) -> dict[str, Any]:
    made = account.cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"c{len(json.dumps(template))}",
        ChangeSetType=kind,
        TemplateBody=json.dumps(template),
        Capabilities=CAPABILITIES,
        **{"IncludeNestedStacks": True} | more,
    )
    described: dict[str, Any] = account.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    return described


def changes(change_set: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    found = (each["ResourceChange"] for each in change_set["Changes"])
    return {each["LogicalResourceId"]: (each["Action"], each.get("Replacement")) for each in found}


def test_nested_change_sets_of_a_new_stack(account: Account, template: Uploaded) -> None:
    leaf = template({"Resources": {"Topic": TOPIC}})
    root = propose(
        account, "root", {"Resources": {"Child": nested(template({"Resources": {"Leaf": nested(leaf)}}))}}, "CREATE"
    )
    change = root["Changes"][0]["ResourceChange"]
    child = account.cloudformation.describe_change_set(ChangeSetName=change["ChangeSetId"])
    grandchild = account.cloudformation.describe_change_set(
        ChangeSetName=child["Changes"][0]["ResourceChange"]["ChangeSetId"]
    )
    assert (child["ParentChangeSetId"], child["RootChangeSetId"]) == (root["ChangeSetId"], root["ChangeSetId"])
    assert (grandchild["ParentChangeSetId"], grandchild["RootChangeSetId"]) == (
        child["ChangeSetId"],
        root["ChangeSetId"],
    )
    assert changes(grandchild) == {"Topic": ("Add", None)}
    assert account.stack(child["StackId"])["StackStatus"] == "REVIEW_IN_PROGRESS"

    with pytest.raises(ClientError):
        account.cloudformation.execute_change_set(ChangeSetName=child["ChangeSetId"])
    account.cloudformation.delete_change_set(ChangeSetName=root["ChangeSetId"])
    for change_set in (root, child, grandchild):
        with pytest.raises(ClientError) as refused:
            account.cloudformation.describe_change_set(ChangeSetName=change_set["ChangeSetId"])
        assert refusal(refused)[0] == "ChangeSetNotFound"
    assert [each["StackName"] for each in account.cloudformation.describe_stacks()["Stacks"]] == ["root"]


def test_executing_uses_the_stacks_that_were_reviewed(account: Account, template: Uploaded) -> None:
    root = propose(
        account, "root", {"Resources": {"Child": nested(template({"Resources": {"Topic": TOPIC}}))}}, "CREATE"
    )
    child = root["Changes"][0]["ResourceChange"]["PhysicalResourceId"]
    account.cloudformation.execute_change_set(ChangeSetName=root["ChangeSetId"])
    assert account.settled("root")["StackStatus"] == "CREATE_COMPLETE"
    assert account.physical_id("root", "Child") == child
    described = account.cloudformation.describe_change_set(ChangeSetName=root["ChangeSetId"])
    assert described["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_only_children_that_change_are_told(account: Account, template: Uploaded) -> None:
    same, before, after = (template({"Resources": {"Queue": queue(seconds)}}) for seconds in (1, 2, 3))
    account.create("root", {"Resources": {"Same": nested(same), "Other": nested(before)}})
    root = propose(account, "root", {"Resources": {"Same": nested(same), "Other": nested(after)}})
    assert changes(root) == {"Other": ("Modify", "False")}
    child = account.cloudformation.describe_change_set(
        ChangeSetName=root["Changes"][0]["ResourceChange"]["ChangeSetId"]
    )
    (detail,) = child["Changes"][0]["ResourceChange"]["Details"]
    assert detail["Target"]["Name"] == "VisibilityTimeout"


def test_replacements_and_removals(account: Account) -> None:
    account.create("s", {"Resources": {"Vpc": VPC, "Topic": TOPIC}})
    wanted = {**VPC, "Properties": {"CidrBlock": "10.2.0.0/16"}}
    assert changes(propose(account, "s", {"Resources": {"Vpc": wanted, "Queue": queue()}})) == {
        "Vpc": ("Modify", "True"),
        "Queue": ("Add", None),
        "Topic": ("Remove", None),
    }


@pytest.mark.parametrize(
    ("nested_too", "reason"), [(False, "didn't contain changes"), (True, "No updates are to be performed.")]
)
def test_without_changes(account: Account, nested_too: bool, reason: str) -> None:
    account.create("s", {"Resources": {"Topic": TOPIC}})
    found = propose(account, "s", {"Resources": {"Topic": TOPIC}}, IncludeNestedStacks=nested_too)
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert reason in found["StatusReason"]
    with pytest.raises(ClientError) as refused:
        account.cloudformation.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert refusal(refused)[0] == "InvalidChangeSetStatus"


def test_one_element_of_what_a_sibling_gives(account: Account, template: Uploaded) -> None:
    """https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/759."""
    giver = template({"Resources": {"Topic": TOPIC}, "Outputs": {"Names": {"Value": "a,b"}}})
    taker = template({"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Topic": TOPIC}})
    picking = nested(taker)
    whole = {"Fn::GetAtt": ["Giver", "Outputs.Names"]}
    picking["Properties"]["Parameters"] = {"Name": {"Fn::Select": [1, {"Fn::Split": [",", whole]}]}}
    body = {"Resources": {"Giver": nested(giver), "Taker": picking}}
    found = propose(account, "root", body, "CREATE")
    assert (found["Status"], found["StatusReason"][:30]) == ("FAILED", "Template error: Fn::Select can")
    assert propose(account, "other", body, "CREATE", IncludeNestedStacks=False)["Status"] == "CREATE_COMPLETE"


def test_a_child_that_cannot_be_proposed_fails_the_root(account: Account, template: Uploaded) -> None:
    child = template({"Parameters": {"Missing": {"Type": "String"}}, "Resources": {"Topic": TOPIC}})
    found = propose(account, "root", {"Resources": {"Child": nested(child)}}, "CREATE")
    assert found["Status"] == "FAILED"
    assert "was not successfully created: Currently in FAILED." in found["StatusReason"]


def test_a_stack_that_changed_outdates_what_was_proposed(account: Account) -> None:
    account.create("s", {"Resources": {"Topic": TOPIC}})
    first = propose(account, "s", {"Resources": {"Topic": TOPIC, "Queue": queue()}})
    second = propose(account, "s", {"Resources": {"Topic": TOPIC, "Queue": queue(100)}})
    account.cloudformation.execute_change_set(ChangeSetName=first["ChangeSetId"])
    account.settled("s")
    described = account.cloudformation.describe_change_set(ChangeSetName=second["ChangeSetId"])
    assert described["ExecutionStatus"] == "OBSOLETE"
    with pytest.raises(ClientError) as refused:
        account.cloudformation.execute_change_set(ChangeSetName=second["ChangeSetId"])
    assert refusal(refused)[0] == "InvalidChangeSetStatus"


def test_nothing_is_proposed_while_something_happens(slow: Account) -> None:
    slow.cloudformation.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"Topic": TOPIC}}))
    with pytest.raises(ClientError) as refused:
        propose(slow, "s", {"Resources": {"Queue": queue()}})
    assert refusal(refused)[1].endswith("is in CREATE_IN_PROGRESS state and can not be updated.")
    slow.settled("s")
