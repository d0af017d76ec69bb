"""What is dumped means what the template means, and reads well."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from troposphere import (
    Base64,
    Equals,
    GetAtt,
    GetAZs,
    Join,
    Output,
    Parameter,
    Ref,
    Select,
    Sub,
    Tags,
    Template,
    cloudwatch,
    ec2,
    ecs,
)

from tapgen.dump import dump
from tapgen.parse import parse

ODD = [
    "",
    " ",
    " leading",
    "trailing ",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "? a",
    "a,b",
    "[a]",
    "{a}",
    "'a'",
    '"a"',
    "a\\b",
    "\t",
    "a\tb",
    "\n",
    "a\n",
    "a\nb",
    "a\nb\n",
    "a\nb\n\n",
    "\na\nb",
    "  a\nb",
    "a \nb",
    "a\r\nb",
    "\x85",
    "\u2028",
    "\ufeff",
    "é",
    "日本",
    "🚀\n🚀",
    "${x}",
    "${!x}",
    "!Ref",
    "!Ref a",
    "&a",
    "*a",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    "---",
    "...",
    "~",
    "null",
    "=",
    "<<",
    "x" * 300,
    "x " * 150,
    "Ref",
    "Fn::Sub",
    "a.b",
]
NOT_TEXT = """
    on Off yes NO y N true False null ~ 0 -1 +7 012345678901 089 0o17
    0x1F 0b1 1_000 1.5 .5 1. 1e3 1E-3 12:30:45 190:20:30 .inf .NaN 2012-10-17 2026-11-22T10:00:00Z = <<
""".split()  # noqa: SIM905  # one a line would take a screen

texts = st.one_of(st.sampled_from(ODD + NOT_TEXT), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
scalars = st.one_of(texts, st.booleans(), st.integers(), st.none(), st.floats(allow_nan=False))
functions = st.sampled_from(
    ["Ref", "Fn::Sub", "Fn::GetAtt", "Fn::Join", "Fn::If", "Fn::Base64", "Fn::GetAZs", "Fn::Split", "Fn::ToJsonString"]
)
attributes = st.tuples(st.from_regex(r"\A[A-Za-z0-9]+\Z"), texts).map(lambda pair: {"Fn::GetAtt": list(pair)})
pairs = st.tuples(st.sampled_from(["Key", "Name"]), scalars, scalars).map(lambda p: {p[0]: p[1], "Value": p[2]})
bodies = st.recursive(
    scalars | attributes | pairs,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(texts, inner, max_size=4),
        st.tuples(functions, inner).map(lambda pair: dict([pair])),
        st.tuples(st.sampled_from(["Key", "Name"]), inner, inner).map(lambda p: {p[0]: p[1], "Value": p[2]}),
    ),
    max_leaves=20,
)


def template(**properties: Any) -> Template:
    """A template with a resource of just these properties, and another after it."""
    made = Template()
    made.add_resource(ec2.VPC("Thing"))
    made.add_resource(ec2.VPC("Last"))
    made.resources["Thing"].properties.update(properties)
    return made


def meant(made: Template) -> Any:
    """What the template is, as any JSON parser reads it."""
    return {"AWSTemplateFormatVersion": "2010-09-09"} | json.loads(json.dumps(made.to_dict()))


def plain(made: Template) -> str:
    """The lines of the only property, `A`."""
    return dump(made.to_dict()).split("    Properties:\n")[1].removesuffix("\n  Last:\n    Type: AWS::EC2::VPC\n")


@given(bodies)
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
def test_parsing_the_text_gives_the_template_back(body: Any) -> None:
    made = template(A=body)
    assert parse(dump(made.to_dict())) == meant(made)


@pytest.mark.parametrize("text", ODD + NOT_TEXT)
@pytest.mark.parametrize("shape", ["value", "key", "tag", "flow", "sub", "item", "attribute"])
def test_odd_texts_survive(text: str, shape: str) -> None:
    shapes: dict[str, Any] = {
        "value": text,
        "key": {text: 1, "other": 2},
        "tag": {"Key": text, "Value": text},
        "flow": {"Fn::Equals": [text, {"Ref": text}]},
        "sub": {"Fn::Sub": text},
        "item": [text],
        "attribute": [{"Fn::GetAtt": [text, "Arn"]}, {"Fn::GetAtt": ["A", text]}, {"Fn::GetAtt": text}],
    }
    made = template(A=shapes[shape])
    assert parse(dump(made.to_dict())) == meant(made)


@pytest.mark.parametrize("text", NOT_TEXT)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert plain(template(A=text)) == f"      A: '{text}'\n"
    assert plain(template(A={"Fn::Sub": text})) == f"      A: !Sub '{text}'\n"


@pytest.mark.parametrize(
    "text", ["prod", "yesterday", "1.2.3.4", "10.0.0.0/16", "2x", "AWS::Region", "arn:aws:s3:::b/*"]
)
def test_ordinary_text_is_not_quoted(text: str) -> None:
    assert plain(template(A=text)) == f"      A: {text}\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "A: true"),
        ("true", "A: 'true'"),
        (8080, "A: 8080"),
        (Ref("Vpc"), "A: !Ref Vpc"),
        (GetAtt("Network", "Outputs.VpcId"), "A: !GetAtt Network.Outputs.VpcId"),
        (Sub("${AWS::StackName}-x"), "A: !Sub ${AWS::StackName}-x"),
        (Equals(Ref("Zone"), ""), "A: !Equals [!Ref Zone, '']"),
        (Select(0, [Ref("A"), "b"]), "A: !Select\n- 0\n- - !Ref A\n  - b"),
        (Join(",", Ref("Ids")), "A: !Join [',', !Ref Ids]"),
        (Sub("${a}", a=Ref("B")), "A: !Sub\n- ${a}\n- a: !Ref B"),
        ([{"Key": "Environment", "Value": "prod"}], "A:\n- {Key: Environment, Value: prod}"),
        ([{"Name": "PORT", "Value": "8080"}], "A:\n- {Name: PORT, Value: '8080'}"),
        ([{"Key": "Name", "Value": Sub("${A}-x")}], "A:\n- {Key: Name, Value: !Sub '${A}-x'}"),
        ([{"Key": "k" * 40, "Value": "v" * 40}], f"A:\n- Key: {'k' * 40}\n  Value: {'v' * 40}"),
        ([{"Key": "k", "Value": ["v"]}], "A:\n- Key: k\n  Value:\n  - v"),
        ([{"Key": "k", "Value": "a\nb"}], "A:\n- Key: k\n  Value: |-\n    a\n    b"),
        (["a", "b"], "A:\n- a\n- b"),
        ('{\n  "a": "${B}"\n}', 'A: |-\n  {\n    "a": "${B}"\n  }'),
        (Sub('{\n  "a": "${B}"\n}'), 'A: !Sub |-\n  {\n    "a": "${B}"\n  }'),
        ("import os\nprint(1)\n", "A: |\n  import os\n  print(1)"),
        ("é", "A: é"),
    ],
)
def test_how_it_reads(value: Any, text: str) -> None:
    assert plain(template(A=value)) == "".join(f"      {line}\n" for line in text.split("\n"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Base64(Sub("a ${B}")), "A:\n  Fn::Base64: !Sub a ${B}"),
        (GetAZs(Ref("AWS::Region")), "A:\n  Fn::GetAZs: !Ref AWS::Region"),
        (Base64("a"), "A: !Base64 a"),
    ],
)
def test_a_short_form_is_never_right_inside_another(value: Any, text: str) -> None:
    assert plain(template(A=value)) == "".join(f"      {line}\n" for line in text.split("\n"))


def test_order_and_blank_lines() -> None:
    made = Template(Description="Two things")
    made.add_output(Output("Id", Value=Ref("B")))
    subnet = ec2.Subnet("B", DependsOn="A", DeletionPolicy="Retain", VpcId=Ref("A"), CidrBlock=Ref("C"))
    made.add_resource(subnet)
    made.add_resource(ec2.VPC("A", CidrBlock="10.0.0.0/16", EnableDnsSupport=True))
    made.add_parameter(Parameter("C", Type="String"))
    assert (
        dump(made.to_dict())
        == """\
