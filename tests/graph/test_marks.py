"""A review's picture shows everything that the review says, by the worst of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from tapgen.graph.details import overview
from tapgen.graph.page import View, page, views
from tapgen.review.causes import Cause, Causes, Line, Move
from tapgen.review.effects import Effect
from tapgen.review.reports.bill import basis
from tapgen.review.reports.text import summed
from tapgen.review.review import Review, review
from tapgen.review.review import compared as compared_stacks
from tapgen.review.stacks import stacks
from tests.graph.platforms import EXAMPLE, FOREIGN

PAIRS = sorted((Path(__file__).parents[1] / "golden/review").glob("*.yaml"))


def compared(path: Path) -> Review:
    pair = yaml.safe_load(path.read_text("utf-8"))
    return review(pair["before"], pair["after"])


@cache
def another_block() -> Review:
    """Of the example platform, with another block of addresses in prod."""
    network = EXAMPLE["prod/network.yaml"].replace("10.0.0.0/16", "10.1.0.0/16")
    return review(EXAMPLE, {**EXAMPLE, "prod/network.yaml": network})


def one(found: Review) -> View:
    (view,) = views(found)
    return view


def test_whatever_changes_is_marked() -> None:
    for path in PAIRS:
        found = compared(path)
        changed = {each.address for each in found.changes} | {each.address for each in found.dangers}
        changed |= {each.address for each in found.outcomes.values() if each.effect}
        stacks = [stack for side in (found.before, found.after) for stack in side.values()]
        nesting = {f"{stack.address}.{title}" for stack in stacks for title in stack.nested}
        marked: set[str] = set()
        for view in views(found):
            subjects = [(each.id, each.members) for each in view.picture.parts]
            subjects += [(each.id, each.members) for each in view.picture.boxes]
            marked |= {member for id_, members in subjects if id_ in view.marks for member in members}
        assert changed - nesting <= marked, path.stem


@pytest.mark.parametrize("path", PAIRS[::8], ids=lambda path: path.stem)
def test_any_review_can_be_drawn(path: Path) -> None:
    assert page(compared(path), path.stem).endswith("</html>\n")


def test_another_block_of_addresses_replaces_the_network_and_reaches_what_is_in_it() -> None:
    view = one(another_block())
    titles = {each.title: each.id for each in view.picture.boxes}
    titles |= {each.title: each.id for each in view.picture.parts}
    said = {title: view.marks[id_] for title, id_ in titles.items() if id_ in view.marks}
    assert (said["VPC"].level, said["Private subnets"].level) == ("replaced", "replaced")
    assert said["3 NAT gateways"].text == "3 replaced"
    assert {said[name].level for name in ("payment", "order", "notification", "shop")} == {"danger"}
    ripples = {(each.source, each.target) for each in view.picture.arrows if each.flow == "ripple"}
    assert ("prod/firewall", "prod/databases.ShopCluster") in ripples
    replaced = {address for address, each in another_block().outcomes.items() if each.effect == Effect.REPLACED}
    assert len(replaced) > 30


def test_what_comes_and_goes() -> None:
    app = FOREIGN["app.yaml"].replace("Events: {", "News: {").replace("!Ref Events", "!Ref News")
    app = app.replace('Action: ["sqs:ReceiveMessage"]', 'Action: ["sqs:SendMessage"]')
    view = one(
        review(
            FOREIGN, {**FOREIGN, "app.yaml": app.replace("  Copy: ", '  Other: {Type: "AWS::S3::Bucket"}\n  Copy: ')}
        )
    )
    levels = {part.title: view.marks[part.id].level for part in view.picture.parts if part.id in view.marks}
    assert levels["other"] == "added"
    assert levels["mailer"] == "changed"
    arrows = {(each.source, each.target): each.change for each in view.picture.arrows}
    orders, mailer = "main/app.Orders", "main/app.Mailer"
    assert (arrows[orders, mailer], arrows[mailer, orders]) == ("removed", "added")
    assert arrows["internet", "main/app.Balancer"] == ""


def test_of_many_platforms_those_that_change_are_drawn() -> None:
    assert [view.picture.title for view in views(another_block())] == ["prod"]
    assert [view.picture.title for view in views(review(EXAMPLE, EXAMPLE))] == ["dev", "prod", "bootstrap", "registry"]


def test_a_page_tells_what_it_costs_and_which_lines_did_it() -> None:
    found = compared(PAIRS[0].with_name("cost-of-a-gateway.yaml"))
    cause = Cause([Line("tapgen.yaml", 7, "network.nat", "changed")], [Move("root.OtherNat", "added")])
    told = overview(replace(found, causes=Causes([cause], [])))
    assert ["Cost", [summed(found.cost), basis()]] in told["notes"]
    assert told["causes"] == [("tapgen.yaml:7 network.nat", ["root.OtherNat"])]
    assert summed(found.cost) in page(found, "What these templates will do")


def test_where_nothing_changes_that_is_said_but_not_of_a_platform_alone() -> None:
    assert overview(review(FOREIGN, FOREIGN))["nothing"]
    alone = stacks(FOREIGN)
    assert not overview(compared_stacks(alone, alone))["nothing"]
    assert not overview(another_block())["nothing"]
