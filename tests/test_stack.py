"""The contract between layers: where a wire may stand, what follows from it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from awacs.aws import Action, Allow, Condition, PolicyDocument, Principal, Statement, StringEquals
from troposphere import Equals, If, Join, Parameter, Ref, Sub, Template, iam, sqs, ssm

from tapgen.kinds import SubnetIds, Text, VpcId
from tapgen.stack import Root, Wire, Wires, logical_id, names


@dataclass(frozen=True)
class Made:
    """A layer made of a function."""

    function: Callable[[Template], Any]

    def build(self, template: Template) -> Any:
        return self.function(template)


@dataclass(frozen=True)
class Source:
    """A layer that offers one of each."""

    @dataclass(frozen=True)
    class Outputs:
        arn: Text
        many: Wires
        by_name: Mapping[str, Text]
        port: int
        absent: Text | None
        fixed: VpcId

    def build(self, template: Template) -> Outputs:
        queue = template.add_resource(sqs.Queue("Queue"))
        arn = Text(queue.get_att("Arn"))
        return self.Outputs(
            arn, Wires([queue.get_att("Arn"), queue.ref()]), {"a-b": Text(queue.ref())}, 80, None, VpcId("vpc-1")
        )


def nothing(template: Template) -> None:
    template.add_resource(sqs.Queue("Queue"))


def parameter(title: str, value: object) -> ssm.Parameter:
    return ssm.Parameter(title, Type="String", Value=value)


def using(value: object) -> Made:
    """A layer that uses *value* and offers nothing."""

    def build(template: Template) -> None:
        template.add_resource(parameter("P", value))

    return Made(build)


def offering(name: str, kind: Callable[[Ref], object] = Text, queue: str = "Queue") -> Made:
    """A layer that offers one queue, spelled by *kind*, as *name*."""
    return Made(lambda template: {name: kind(template.add_resource(sqs.Queue(queue)).ref())})


def with_user(use: Callable[[Template, Source.Outputs], object]) -> tuple[Root, dict[str, Any]]:
    """A source, and a layer that uses what it offers."""
    root = Root("root")
    source = root.nest("source", Source())

    def build(template: Template) -> None:
        use(template, source)

    root.nest("user", Made(build))
    return root, root.templates()["user"]


def given(root: Root, stack: str = "User") -> dict[str, Any]:
    """What the root hands to *stack*."""
    properties: dict[str, Any] = root.template.to_dict()["Resources"][stack]["Properties"]
    return dict(properties.get("Parameters", {}))


def test_the_others_see_the_same_type_under_the_names_of_their_parameters() -> None:
    root = Root("root")
    offer = root.nest("source", Source())
    assert type(offer.arn) is Text
    assert offer.arn.to_dict() == {"Ref": "SourceArn"}
    assert offer.many.to_dict() == {"Ref": "SourceMany"}
    assert offer.by_name["a-b"].to_dict() == {"Ref": "SourceByNameAB"}
    assert (offer.port, offer.absent, offer.fixed.to_dict()) == (80, None, "vpc-1")


def test_outputs_are_written_for_what_the_layer_makes() -> None:
    root = Root("root")
    root.nest("source", Source())
    assert root.templates()["source"]["Outputs"] == {
        "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
        "Many": {"Value": {"Fn::Join": [",", [{"Fn::GetAtt": ["Queue", "Arn"]}, {"Ref": "Queue"}]]}},
        "ByNameAB": {"Value": {"Ref": "Queue"}},
    }


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda wire: wire, id="property"),
        pytest.param(lambda wire: Sub(f"x-{wire}"), id="in the text of a Sub"),
        pytest.param(lambda wire: Sub("x-${y}", y=wire), id="in the map of a Sub"),
        pytest.param(lambda wire: Join("", ["a", wire]), id="in a Join"),
        pytest.param(lambda wire: If("C", wire, "b"), id="in an If"),
        pytest.param(lambda wire: Sub("x-${y}", y=Join("", [wire])), id="deep in the map of a Sub"),
        pytest.param(lambda wire: Sub(json.dumps({"a": [wire]}, default=Wire.__str__)), id="in a JSON body"),
    ],
)
def test_a_wire_is_found_wherever_it_stands(spell: Callable[[Wire], object]) -> None:
    root, user = with_user(lambda template, source: template.add_resource(parameter("P", spell(source.arn))))
    assert user["Parameters"] == {"SourceArn": {"Type": "String"}}
    assert given(root) == {"SourceArn": {"Fn::GetAtt": ["Source", "Outputs.Arn"]}}


def test_a_wire_in_a_policy_of_awacs() -> None:
    def use(template: Template, source: Source.Outputs) -> None:
        statement = Statement(
            Effect=Allow,
            Principal=Principal("AWS", source.arn),
            Action=[Action("sts", "AssumeRole")],
            Condition=Condition(StringEquals("aws:SourceVpc", source.by_name["a-b"])),
        )
        policy = PolicyDocument(Version="2012-10-17", Statement=[statement])
        template.add_resource(iam.Role("Role", AssumeRolePolicyDocument=policy))

    _, user = with_user(use)
    assert list(user["Parameters"]) == ["SourceArn", "SourceByNameAB"]
    statement = user["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"AWS": {"Ref": "SourceArn"}}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceVpc": {"Ref": "SourceByNameAB"}}}


def test_a_wire_in_a_condition_or_in_an_output_alone() -> None:
    root = Root("root")
    source = root.nest("source", Source())

    def build(template: Template) -> dict[str, Text]:
        template.add_condition("C", Equals(source.arn, "x"))
        nothing(template)
        return {"url": Text(Sub(f"https://{source.by_name['a-b']}/"))}

    offer = root.nest("user", Made(build))
    assert list(root.templates()["user"]["Parameters"]) == ["SourceArn", "SourceByNameAB"]
    assert offer["url"].to_dict() == {"Ref": "UserUrl"}


def test_a_list_arrives_as_a_list() -> None:
    root = Root("root")
    network = root.nest("network", offering("ids", lambda queue: SubnetIds([queue, "subnet-2"])))
    root.nest("user", using(Join("+", network["ids"])))
    made = root.templates()["network"]["Outputs"]["Ids"]["Value"]
    assert made == {"Fn::Join": [",", [{"Ref": "Queue"}, "subnet-2"]]}
    user = root.templates()["user"]
    assert user["Parameters"] == {"NetworkIds": {"Type": "List<AWS::EC2::Subnet::Id>"}}
    assert user["Resources"]["P"]["Properties"]["Value"] == {"Fn::Join": ["+", {"Ref": "NetworkIds"}]}


def test_a_wire_that_nobody_uses_leaves_nothing() -> None:
    root, user = with_user(lambda template, source: nothing(template))
    assert "Parameters" not in user
    assert given(root) == {}


def test_a_wire_that_is_passed_on_is_not_offered_again() -> None:
    root = Root("root")
    source = root.nest("source", Source())

    def build(template: Template) -> dict[str, Text]:
        nothing(template)
        return {"arn": source.arn}

    offer = root.nest("user", Made(build))
    assert offer["arn"] is source.arn
    assert "Outputs" not in root.templates()["user"]


def test_the_key_of_a_map_hides_the_wire_of_its_name() -> None:
    _, user = with_user(lambda t, source: t.add_resource(parameter("P", Sub("${SourceArn}", SourceArn="mine"))))
    assert "Parameters" not in user


def test_the_text_of_another_language_is_no_wire() -> None:
    _, user = with_user(lambda t, source: t.add_resource(parameter("P", Sub("${!SourceArn}"))))
    assert "Parameters" not in user


def test_a_forgotten_sub_still_makes_the_parameter_so_that_a_linter_sees_it() -> None:
    _, user = with_user(lambda t, source: t.add_resource(parameter("P", f"x-{source.arn}")))
    assert list(user["Parameters"]) == ["SourceArn"]


def test_a_list_cannot_stand_in_a_text() -> None:
    with pytest.raises(TypeError, match="Wires cannot stand in a text: Join it"):
        with_user(lambda t, source: t.add_resource(parameter("P", Sub(f"{source.many}"))))


def test_a_computed_value_cannot_stand_in_a_text() -> None:
    with pytest.raises(TypeError, match="a Text that is computed cannot stand in a text"):
        str(Text(Join("", ["a", Ref("B")])))


def test_plain_text_stays_plain_in_a_text() -> None:
    assert str(Text("a ${b}")) == "a ${!b}"


def test_a_list_of_wires_is_refused() -> None:
    with pytest.raises(TypeError, match="AQueues: offer Wires, or a mapping whose keys name them, not a list"):
        Root("root").nest("a", offering("queues", lambda queue: [Text(queue)]))


def test_a_resource_with_the_name_of_a_wire_is_refused() -> None:
    def use(template: Template, source: Source.Outputs) -> None:
        template.add_resource(sqs.Queue("SourceArn"))
        template.add_resource(parameter("P", source.arn))

    with pytest.raises(ValueError, match="user: both a resource and a wire are called SourceArn"):
        with_user(use)


def test_two_wires_of_one_name_are_refused() -> None:
    root = Root("root")
    root.nest("service-a", offering("b-name"))
    with pytest.raises(ValueError, match="two wires are called ServiceABName"):
        root.nest("service-a-b", offering("name"))


def test_two_stacks_of_one_name_are_refused() -> None:
    root = Root("root")
    root.nest("service-order-1", Made(nothing))
    with pytest.raises(ValueError, match="duplicate"):
        root.nest("service-order1", Made(nothing))


def test_a_stack_cannot_use_what_it_offers_itself() -> None:
    root = Root("root")
    root.nest("a", offering("queue", queue="AQueue"))
    assert "Parameters" not in root.templates()["a"]


def test_order_without_data() -> None:
    root = Root("root")
    source = root.nest("source", Source())
    root.nest("b", Made(nothing))
    root.nest("c", using(source.arn), after=["source", "b"])
    assert root.template.to_dict()["Resources"]["C"]["DependsOn"] == ["B"], "what a wire implies is not said again"


def test_order_after_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="B is not nested yet"):
        Root("root").nest("a", Made(nothing), after=["b"])


def test_the_root_gives_a_parameter_of_its_own() -> None:
    root = Root("root")
    root.template.add_parameter(Parameter("Image", Type="String"))
    image = root.given(Text, "Image", Ref("Image"))
    root.nest("user", using(image))
    assert given(root) == {"Image": {"Ref": "Image"}}
    assert root.templates()["user"]["Parameters"] == {"Image": {"Type": "String"}}


def test_the_stack_name_of_the_root_and_that_of_a_nested_stack_are_two() -> None:
    root = Root("root")
    of_root = root.given(Text, "RootStackName", Ref("AWS::StackName"))
    of_a = root.nest("a", Made(lambda template: {"name": Text(Ref("AWS::StackName"))}))["name"]
    root.nest("user", using(Join("", [of_root, of_a])))
    assert given(root) == {"RootStackName": {"Ref": "AWS::StackName"}, "AName": {"Fn::GetAtt": ["A", "Outputs.Name"]}}


def test_outputs_of_the_root() -> None:
    root = Root("root")
    source = root.nest("source", Source())
    root.output("Arn", source.arn)
    root.output("Vpc", source.fixed)
    assert root.template.to_dict()["Outputs"] == {
        "Arn": {"Value": {"Fn::GetAtt": ["Source", "Outputs.Arn"]}},
        "Vpc": {"Value": "vpc-1"},
    }
    with pytest.raises(ValueError, match="composed of SourceArn: let a layer do that"):
        root.output("Url", Text(Sub(f"https://{source.arn}")))


def test_a_layer_needs_no_root() -> None:
    offer = Source().build(Template())
    assert offer.arn.to_dict() == {"Fn::GetAtt": ["Queue", "Arn"]}
    assert str(offer.arn) == "${Queue.Arn}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("service-payment", "ServicePayment"),
        ("service_payment", "ServicePayment"),
        ("", ""),
        ("order-1", "Order1"),
        ("ecr.api", "EcrApi"),
    ],
)
def test_logical_id(name: str, expected: str) -> None:
    assert logical_id(name) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "A"}, ["A"]),
        ({"Fn::GetAtt": ["A", "Arn"]}, ["A"]),
        ({"Fn::Sub": "${A}-${B.Arn}-${!C}"}, ["A", "B"]),
        ({"Fn::Sub": ["${A}${B}", {"A": {"Ref": "C"}}]}, ["B", "C"]),
        ({"Key": [{"Deep": [{"Ref": "A"}]}]}, ["A"]),
        ({"Ref": 1, "Fn::GetAtt": 2}, []),
    ],
)
def test_names(node: object, expected: list[str]) -> None:
    assert list(names(node)) == expected


def test_a_layer_that_makes_nothing_leaves_no_stack_and_what_it_offers_is_the_same_everywhere() -> None:
    everywhere = Sub("arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:oncall")
    root = Root("existing")
    offer = root.nest("topic", Made(lambda _template: {"arn": Text(everywhere), "vpc": VpcId("vpc-1")}))
    root.nest("user", using(offer["arn"]), after=["topic"])
    templates = root.templates()
    assert list(templates) == ["root", "user"]
    assert "Parameters" not in templates["user"]
    assert "DependsOn" not in templates["root"]["Resources"]["User"]
    assert templates["user"]["Resources"]["P"]["Properties"]["Value"] == everywhere.to_dict()
    assert root.offers["topic"]["vpc"].to_dict() == "vpc-1"
