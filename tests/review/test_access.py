"""What a row of access says, against requests and connections that are tried one by one.

The evaluators here know nothing of `tapgen.review`: they ask, as AWS does, whether one request is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tapgen.review.access import Access
from tapgen.review.access.names import matches, meet
from tapgen.review.review import review

Statement = dict[str, Any]

ACTIONS = ("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "sqs:SendMessage")
RESOURCES = ("arn:aws:s3:::a/1", "arn:aws:s3:::a/2", "arn:aws:s3:::b/1")
ENDPOINTS = ("vpce-1", "vpce-2", None)
PATTERNS = {
    "Action": ("*", "s3:*", "s3:Get*", "S3:GetObject", "s3:*Object", "s3:PutObject", "sqs:SendMessage", "s3:?etObject"),
    "Resource": ("*", "arn:aws:s3:::a/*", "arn:aws:s3:::*/1", *RESOURCES),
}
OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists")
VALUES = ("vpce-1", "vpce-2", "vpce-*", "*")


def names(key: str) -> st.SearchStrategy[Statement]:
    listed = st.lists(st.sampled_from(PATTERNS[key]), min_size=1, max_size=2, unique=True)
    return st.builds(lambda word, values: {word: values}, st.sampled_from((key, key, f"Not{key}")), listed)


conditions = st.one_of(
    st.just({}),
    st.builds(
        lambda operator, values: {"Condition": {operator: {"aws:SourceVpce": values}}},
        st.sampled_from(OPERATORS),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True),
    ),
)
statements = st.builds(
    lambda effect, *parts: {"Effect": effect} | {key: value for part in parts for key, value in part.items()},
    st.sampled_from(("Allow", "Allow", "Deny")),
    names("Action"),
    names("Resource"),
    conditions,
)
policies = st.lists(statements, min_size=1, max_size=3)


def altered(policy: list[Statement], place: int, word: str, part: Statement) -> list[Statement]:
    """A policy with one part of one statement replaced."""
    place %= len(policy)
    kept = {key: value for key, value in policy[place].items() if key.removeprefix("Not") != word}
    return [*policy[:place], kept | part, *policy[place + 1 :]]


changes = st.one_of(
    st.tuples(st.just("Action"), names("Action")),
    st.tuples(st.just("Resource"), names("Resource")),
    st.tuples(st.just("Condition"), conditions),
    st.tuples(st.just("Condition"), conditions),
)
pairs = st.one_of(
    st.tuples(policies, policies),
    st.builds(
        lambda policy, place, change: (policy, altered(policy, place, *change)), policies, st.integers(0), changes
    ),
)


def role(policy: list[Statement]) -> dict[str, str]:
    document = {"PolicyDocument": {"Statement": policy}, "PolicyName": "run", "Roles": ["app"]}
    return {"root.yaml": json.dumps({"Resources": {"Run": {"Type": "AWS::IAM::Policy", "Properties": document}}})}


def applies(statement: Statement, action: str, resource: str, endpoint: str | None) -> bool:
    """Whether a statement is about one request."""
    return (
        named(statement, "Action", action.lower(), str.lower)
        and named(statement, "Resource", resource, str)
        and all(
            met(operator, said["aws:SourceVpce"], endpoint) for operator, said in statement.get("Condition", {}).items()
        )
    )


def named(statement: Statement, key: str, name: str, spelled: Callable[[str], str]) -> bool:
    if f"Not{key}" in statement:
        return not any(fnmatchcase(name, spelled(each)) for each in statement[f"Not{key}"])
    return any(fnmatchcase(name, spelled(each)) for each in statement[key])


def met(operator: str, values: list[str], said: str | None) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
    if said is None:
        return "Not" in operator or operator.endswith("IfExists")
    found = any(fnmatchcase(said, value) if "Like" in operator else said == value for value in values)
    return found != ("Not" in operator)


def allowed(policy: list[Statement]) -> tuple[set[Any], set[Any]]:
    """The requests that some statement allows, and those that some statement denies."""
    requests = list(product(ACTIONS, RESOURCES, ENDPOINTS))
    return tuple(  # type: ignore[return-value]
        {each for each in requests if any(s["Effect"] == effect and applies(s, *each) for s in policy)}
        for effect in ("Allow", "Deny")
    )


def kinds(rows: list[Access]) -> set[str]:
    return {row.kind for row in rows}


GET, ALL = ([{"Effect": "Allow", "Action": [action], "Resource": ["*"]}] for action in ("s3:Get*", "*"))


@settings(max_examples=200, deadline=None)
@given(pairs)
@example((GET, ALL))
def test_whoever_may_more_or_less_is_in_a_row(pair: tuple[list[Statement], list[Statement]]) -> None:
    one, other = pair
    rows = list(review(role(one), role(other)).access)
    (before, denied), (after, still) = allowed(one), allowed(other)
    if after - before or denied - still:
        assert kinds(rows) & {"added", "broadened", "changed"}
    if before - after or still - denied:
        assert kinds(rows) & {"removed", "narrowed", "changed"}


@settings(max_examples=80, deadline=None)
@given(policies)
def test_the_same_statements_otherwise_are_no_row(policy: list[Statement]) -> None:
    split = [
        {**statement, word: [value]}
        for statement in reversed(policy)
        for word in ("Action", "NotAction")
        for value in statement.get(word, [])
    ]
    whole = [each for each in policy if "NotAction" in each]
    parts = [each for each in split if "Action" in each]
    assert review(role(policy), role([*parts, *whole])).access == []


MIRRORED = {
    "added": "removed",
    "removed": "added",
    "broadened": "narrowed",
    "narrowed": "broadened",
    "changed": "changed",
}


def mirrored(rows: list[Access]) -> list[tuple[str, ...]]:
    return sorted((MIRRORED[row.kind], row.who, row.what, row.where, row.after, row.before) for row in rows)


def plain(rows: list[Access]) -> list[tuple[str, ...]]:
    return sorted((row.kind, row.who, row.what, row.where, row.before, row.after) for row in rows)


@settings(max_examples=80, deadline=None)
@given(pairs)
def test_the_way_back_of_rights_is_the_mirror(pair: tuple[list[Statement], list[Statement]]) -> None:
    one, other = pair
    there, back = (list(review(role(a), role(b)).access) for a, b in ((one, other), (other, one)))
    assert mirrored(there) == plain(back)


PEERS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "192.168.0.0/16")


def rule(begin: int, end: int, protocol: str = "tcp", peer: str = "0.0.0.0/0") -> Statement:
    return {"IpProtocol": protocol, "FromPort": begin, "ToPort": end, "CidrIp": peer}


RULES = st.builds(
    lambda begin, length, protocol, peer: rule(begin, begin + length, protocol, peer),
    st.integers(80, 84),
    st.integers(0, 3),
    st.sampled_from(("tcp", "6", "udp", "-1")),
    st.sampled_from(PEERS),
)
CONNECTIONS = list(
    product(("tcp", "udp"), range(79, 89), ("10.0.0.1", "10.1.0.1", "10.200.0.1", "192.168.0.1", "203.0.113.1"))
)


def group(rules: list[Statement]) -> dict[str, str]:
    said = {"GroupDescription": "web", "SecurityGroupIngress": rules}
    return {"root.yaml": json.dumps({"Resources": {"Web": {"Type": "AWS::EC2::SecurityGroup", "Properties": said}}})}


def connected(rules: list[Statement]) -> set[Any]:
    return {
        (protocol, port, address)
        for protocol, port, address in CONNECTIONS
        for rule in rules
        if rule["IpProtocol"] in ("-1", protocol, "6" if protocol == "tcp" else "17")
        and (rule["IpProtocol"] == "-1" or rule["FromPort"] <= port <= rule["ToPort"])
        and ip_address(address) in ip_network(rule["CidrIp"])
    }


@settings(max_examples=120, deadline=None)
@given(st.lists(RULES, max_size=3), st.lists(RULES, max_size=3))
@example([rule(80, 82)], [rule(80, 80), rule(82, 82)])
@example([rule(80, 82)], [rule(80, 80), rule(81, 82)])
def test_whoever_reaches_more_or_less_is_in_a_row(one: list[Statement], other: list[Statement]) -> None:
    there, back = (list(review(group(a), group(b)).access) for a, b in ((one, other), (other, one)))
    before, after = connected(one), connected(other)
    if after - before:
        assert kinds(there) & {"added", "broadened", "changed"}
    if before - after:
        assert kinds(there) & {"removed", "narrowed", "changed"}
    assert mirrored(there) == plain(back)


PATHS = ("/", "/a", "/a/*", "/a/b", "/*", "/?")
HOSTS = ("shop.example.com", "*.example.com", "*")
ASKED = {"path-pattern": PATHS, "host-header": HOSTS}
REQUESTS = list(product(("/", "/a", "/a/b", "/c"), ("shop.example.com", "other.example.org")))


def fields(field: str) -> st.SearchStrategy[list[Statement]]:
    values = st.lists(st.sampled_from(ASKED[field]), min_size=1, max_size=2, unique=True)
    return st.one_of(st.just([]), values.map(lambda said: [{"Field": field, "Values": said}]))


LED = st.builds(lambda one, other: [*one, *other], fields("path-pattern"), fields("host-header"))


def balanced(rules: list[list[Statement]]) -> dict[str, str]:
    """A load balancer that faces the internet, and rules that all lead to one target group."""
    resources = {
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {}},
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80, "Protocol": "HTTP"},
        },
        "Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {}},
    }
    for number, conditions in enumerate(rules):
        said = {
            "ListenerArn": {"Ref": "Listener"},
            "Priority": number + 1,
            "Conditions": conditions,
            "Actions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
        }
        resources[f"Rule{number}"] = {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": said}
    return {"root.yaml": json.dumps({"Resources": resources})}


def handed_on(rules: list[list[Statement]]) -> set[Any]:
    return {
        (path, host)
        for path, host in REQUESTS
        for rule in rules
        if all(
            any(fnmatchcase(path if each["Field"] == "path-pattern" else host, value) for value in each["Values"])
            for each in rule
        )
    }


@settings(max_examples=120, deadline=None)
@given(st.lists(LED, max_size=2), st.lists(LED, max_size=2))
def test_whatever_request_is_handed_on_or_no_longer_is_in_a_row(
    one: list[list[Statement]], other: list[list[Statement]]
) -> None:
    there, back = (list(review(balanced(a), balanced(b)).access) for a, b in ((one, other), (other, one)))
    before, after = handed_on(one), handed_on(other)
    if after - before:
        assert kinds(there) & {"added", "broadened", "changed"}
    if before - after:
        assert kinds(there) & {"removed", "narrowed", "changed"}
    assert mirrored(there) == plain(back)


PATTERN = st.text("ab*?", max_size=5)
WORDS = ["".join(letters) for length in range(5) for letters in product("ab", repeat=length)]


@settings(max_examples=400)
@given(PATTERN, PATTERN)
def test_patterns_meet_and_contain_each_other_as_words_do(one: str, other: str) -> None:
    both = [word for word in WORDS if fnmatchcase(word, one) and fnmatchcase(word, other)]
    assert meet(one, other) == meet(other, one)
    if both:
        assert meet(one, other)
    elif "*" not in one or "*" not in other:
        shortest = min(len(each) for each in (one, other) if "*" not in each)
        assert not meet(one, other) or shortest > 4
    if matches(one, other):
        assert all(fnmatchcase(word, one) for word in WORDS if fnmatchcase(word, other))


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 70000), st.sampled_from(("", "*", "x", "10.0.0.0/8", "{"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ("Statement", "Effect", "Principal", "AWS", "Action", "Condition", "Ref", "Fn::If", "Fn::GetAtt")
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
PLACES = (
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ("AWS::IAM::Role", "Policies"),
    ("AWS::IAM::Role", "ManagedPolicyArns"),
    ("AWS::IAM::ManagedPolicy", "Roles"),
    ("AWS::S3::BucketPolicy", "Bucket"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration"),
    ("AWS::Lambda::Permission", "Principal"),
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress"),
    ("AWS::EC2::SecurityGroupIngress", "IpProtocol"),
    ("AWS::ElasticLoadBalancingV2::Listener", "LoadBalancerArn"),
    ("AWS::ElasticLoadBalancingV2::Listener", "DefaultActions"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "Actions"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "Conditions"),
    ("AWS::ECS::Service", "LoadBalancers"),
    ("AWS::KMS::Key", "KeyPolicy"),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), ANYTHING, ANYTHING)
@example(("AWS::KMS::Key", "KeyPolicy"), None, {"Statement": [{"Fn::If": None}]})
def test_what_aws_would_refuse_is_compared_too(place: tuple[str, str], one: Any, other: Any) -> None:
    kind, word = place
    sides = [
        {"a.yaml": json.dumps({"Resources": {"X": {"Type": kind, "Properties": {word: value}}}})}
        for value in (one, other)
    ]
    assert mirrored(list(review(*sides).access)) == plain(list(review(*reversed(sides)).access))
