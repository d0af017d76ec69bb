"""What a stack policy covers."""

from __future__ import annotations

from tapgen.deploy.protection import PRECIOUS, policy


def test_everything_precious_is_covered_but_for_what_is_to_go_with_its_stack() -> None:
    kept = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "RetainExceptOnCreate"}
    network = {"Type": "AWS::EC2::VPC"}
    alarm = {"Type": "AWS::CloudWatch::Alarm", "DeletionPolicy": "Delete"}
    _, deny = policy({"Resources": {"Carts": kept, "Vpc": network, "Alarm": alarm}}, wanted=True)["Statement"]
    assert deny["Resource"] == "*"
    assert deny["Condition"] == {"StringEquals": {"ResourceType": list(PRECIOUS)}}

    spare = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Delete"}
    _, deny = policy({"Resources": {"Carts": kept, "Mails": spare}}, wanted=True)["Statement"]
    assert deny["NotResource"] == ["LogicalResourceId/Mails"]
    assert "Resource" not in deny
