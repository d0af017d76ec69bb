"""What CloudFormation may do is what the types of the templates need, for every golden platform deployed by CI."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from awacs.aws import Statement
from troposphere import encode_to_dict

from tapgen import actions
from tapgen.config.model import Ci
from tapgen.config.read import Configuration, read
from tapgen.parse import parse
from tapgen.parts.rights import cloudformation
from tapgen.parts.rights import handlers as rights
from tapgen.parts.rights.handlers import MISSING, NO_ACTIONS, UNUSED, needed
from tapgen.render import render, render_shared
from tapgen.schemas import handlers, released

ROOT = Path(__file__).parents[2]
PLATFORMS = {"example": ROOT / "tapgen.yaml"} | {
    path.parent.name: path for path in sorted(ROOT.glob("tests/golden/platforms/*/tapgen.yaml"))
}
CI = Ci(repository="acme/shop")
SHARED = ("bootstrap.yaml", "registry.yaml")
HATCHED = "overrides"
"""The platform with a template of the user's own, of types that tapgen makes nothing of."""

QUOTAS = {"managed": 6_144, "inside": 10_240, "attached": 10}
"""Of a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def by_ci(configuration: Configuration, ci: Ci = CI) -> Configuration:
    """The same, deployed by CI."""
    return replace(configuration, file=configuration.file.model_copy(update={"ci": ci}))


@cache
def rendered(name: str) -> dict[str, str]:
    return render(by_ci(read(PLATFORMS[name])))


@cache
def types(name: str, *, own: bool = True) -> frozenset[str]:
    """Every type in the stacks of all environments, with those in templates of the user's own or without."""
    texts = [text for path, text in rendered(name).items() if path not in SHARED and (own or "/stack-" not in path)]
    bodies = [text.partition("\nResources:\n")[2] for text in texts]
    return frozenset(
        kind for body in bodies for kind in re.findall(r"^    Type: ((?:AWS|Custom)::\S+)$", body, re.MULTILINE)
    )


@cache
def resources(name: str) -> dict[str, Any]:
    template = parse(rendered(name)["bootstrap.yaml"])
    found: dict[str, Any] = template["Resources"]
    return found


def documents(name: str) -> Iterator[Any]:
    """Every policy of CloudFormation's role, with the value that a pseudo parameter has at most."""
    role = resources(name)["CloudFormationRole"]["Properties"]
    for policy in role["ManagedPolicyArns"]:
        yield "managed", resources(name)[policy["Ref"]]["Properties"]["PolicyDocument"]
    for policy in role["Policies"]:
        yield "inside", policy["PolicyDocument"]


def statements(name: str) -> dict[str, Any]:
    every = [statement for _, document in documents(name) for statement in document["Statement"]]
    assert len({each["Sid"] for each in every}) == len(every)
    return {each["Sid"]: each for each in every}


def granted(name: str) -> set[str]:
    return {action for each in statements(name).values() for action in each["Action"]}


def matches(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in patterns)


def unused(kind: str) -> list[str]:
    return [*NO_ACTIONS.split(), *(p for each in UNUSED if fnmatchcase(kind, each.kind) for p in each.actions.split())]


def named(kinds: Iterable[str]) -> set[str]:
    """What the schemas name, and the table of what they do not."""
    extra = {
        action
        for kind in kinds
        for each in MISSING
        if fnmatchcase(kind, each.kind)
        for action in each.actions.format(kind.rpartition("::")[2]).split()
    }
    return extra | {action for kind in kinds for action in handlers(kind)}


def test_it_is_what_the_schemas_say(golden: Callable[[Path, str], None]) -> None:
    """After `make golden` has changed this file, `make golden` again changes the templates that follow from it."""
    made = sorted({kind for name in PLATFORMS for kind in types(name, own=False)})
    taken = {"schemas": f"cfn-lint's, of {released()}", "actions": {kind: handlers(kind) for kind in made}}
    golden(Path(rights.__file__).with_suffix(".json"), json.dumps(taken, indent=1) + "\n")
    assert [kind for kind in made if not needed({kind: handlers(kind)})] == []


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_handler_may_do_its_work(name: str) -> None:
    wanted = {action for kind in types(name) for action in handlers(kind) if not matches(action, unused(kind))}
    assert {action for action in wanted if not matches(action, granted(name))} == set()


@pytest.mark.parametrize("name", PLATFORMS)
def test_nothing_is_granted_that_no_handler_needs(name: str) -> None:
    beside = {"cloudformation:*", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "s3:GetObject"}
    assert granted(name) - named(types(name)) <= beside
    assert not {action for action in granted(name) if "*" in action} - {"cloudformation:*"}


@pytest.mark.parametrize("name", PLATFORMS)
def test_policies_are_as_large_as_iam_takes_them(name: str) -> None:
    sizes: dict[str, list[int]] = {"managed": [], "inside": []}
    for kind, document in documents(name):
        # Without white space; a pseudo parameter and its Fn::Sub are longer than what they become.
        sizes[kind].append(len(json.dumps(document, separators=(",", ":"))))
    assert max(sizes["managed"]) <= QUOTAS["managed"]
    assert sum(sizes["inside"]) <= QUOTAS["inside"]
    assert len(sizes["managed"]) <= QUOTAS["attached"]


def test_all_types_that_tapgen_makes_fit_together() -> None:
    every = {kind: handlers(kind) for name in PLATFORMS for kind in types(name)}
    policies = cloudformation.services(every)
    assert list(policies) == ["NetworkRights", "EdgeRights", "DataRights", "WorkloadRights", "OtherRights"]
    assert all(size(each) <= QUOTAS["managed"] for each in policies.values())


