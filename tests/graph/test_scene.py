"""A picture shows what the templates say, whoever wrote them."""

from __future__ import annotations

from tapgen.graph.picture import Box, picture
from tapgen.graph.scene import Scene, scene
from tests.graph.platforms import EXAMPLE, FOREIGN, root, thirty


def arrows(of: Scene) -> set[tuple[str, str, str]]:
    titles = {part.id: part.title for part in of.parts} | {"internet": "Internet"}
    return {(titles[each.source], each.flow, titles[each.target]) for each in of.arrows}


def inside(box: Box) -> dict[str, set[str]]:
    """What is in each box, by title."""
    return {each.title: {part.title for part in (*each.chips, *each.parts)} for each in box.walk()}


def test_the_example_platform() -> None:
    found = scene(root(EXAMPLE, "prod"))
    assert arrows(found) == {
        ("Internet", "traffic", "Load balancer"),
        ("Web firewall", "traffic", "Load balancer"),
        ("Load balancer", "traffic", "payment"),
        ("Load balancer", "traffic", "order"),
        ("Load balancer", "traffic", "notification"),
        ("payment", "call", "order"),
        ("payment", "call", "notification"),
        ("order", "call", "notification"),
        ("payment", "data", "payments"),
        ("payment", "data", "receipts"),
        ("payment", "data", "shop"),
        ("order", "data", "orders"),
        ("order", "data", "invoices"),
        ("order", "data", "shop"),
    }
    assert {each.label for each in found.arrows if each.label} == {"/payment", "/order", "/notification"}
    drawn = picture(found)
    boxes = inside(drawn.main)
    assert boxes["prod"] == {"Internet"}
    assert boxes["VPC"] == {"2 endpoints"}
    assert boxes["Public subnets"] == {"3 NAT gateways"}
    assert boxes["ingress.yaml"] == {"Load balancer", "Web firewall", "access logs"}
    assert boxes["Private subnets"] == {"8 endpoints", "payment", "order", "notification"}
    assert boxes["databases.yaml"] == {"shop", "2 secrets"}
    assert boxes["data.yaml"] == {"payments", "orders", "receipts", "invoices"}
    assert {"4 keys", "firewall", "authority", "Cluster", "Dashboard"} <= {part.title for part in drawn.aside.parts}


def test_every_resource_belongs_to_one_part_or_box() -> None:
    for templates, name in ((EXAMPLE, "prod"), (EXAMPLE, "registry"), (FOREIGN, "main"), (thirty(), "dev")):
        stack = root(templates, name)
        drawn = picture(scene(stack))
        shown = [member for part in drawn.parts for member in part.members]
        shown += [member for box in drawn.boxes for member in box.members]
        every = {
            f"{each.address}.{title}"
            for each in stack.walk()
            for title, resource in each.resources.items()
            if resource["Type"] != "AWS::CloudFormation::Stack"
        }
        assert sorted(shown) == sorted(every)


def test_templates_of_others() -> None:
    found = scene(root(FOREIGN, "main"))
    assert found.note == "A shop that tapgen knows nothing of"
    assert arrows(found) == {
        ("Internet", "traffic", "balancer"),
        ("balancer", "traffic", "web"),
        ("web", "data", "session"),
        ("web", "message", "orders"),
        ("orders", "message", "mailer"),
        ("events", "message", "copy"),
    }
    drawn = picture(found)
    (network,) = (box for box in drawn.main.boxes if box.shape == "network")
    assert {box.shape: {part.title for each in box.walk() for part in each.parts} for box in network.boxes} == {
        "public": {"balancer"},
        "private": {"web"},
    }
    kinds = {part.title: part.kind.label for part in found.parts}
    assert (kinds["web"], kinds["mailer"], kinds["session"]) == ("Service", "Worker", "Cache")


def test_a_template_of_no_parts_is_a_part() -> None:
    stack = root({"only.yaml": 'Resources: {Role: {Type: "AWS::IAM::Role"}}'}, "only")
    assert [part.title for part in scene(stack).parts] == ["only"]
    assert scene(root({"none.yaml": "Resources: {}"}, "none")).parts == ()
