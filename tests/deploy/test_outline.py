"""What a preview looks like."""

from __future__ import annotations

from tapgen.deploy.changes import Change, ChangeSet
from tapgen.deploy.outline import outline

STACK = "AWS::CloudFormation::Stack"


def change(action: str, name: str, kind: str, replacement: str = "", *why: str) -> Change:
    return Change(action, name, kind, replacement, why)


def test_a_tree_with_marks_and_a_count() -> None:
    within = ChangeSet(
        "arn:aws:cloudformation:eu-west-1:1:changeSet/within/1",
        "arn:within",
        [
            change("Modify", "TaskDefinition", "AWS::ECS::TaskDefinition", "True", "ContainerDefinitions", "Cpu"),
            change("Modify", "Service", "AWS::ECS::Service", "False", "TaskDefinition"),
            change("Modify", "Rule", "AWS::ElasticLoadBalancingV2::ListenerRule", "Conditional"),
            change("Add", "LogGroup", "AWS::Logs::LogGroup"),
            change("Remove", "Alarm", "AWS::CloudWatch::Alarm"),
            change("Import", "Vpc", "AWS::EC2::VPC"),
        ],
    )
    root = ChangeSet(
        "arn:aws:cloudformation:eu-west-1:1:changeSet/tapgen-1/2",
        "arn:root",
        [Change("Modify", "ServiceWeb", STACK, "False", ["TemplateURL"], within)],
    )
    assert outline(root, "shop-dev").splitlines() == [
        "shop-dev",
        "  ~ stack ServiceWeb",
        "    ! task definition TaskDefinition  is replaced (ContainerDefinitions, Cpu)",
        "    ~ service Service  changes in place (TaskDefinition)",
        "    ? routing rule Rule  may be replaced",
        "    + log group LogGroup",
        "    - alarm Alarm",
        "    < VPC Vpc",
        "1 to replace, 1 to change, 1 to replace perhaps, 1 to create, 1 to delete, 1 to import",
    ]
    assert root.name == "tapgen-1"
