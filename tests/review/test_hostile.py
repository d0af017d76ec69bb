"""Whatever a template holds, sense or nonsense, it is compared or refused, and never ends in an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapgen.errors import TapgenError
from tapgen.review.reports import FORMATS
from tapgen.review.review import review
from tests.review.service_spec import emitted

NAMES = st.sampled_from(["A", "B", "C", "Outputs", "Ref", "", "${A}", "A.B", "Fn::If", "Fn::ForEach::A"])
FUNCTIONS = st.sampled_from(
    [
        "Ref",
        "Condition",
        *(
            f"Fn::{name}"
            for name in (
                *("And", "Base64", "Cidr", "Equals", "FindInMap", "ForEach", "GetAtt", "GetAZs", "If", "ImportValue"),
                *("Join", "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"),
            )
        ),
    ]
)
WORDS = st.sampled_from(
    [
        *("Statement", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "AWS", "Service"),
        *("PolicyDocument", "AssumeRolePolicyDocument", "Policies", "Key", "Value", "Tags", "Name", "Port", "Actions"),
        *("SecurityGroupIngress", "CidrIp", "FromPort", "ToPort", "IpProtocol", "GroupId", "Scheme", "Listeners"),
        *("DesiredCount", "TaskDefinition", "DeploymentConfiguration", "ContainerDefinitions", "Cpu", "Memory"),
        *("TemplateURL", "Parameters", "MinCapacity", "MaxCapacity", "ScheduledActions", "ResourceId", "Priority"),
        *("ListenerArn", "Conditions", "DeletionPolicy", "BucketName", "KeySchema", "StorageEncrypted", "Resources"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-2, 70000) | st.floats(allow_nan=False) | NAMES | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["Allow", "Deny", "*", "s3:*", "arn:aws:s3:::a/*", "0.0.0.0/0", "internet-facing", "-1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS, inner, max_size=5)
        | st.builds(lambda name, value: {name: value}, FUNCTIONS, inner)
    ),
    max_leaves=20,
)
RESOURCE = st.fixed_dictionaries(
    {"Type": st.sampled_from([*sorted(emitted()), "AWS::CloudFormation::Stack", "Custom::It", "It"]) | SCALARS},
    optional={
        "Properties": st.dictionaries(WORDS, VALUES, max_size=8) | VALUES,
        "Condition": NAMES | VALUES,
        "DependsOn": NAMES | st.lists(NAMES, max_size=3) | VALUES,
        "DeletionPolicy": st.sampled_from(["Retain", "Delete"]) | VALUES,
        "Metadata": VALUES,
    },
)
SECTION = st.dictionaries(NAMES, VALUES | st.fixed_dictionaries({"Value": VALUES, "Default": VALUES}), max_size=4)
TEMPLATE = st.fixed_dictionaries(
    {"Resources": st.dictionaries(NAMES, RESOURCE | VALUES, max_size=5) | VALUES},
    optional=dict.fromkeys(("Outputs", "Parameters", "Conditions", "Mappings"), SECTION | VALUES),
)


@settings(max_examples=150, deadline=None)
@given(TEMPLATE, TEMPLATE)
def test_anything_is_compared_with_anything(before: Any, after: Any) -> None:
    for one, other in ((before, after), (after, after)):
        try:
            found = review({"root.yaml": json.dumps(one)}, {"root.yaml": json.dumps(other)})
        except TapgenError:
            continue
        for report in FORMATS.values():
            assert report(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources:\n\tA: 1", "is not YAML in line 2: found character that cannot start any token"),
        ("Resources: [", "is not YAML in line 2: did not find expected node content"),
        ("Resources: !!int many", "is not YAML: invalid literal for int() with base 10: 'many'"),
    ],
)
def test_what_is_no_yaml_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(TapgenError) as refused:
        review({}, {"a.yaml": text})
    assert (refused.value.exit_code, str(refused.value)) == (2, f"error: a.yaml {said}")
