"""What each kind of finding is about, for those who see it for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tapgen.refusals import Kind

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Rule:
    """A kind of finding, how grave it is, and AWS's page about it."""

    level: Level
    title: str
    help: str
    url: str


_AWS = "https://docs.aws.amazon.com/"
_UPDATES = f"{_AWS}AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html"
_ATTRIBUTES = f"{_AWS}AWSCloudFormation/latest/TemplateReference/aws-attribute-"

RULES: Mapping[Kind, Rule] = {
    "data-loss": Rule(
        "error",
        "Data are lost",
        "What is stored here is deleted, and nothing keeps a copy. Say `Retain` or `Snapshot` in `DeletionPolicy` or "
        "`UpdateReplacePolicy`, or carry the data over first.",
        f"{_ATTRIBUTES}deletionpolicy.html",
    ),
    "must-fail": Rule(
        "error",
        "The update must fail",
        "CloudFormation makes the new resource before it deletes the old one, and two cannot have the same name or the "
        "same priority. Change the name too, or deploy in two steps.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/aws-properties-name.html",
    ),
    "never-change": Rule(
        "error",
        "What must never change does",
        "The metadata of the resource say that it must never change, and why.",
        f"{_UPDATES}",
    ),
    "requests": Rule(
        "warning",
        "Requests may go to the wrong version",
        "A rule or target group leads requests to two colours of a service. Deploy it only while the live colour is "
        "the one that the template says.",
        f"{_AWS}AmazonECS/latest/developerguide/deployment-type-blue-green.html",
    ),
    "downtime": Rule(
        "warning",
        "An empty one takes its place",
        "The old resource stays, unused, but what uses it finds the new one, which is empty.",
        f"{_ATTRIBUTES}updatereplacepolicy.html",
    ),
    "interruption": Rule(
        "warning",
        "A resource is interrupted",
        "It stays, and cannot be reached for a while: it is restarted.",
        f"{_UPDATES}#update-some-interrupt",
    ),
    "protection": Rule(
        "warning",
        "A protection is lowered",
        "Something that protects data or access is off, shorter or gone: deletion protection, encryption, backups, "
        "the retention of logs, TLS, the block of public access.",
        f"{_AWS}wellarchitected/latest/security-pillar/data-protection.html",
    ),
    "not-deleted": Rule(
        "warning",
        "AWS will not delete it",
        "The update is complete all the same; what is not deleted stays behind, is paid for, and no stack manages it "
        "any more. Empty it, take its protection away or remove what uses it, in an update before this one.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html",
    ),
    "access": Rule(
        "warning",
        "Somebody may do more",
        "A policy, a trust, a security group or a load balancer lets somebody do what they could not, or may not be "
        "compared with what was there.",
        f"{_AWS}IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    ),
    "replace": Rule(
        "warning",
        "A resource is replaced",
        "A new resource is made, all that names the old one is changed, and the old one is deleted.",
        _UPDATES,
    ),
    "remove": Rule(
        "warning",
        "A resource is removed",
        "It is deleted, unless its `DeletionPolicy` keeps it.",
        f"{_ATTRIBUTES}deletionpolicy.html",
    ),
    "maybe-replace": Rule(
        "note",
        "A resource is replaced in some cases",
        "Whether it is replaced depends on values that only AWS knows. `make preview` asks it.",
        _UPDATES,
    ),
    "cost": Rule(
        "note",
        "It costs more",
        "An estimate by list prices, of the least that is paid for: `tapgen cost` says what it does not cover.",
        f"{_AWS}pricing-calculator/latest/userguide/what-is-pricing-calculator.html",
    ),
}
"""The worst first."""
