"""States from which a stack can only be helped, and protection that holds."""

from __future__ import annotations

import json
import threading

import pytest

from tapgen.config.read import read
from tapgen.deploy.aws import Aws
from tapgen.deploy.changes import ChangesError, Request, make
from tapgen.deploy.deployment import Ready, preview

from .platform import Repository

pytestmark = pytest.mark.slow


def foreign_rule(team: Repository, service: str, priority: int) -> str:
    """Somebody's own listener rule, which uses the target group of a service: it cannot be deleted now."""
    made = team.aws("elbv2").create_rule(
        ListenerArn=team.physical("ingress", "HttpListener"),
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "Values": [f"/theirs/{service}"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": team.physical(f"service-{service}", "TargetGroup")}],
    )
    return str(made["Rules"][0]["RuleArn"])


def test_what_cannot_be_cleared_away_is_tried_again_and_told(team: Repository) -> None:
    """A service that goes whole, and two that are not public any more: their target groups are in use."""
    more = "  front: {port: 8083, path: /}\n  shop: {port: 8082, path: /shop}\n"
    team.edit("  api: {port: 8081,", f"{more}  api: {{port: 8081, path: /api,")
    team.ready_made()
    stacks = {name: team.nested()[f"service-{name}"] for name in ("web", "shop", "api")}
    groups = {name: team.physical(f"service-{name}", "TargetGroup") for name in stacks}
    rules = {name: foreign_rule(team, name, priority) for priority, name in enumerate(stacks, 7)}
    team.edit("  web: {port: 8080, path: /web, calls: [api]}\n", "")
    team.edit("port: 8082, path: /shop", "port: 8082")
    team.edit("path: /api,", "")
    team.registered()
    for name in ("web", "shop"):
        threading.Thread(target=_help, args=[team, stacks[name], rules[name]]).start()
    done = team.deployed()
    assert f"left behind, and to be deleted by hand: target group {groups['api']}" in done.text
    assert done.text.count("left behind") == 1, done.text
    assert team.status == "UPDATE_COMPLETE"
    left = {each["TargetGroupArn"] for each in team.aws("elbv2").describe_target_groups()["TargetGroups"]}
    assert left == {groups["api"], team.physical("service-front", "TargetGroup")}
    assert stacks["web"].split("/")[1] not in team.stacks()


def _help(team: Repository, stack: str, rule: str) -> None:
    """Take away what stands in the way, once CloudFormation has given up."""
    gives_up = False
    while not gives_up:
        events = team.aws.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        gives_up = any(each["ResourceStatus"] == "DELETE_FAILED" for each in events)
    team.aws("elbv2").delete_rule(RuleArn=rule)


def test_what_cannot_be_deleted_is_told_and_the_next_try_succeeds(settled: Repository) -> None:
    team = settled
    rule = foreign_rule(team, "web", 7)
    done = team.deploy("destroy", "-e", "dev", "--confirm", "dev")
    assert done.code == 1, done.text
    assert done.lacks("ServiceWeb: target group TargetGroup", "shop-dev could not be deleted whole") == [], done.text
    assert team.status == "DELETE_FAILED"
    refused = team.deploy("deploy", "-e", "dev")
    assert (refused.code, refused.lacks("(DELETE_FAILED)", "make destroy ENV=dev, then: make deploy")) == (4, [])
    team.aws("elbv2").delete_rule(RuleArn=rule)
    assert team.make("destroy", "ENV=dev", "CONFIRM=dev").code == 0
    assert team.status == ""


def test_what_can_go_neither_forward_nor_back_is_told_and_the_way_out_works(settled: Repository) -> None:
    """The image that ran before is gone when it is needed again."""
    team = settled
    before = team.push("api")
    team.use(api=before)
    team.deployed()
    manifest = team.aws("ecr").batch_get_image(repositoryName="shop/api", imageIds=[{"imageDigest": before}])
    team.aws("ecr").batch_delete_image(repositoryName="shop/api", imageIds=[{"imageDigest": before}])
    team.use(api=team.push("api", log="newer"), web=team.push("web", exit_code="1"))
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    told = ("ServiceWeb: service Service: ", "could neither be updated nor go back", "also: shop-dev / ServiceApi")
    assert done.lacks(*told) == [], done.text
    assert team.status == "UPDATE_ROLLBACK_FAILED"
    refused = team.deploy("deploy", "-e", "dev")
    way_out = "aws cloudformation continue-update-rollback --stack-name shop-dev --region eu-west-1"
    assert (refused.code, refused.lacks("(UPDATE_ROLLBACK_FAILED)", way_out)) == (4, []), refused.text

    text = manifest["images"][0]["imageManifest"]
    team.aws("ecr").put_image(repositoryName="shop/api", imageManifest=text, imageTag="again")
    team.aws.cloudformation.continue_update_rollback(StackName="shop-dev")
    team.until("UPDATE_ROLLBACK_COMPLETE")
    team.use(api=before)
    team.deployed()


def test_what_protection_kept_from_being_undone_can_be_deleted(team: Repository) -> None:
    """A load balancer that is protected from its first moment, when something else could not be made."""
    team.edit("protect: false", "protect: true")
    team.prepared()
    team.use(web=team.push("web", exit_code="1"))
    assert team.deploy("deploy", "-e", "dev").code == 1
    assert team.status == "ROLLBACK_FAILED"
    refused = team.deploy("deploy", "-e", "dev")
    assert (refused.code, refused.lacks("(ROLLBACK_FAILED)", "make destroy ENV=dev, then: make deploy")) == (4, [])
    assert team.make("destroy", "ENV=dev", "CONFIRM=dev").code == 0
    assert team.status == ""
    assert team.aws("elbv2").describe_load_balancers()["LoadBalancers"] == []


def test_what_is_protected_is_neither_replaced_nor_deleted_until_it_is_meant(settled: Repository) -> None:
    team = settled
    team.edit("protect: false", "protect: true")
    team.deployed()
    (root,) = team.aws.cloudformation.describe_stacks(StackName="shop-dev")["Stacks"]
    assert root["EnableTerminationProtection"] is True
    policy = json.loads(team.aws.cloudformation.get_stack_policy(StackName=team.nested()["network"])["StackPolicyBody"])
    assert [each["Effect"] for each in policy["Statement"]] == ["Allow", "Deny"]

    team.edit("network: {nat", 'network: {cidr: "10.9.0.0/16", nat')
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    assert done.lacks("VPC Vpc", "denied by stack policy", "deploy `protect: false` first") == [], done.text
    team.edit('network: {cidr: "10.9.0.0/16", nat', "network: {nat")

    done = team.make("destroy", "ENV=dev", "CONFIRM=dev")
    assert done.code == 0, done.text
    assert done.lacks("encryption key", "stays, $1.00 per month", "log group", "until its retention has passed") == []
    assert team.status == ""
    assert team.aws("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert team.aws("logs").describe_log_groups()["logGroups"] != []


def test_where_nested_change_sets_are_refused_the_root_is_shown_alone(
    team: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One element of what a sibling gives: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/759"""
    team.aws.bucket()
    gives = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Both": {"Value": {"Fn::Join": [",", [{"Ref": "Topic"}, {"Ref": "Topic"}]]}}},
    }
    takes = {"Parameters": {"One": {"Type": "String"}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    second = {"Fn::Select": [1, {"Fn::Split": [",", {"Fn::GetAtt": ["Gives", "Outputs.Both"]}]}]}
    nested = "AWS::CloudFormation::Stack"
    root = {
        "Resources": {
            "Gives": {"Type": nested, "Properties": {"TemplateURL": team.aws.upload(json.dumps(gives))}},
            "Takes": {
                "Type": nested,
                "Properties": {"TemplateURL": team.aws.upload(json.dumps(takes)), "Parameters": {"One": second}},
            },
        }
    }
    for name, value in team.environment.items():
        monkeypatch.setenv(name, value)
    aws, text = Aws("eu-west-1"), json.dumps(root)
    request = Request("picky", ("--template-body", text), text, {}, again="make deploy", remove="make destroy")
    with pytest.raises(ChangesError, match="Select"):
        make(aws, request, None, nested=True)
    assert team.stacks() == {}, "nothing of the attempt is left"
    environment = read(team.folder / "tapgen.yaml").environments["dev"]
    said: list[str] = []
    seen = preview(aws, Ready(environment, request, None, []), {}, said.append)
    assert said[0].startswith(
        "CloudFormation refuses to look into nested stacks, so this is the root alone: picky cannot"
    )
    assert seen
    assert [(each.action, each.logical_id, each.nested) for each in seen.changes] == [
        ("Add", "Gives", None),
        ("Add", "Takes", None),
    ]