def test_what_does_not_fit_is_split_and_nothing_else_moves() -> None:
    few = {"AWS::SNS::Topic": ["sns:CreateTopic"], "AWS::EC2::VPC": ["ec2:CreateVpc"]}
    many = few | {"AWS::New::Thing": [f"new:DoSomethingThatHasALongName{n:03}" for n in range(400)]}
    before, after = cloudformation.services(few), cloudformation.services(many)
    assert {name: encoded(each) for name, each in before.items()}.items() <= {
        name: encoded(each) for name, each in after.items()
    }.items()
    assert after.keys() - before.keys() == {"OtherRights", "OtherRights2", "OtherRights3"}
    assert all(size(each) <= QUOTAS["managed"] for each in after.values())
    every = [action for name in after for each in encoded(after[name]) for action in each["Action"]]
    assert sorted(every) == sorted(action for each in many.values() for action in each)


def test_a_new_type_changes_the_policy_of_its_services_alone() -> None:
    without = {kind: handlers(kind) for kind in types("everything") if not kind.startswith("AWS::SNS::")}
    before = cloudformation.services(without)
    after = cloudformation.services(without | {"AWS::SNS::Topic": handlers("AWS::SNS::Topic")})
    assert {name for name in after if encoded(after[name]) != encoded(before[name])} == {"WorkloadRights"}


def test_templates_of_ones_own_are_counted_in() -> None:
    assert "AWS::ElastiCache::ReplicationGroup" in types(HATCHED)
    assert "elasticache:CreateReplicationGroup" in granted(HATCHED)
    (other,) = [name for name in resources(HATCHED) if name.startswith("OtherRights")]
    sids = [each["Sid"] for each in resources(HATCHED)[other]["Properties"]["PolicyDocument"]["Statement"]]
    assert "ManageElasticache" in sids
    assert not [name for name in resources("minimal") if name.startswith("OtherRights")]


def test_the_data_of_others_stays_theirs() -> None:
    for name in PLATFORMS:
        may = granted(name)
        assert not {action for action in may if fnmatchcase(action, "dynamodb:*Item") or action == "dynamodb:Scan"}
        assert not {action for action in may if fnmatchcase(action, "s3:*Object*")} - {
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetObject",
            "s3:PutBucketObjectLockConfiguration",
        }
        assert [sid for sid, each in statements(name).items() if "s3:GetObject" in each["Action"]] == [
            "ReadTheirTemplates"
        ]
        assert not {action for action in may if action.startswith("sqs:") and "Message" in action}
        assert not {action for action in may if fnmatchcase(action, "ec2:*Instance*")} - {"ec2:DescribeInstances"}


def test_certificates_are_those_of_authorities() -> None:
    issuing = {sid: each for sid, each in statements("mesh").items() if "acm-pca:IssueCertificate" in each["Action"]}
    assert list(issuing) == ["LetAuthoritiesSignThemselves"]
    (template,) = issuing["LetAuthoritiesSignThemselves"]["Condition"]["StringEquals"].values()
    assert template == {"Fn::Sub": "arn:${AWS::Partition}:acm-pca:::template/RootCACertificate/V1"}
    assert "LetAuthoritiesSignThemselves" not in statements("minimal")


def test_roles_go_to_what_the_platform_runs_alone() -> None:
    passed = {
        name: set(statements(name)["HandThemToWhatThePlatformRuns"]["Condition"]["StringEquals"]["iam:PassedToService"])
        for name in PLATFORMS
    }
    runs = {"lambda.amazonaws.com": "AWS::Lambda::Function", "scheduler.amazonaws.com": "AWS::Scheduler::Schedule"}
    for service, kind in runs.items():
        with_it = {name for name in PLATFORMS if kind in types(name)}
        assert {name for name in PLATFORMS if service in passed[name]} == with_it
        assert with_it < PLATFORMS.keys()


def test_the_rights_are_known_before_there_are_images(tmp_path: Path) -> None:
    copy = shutil.copytree(PLATFORMS["images"].parent, tmp_path / "images")
    (copy / "tapgen.images.yaml").unlink()
    unbuilt = render_shared(by_ci(read(copy / "tapgen.yaml", built=False)))
    assert unbuilt["bootstrap.yaml"] == rendered("images")["bootstrap.yaml"]


@pytest.mark.parametrize("each", UNUSED, ids=lambda each: f"{each.kind}-{each.actions.split()[0]}")
def test_whatever_is_left_out_would_be_granted(each: Any) -> None:
    kinds = [kind for name in PLATFORMS for kind in types(name) if fnmatchcase(kind, each.kind)]
    for pattern in each.actions.split():
        assert any(fnmatchcase(action, pattern) for kind in kinds for action in handlers(kind)), pattern


@pytest.mark.parametrize("each", MISSING, ids=lambda each: each.kind)
def test_whatever_is_added_the_schemas_do_not_say(each: Any) -> None:
    assert each.why.endswith(".html")
    kind = each.kind.replace("*", "Mesh")
    for action in each.actions.format("Mesh").split():
        assert action not in handlers(kind)


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_action_is_one_of_iam_and_about_what_its_statement_names(name: str) -> None:
    for statement in statements(name).values():
        single = {action for action in statement["Action"] if "*" not in action}
        assert {action for action in single if not actions.exists(action)} == set()
        if statement["Resource"] != ["*"]:
            assert {action for action in single if not actions.knows_resources(action)} == set()


def encoded(policy: Iterable[Statement]) -> list[dict[str, Any]]:
    return [encode_to_dict(statement) for statement in policy]


def size(policy: Iterable[Statement]) -> int:
    return len(json.dumps({"Version": "2012-10-17", "Statement": encoded(policy)}, separators=(",", ":")))
