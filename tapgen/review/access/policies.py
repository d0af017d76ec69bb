"""Where policies are: those of whoever acts, and those of what is acted on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.review.access.statements import Grant, When, cases, grants
from tapgen.review.origins import Origins, owner, plain
from tapgen.review.stacks import Stack

_CARRIERS = {
    "AWS::ACMPCA::Permission": "CertificateAuthorityArn",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicInlinePolicy": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueueInlinePolicy": "Queue",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
}
"""Types that say what others may do with another resource, and the property that names it."""

_IDENTITIES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
_HOLDERS = ("Roles", "Users", "Groups", "RoleName", "UserName", "GroupName")
_POLICIES = tuple(f"AWS::IAM::{word}Policy" for word in ("", "Managed", "Role", "User", "Group"))
_DOCUMENT = re.compile(r"\w*Polic(y|ies|yDocument|yText)")
_ALWAYS_DOCUMENT = re.compile(r"\w*(KeyPolicy|PolicyDocument|PolicyText)")
_ANYTHING = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Attached:
    """A managed policy that is not of these templates: what it allows is not known here."""

    holder: str
    policy: str
    when: When
    denies: bool = False

    def covers(self, other: Attached) -> bool:
        """Whether it is the same."""
        return self.policy == other.policy and self.when <= other.when

    def overlaps(self, other: Attached) -> bool:
        """Whether it is the same, in some case."""
        return self.policy == other.policy

    def parts(self) -> dict[str, str]:
        """It in words."""
        when = " and ".join(sorted(f"where {each}" for each in self.when))
        return {"who": self.holder, "what": f"policy {self.policy}", "where": "", "when": when}


@dataclass(frozen=True)
class _Place:
    """A resource of which policies are read."""

    address: str
    type: str
    properties: Any
    when: When


def policies(stacks: Mapping[str, Stack], origins: Origins) -> Iterator[tuple[str, Grant | Attached]]:
    """What every policy says, with whose it is: rights of different holders, or on different things, are apart."""
    places = [
        _Place(origins.address(stack, title), each["Type"], origins.of(stack, said), origins.conditions(stack, title))
        for stack in stacks.values()
        for title, each in stack.resources.items()
        if (said := _said(each))
    ]
    managed = {place.address for place in places if place.type == "AWS::IAM::ManagedPolicy"}
    attached = [pair for place in places if place.type in _IDENTITIES for pair in _attached(place)]
    for holder, policy, when in attached:
        if policy not in managed:
            name = policy.partition(":policy/")[2].rpartition("/")[2] or plain(policy)
            yield f"policies of {holder}", Attached(holder, name, when)
    for place in places:
        if place.type in _POLICIES:
            holders = [*_holders(place), *((each, when) for each, policy, when in attached if policy == place.address)]
            for holder, when in holders or [(place.address, place.when)]:
                document = place.properties.get("PolicyDocument")
                yield from ((f"rights of {holder}", grant) for grant in grants(document, when, holder=holder))
        else:
            yield from _of(place)


def _said(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a resource that may be, or lead to, policies."""
    said: dict[str, Any] = resource["Properties"]
    kind = resource["Type"]
    if kind in _CARRIERS or kind in _IDENTITIES or kind in _POLICIES:
        return said
    if kind == "AWS::EC2::VPCEndpoint":
        return {"PolicyDocument": said.get("PolicyDocument", _ANYTHING)}
    return {name: value for name, value in said.items() if _DOCUMENT.fullmatch(name)}


def _attached(place: _Place) -> Iterator[tuple[str, str, When]]:
    for policy, when in cases(place.properties.get("ManagedPolicyArns"), place.when):
        yield place.address, owner(policy), when


def _holders(place: _Place) -> Iterator[tuple[str, When]]:
    for word in _HOLDERS:
        for holder, when in cases(place.properties.get(word), place.when):
            yield plain(owner(holder)), when


def _of(place: _Place) -> Iterator[tuple[str, Grant]]:
    """What the policies say that stand with an identity or a resource, or are about one."""
    said = dict(place.properties)
    if place.type in _IDENTITIES:
        for policy, when in cases(said.pop("Policies", None), place.when):
            document = policy.get("PolicyDocument") if isinstance(policy, dict) else policy
            for grant in grants(document, when, holder=place.address):
                yield f"rights of {place.address}", grant
    carriers = [place.address]
    if place.type in _CARRIERS:
        carriers = [owner(value) for value, _ in cases(said.get(_CARRIERS[place.type]))]
    documents = [_permission(said)] if place.type.endswith("::Permission") else list(_documents(said))
    for carrier in carriers:
        for document in documents:
            yield from ((f"use of {carrier}", grant) for grant in grants(document, place.when, carrier=carrier))


def _documents(said: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in said.items():
        match value:
            case {"Statement": _} | {"Fn::If": _}:
                if _DOCUMENT.fullmatch(name):
                    yield value
            case str() if value.startswith("{") and "Statement" in value:
                yield value
            case {"Fn::Join": ["", [str(begin), *_]]} if begin.startswith("{"):
                yield value
            case dict() if _ALWAYS_DOCUMENT.fullmatch(name):
                yield value
            case dict():
                yield from _documents(value)


def _permission(said: Mapping[str, Any]) -> Any:
    """A permission of Lambda or of a private authority as the statement that it becomes.

    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    asked = {
        ("ArnLike", "aws:SourceArn"): said.get("SourceArn"),
        ("StringEquals", "aws:SourceAccount"): said.get("SourceAccount"),
        ("StringEquals", "aws:PrincipalOrgID"): said.get("PrincipalOrgID"),
        ("StringEquals", "lambda:FunctionUrlAuthType"): said.get("FunctionUrlAuthType"),
        ("StringEquals", "lambda:EventSourceToken"): said.get("EventSourceToken"),
        ("Bool", "lambda:InvokedViaFunctionUrl"): said.get("InvokedViaFunctionUrl"),
    }
    conditions: dict[str, dict[str, Any]] = {}
    for (operator, key), value in asked.items():
        if value is not None:
            conditions.setdefault(operator, {})[key] = value
    return {
        "Effect": "Allow",
        "Principal": said.get("Principal", "*"),
        "Action": said.get("Action") or said.get("Actions") or "*",
        "Condition": conditions,
    }
