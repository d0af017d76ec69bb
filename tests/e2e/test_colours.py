"""Rules of services with two colours: whatever CloudFormation does to them, requests go where tasks answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from .conftest import New
from .platform import SMALL, Repository

pytestmark = pytest.mark.slow

DEPLOYMENT = "path: /web, deployment: {strategy: blue-green, bake_minutes: 0, test: {enabled: false}}"
GROUPS = ("TargetGroup", "AlternateTargetGroup")
COLOURS = ("blue", "green")


@pytest.fixture
def coloured(new: New, quick_aws: Mapping[str, str]) -> Repository:
    """A team whose public service has two colours, of which not the one is live that its template says."""
    made = new(quick_aws, SMALL.replace("path: /web", DEPLOYMENT))
    made.ready_made()
    if live(made) == believed(made):
        made.edit("path: /web", "path: /web, stop_timeout: 10")
        made.deployed()
    assert live(made) != believed(made)
    return made


def weights(elb: Any, rule: str) -> dict[str, int]:
    """How the requests are shared out, by the ARN of the group."""
    (action,) = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]
    return {each["TargetGroupArn"]: each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]}


def live(team: Repository) -> str:
    """The colour with all requests."""
    found = weights(team.aws("elbv2"), team.physical("service-web", "ProductionRule"))
    shares = [found[team.physical("service-web", group)] for group in GROUPS]
    assert sorted(shares) == [0, 100]
    return COLOURS[shares.index(100)]


def believed(team: Repository) -> str:
    """The colour that CloudFormation takes for live."""
    (stack,) = team.aws.cloudformation.describe_stacks(StackName="shop-dev")["Stacks"]
    return str(next(each["ParameterValue"] for each in stack["Parameters"] if each["ParameterKey"] == "LiveColorWeb"))


@contextmanager
def asked(team: Repository) -> Iterator[list[str]]:
    """Ask all the time where requests go; gives each group that got some while nobody was there to answer."""
    unanswered, over = list[str](), Event()
    elb, rule = team.aws("elbv2"), team.physical("service-web", "ProductionRule")

    def ask() -> None:
        while not over.is_set():
            shares = weights(elb, rule)
            there = {
                each: elb.describe_target_health(TargetGroupArn=each)["TargetHealthDescriptions"] for each in shares
            }
            if weights(elb, rule) == shares:
                unanswered.extend(group for group, share in shares.items() if share and not there[group])

    client = Thread(target=ask)
    client.start()
    try:
        yield unanswered
    finally:
        over.set()
        client.join()


def test_a_rule_changes_on_the_live_colour(coloured: Repository) -> None:
    team, was = coloured, live(coloured)
    team.edit("path: /web", "path: /web, priority: {/web: 7}")
    with asked(team) as unanswered:
        done = team.deployed()
    assert done.lacks(f"LiveColorWeb={was}") == []
    assert (unanswered, live(team), believed(team)) == ([], was, was)
    rule = team.physical("service-web", "ProductionRule")
    assert team.aws("elbv2").describe_rules(RuleArns=[rule])["Rules"][0]["Priority"] == "7"


def test_an_ordinary_deployment_leaves_what_cloudformation_believes(coloured: Repository) -> None:
    team, was, belief = coloured, live(coloured), believed(coloured)
    team.edit("path: /web", "path: /web, drain: 20")
    with asked(team) as unanswered:
        done = team.deployed()
    assert "LiveColor" not in done.text
    assert (unanswered, live(team), believed(team)) == ([], was, belief)

    team.edit("drain: 20", "drain: 20, start_timeout: 30")
    with asked(team) as unanswered:
        team.deployed()
    assert (unanswered, believed(team)) == ([], belief)
    assert live(team) != was, "the new version is live"


def test_the_way_back_from_a_changed_rule_keeps_to_the_live_colour(coloured: Repository) -> None:
    """Another service fails, so CloudFormation writes the old rule again."""
    team, was = coloured, live(coloured)
    digest = team.push("api", exit_code="3")
    team.use(api=digest)
    team.edit("path: /web", "path: /web, priority: {/web: 7}")
    with asked(team) as unanswered:
        done = team.deploy("deploy", "-e", "dev")
    assert (done.code, done.lacks("is as it was before")) == (1, [])
    assert (unanswered, live(team)) == ([], was)


def test_a_rule_and_new_tasks_do_not_come_together(coloured: Repository) -> None:
    team, was = coloured, live(coloured)
    team.edit("path: /web", "path: /web, priority: {/web: 7}, start_timeout: 30")
    refused = team.deploy("deploy", "-e", "dev")
    told = ("web would get new tasks together with a new ProductionRule", "ANYWAY=yes")
    assert (refused.code, refused.lacks(*told)) == (4, [])
    assert live(team) == was
    with asked(team) as unanswered:
        done = team.make("deploy", "ENV=dev", "ANYWAY=yes")
    assert (done.code, unanswered) == (0, []), done.text
    assert live(team) != was


def test_a_way_to_the_tasks_goes_only_when_it_is_meant(coloured: Repository) -> None:
    """The refusal is ours, and comes at once; beside it CloudFormation has a policy that says the same."""
    team, text = coloured, (coloured.folder / "tapgen.yaml").read_text("utf-8")
    team.edit("{strategy: blue-green, bake_minutes: 0, test: {enabled: false}}", "{strategy: rolling}")
    refused = team.deploy("deploy", "-e", "dev")
    told = "web would lose what leads requests to it: ProductionRule, TestRule, AlternateTargetGroup"
    assert (refused.code, refused.lacks(told)) == (4, [])
    if live(team) == "green":
        refused = team.deploy("deploy", "-e", "dev", "--anyway")
        assert (refused.code, refused.lacks("only blue stays, and green is live: web")) == (4, [])
        team.write(text.replace("path: /web", "path: /web, start_timeout: 30"))
        team.deployed()
        team.edit("{strategy: blue-green, bake_minutes: 0, test: {enabled: false}}", "{strategy: rolling}")
    assert live(team) == "blue"
    policy = team.aws.cloudformation.get_stack_policy(StackName=team.nested()["service-web"])["StackPolicyBody"]
    assert "LogicalResourceId/ProductionRule" in policy
    done = team.deploy("deploy", "-e", "dev", "--anyway")
    assert done.code == 0, done.text
    assert team.service("web")["deploymentConfiguration"]["strategy"] == "ROLLING"


def test_what_was_seen_cannot_be_carried_out_while_the_colour_is_not_known(coloured: Repository) -> None:
    team = coloured
    team.edit("path: /web", "path: /web, priority: {/web: 7}")
    seen = team.deploy("preview", "-e", "dev")
    assert seen.code == 0, seen.text
    name = seen.text.strip().rpartition("CHANGESET=")[2]
    refused = team.deploy("deploy", "-e", "dev", "--change-set", name)
    assert (refused.code, refused.lacks("leave CHANGESET away")) == (4, [])