AWSTemplateFormatVersion: '2010-09-09'

Description: Two things

Parameters:
  C:
    Type: String

Resources:
  B:
    Type: AWS::EC2::Subnet
    DependsOn: A
    DeletionPolicy: Retain
    Properties:
      VpcId: !Ref A
      CidrBlock: !Ref C

  A:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: 10.0.0.0/16
      EnableDnsSupport: true

Outputs:
  Id:
    Value: !Ref B
"""
    )


def test_the_same_value_twice_is_written_twice() -> None:
    shared = ["a"]
    assert plain(template(A=shared, B=shared)) == "      A:\n      - a\n      B:\n      - a\n"


def test_an_empty_template_is_a_template() -> None:
    assert parse(dump(Template().to_dict())) == meant(Template())


def many(services: int) -> Template:
    """A template with three resources for each of so many services."""
    made = Template()
    for number in range(services):
        environment = [ecs.Environment(Name=f"V{key}", Value=str(key)) for key in range(10)]
        containers = [ecs.ContainerDefinition(Name="app", Image="a", Environment=environment)]
        made.add_resource(ecs.TaskDefinition(f"Task{number}", Tags=Tags(A="b"), ContainerDefinitions=containers))
        made.add_resource(cloudwatch.Dashboard(f"Dash{number}", DashboardBody=Sub('{\n  "a": "${AWS::Region}"\n}')))
        made.add_resource(ec2.VPC(f"Vpc{number}", CidrBlock="10.0.0.0/16", Tags=Tags(Name=Sub("${AWS::StackName}"))))
    return made


def test_99_services_take_well_under_a_second() -> None:
    made, begin = many(99), time.process_time()
    dump(made.to_dict())
    assert time.process_time() - begin < 0.7


def test_there_is_a_newline_at_the_end_and_no_document_marker() -> None:
    text = dump(many(2).to_dict())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"^(---|\.\.\.)", text, re.MULTILINE)
