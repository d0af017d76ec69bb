"""Rules of services with two colours: whatever CloudFormation does to them, requests go where tasks answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from .conftest import New
from .platform import SMALL, Repository

pytestmark = pytest.mark.slow

STRATEGY = "{strategy: blue-green, bake_minutes: 0, test: {enabled: false}}"
DEPLOYMENT = f"path: /web, deployment: {STRATEGY}"
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


def flip(team: Repository) -> None:
    """Have ECS move the requests to the other colour, as a deployment that CloudFormation knows nothing of does."""
    arn = team.physical("service-web", "Service")
    team.aws("ecs").update_service(cluster=arn.split("/")[1], service=arn, forceNewDeployment=True)
    end = time.monotonic() + 60
    while team.rollout("web")["status"] != "SUCCESSFUL":
        assert time.monotonic() < end, team.rollout("web")
        time.sleep(0.1)


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


def deployed(team: Repository, code: int = 0) -> str:
    """Deploy while requests come: each finds a task, and what was said is given."""
    with asked(team) as unanswered:
        done = team.deploy("deploy", "-e", "dev")
    assert (done.code, unanswered) == (code, []), done.text
    return done.text


def test_whatever_is_deployed_requests_go_to_the_live_colour(coloured: Repository) -> None:
    """New tasks, a new rule, and a new rule that is taken back since another service fails."""
    team, belief = coloured, believed(coloured)
    team.edit("path: /web", "path: /web, start_timeout: 30")
    assert "LiveColor" not in deployed(team)
    assert (live(team), believed(team)) == (belief, belief), "the new version is live"
    flip(team)

    team.edit("path: /web", "path: /web, priority: {/web: 7}")
    was = live(team)
    assert f"LiveColorWeb={was}" in deployed(team)
    assert (live(team), believed(team)) == (was, was)
    rule = team.physical("service-web", "ProductionRule")
    assert team.aws("elbv2").describe_rules(RuleArns=[rule])["Rules"][0]["Priority"] == "7"

    team.use(api=team.push("api", exit_code="3"))
    team.edit("{/web: 7}", "{/web: 8}")
    assert "is as it was before" in deployed(team, 1)
    assert live(team) == was


def test_what_could_leave_requests_without_an_answer_is_refused(coloured: Repository) -> None:
    """A way to the tasks that goes; a change set that nobody can carry out; new tasks and a new rule at once."""
    team, text = coloured, (coloured.folder / "tapgen.yaml").read_text("utf-8")
    assert live(team) == "green"
    team.write(text.replace(STRATEGY, "{strategy: rolling}"))
    refused = team.deploy("deploy", "-e", "dev")
    told = "web would lose what leads requests to it: ProductionRule, TestRule, AlternateTargetGroup"
    assert (refused.code, refused.lacks(told)) == (4, [])
    refused = team.deploy("deploy", "-e", "dev", "--anyway")
    assert (refused.code, refused.lacks("only blue stays, and green is live: web")) == (4, [])

    team.write(text.replace("path: /web", "path: /web, priority: {/web: 7}"))
    seen = team.deploy("preview", "-e", "dev")
    assert (seen.code, seen.lacks("first tell CloudFormation that", "leave CHANGESET away")) == (0, [])
    name = seen.text.strip().rpartition("CHANGESET=")[2]
    refused = team.deploy("deploy", "-e", "dev", "--change-set", name)
    assert (refused.code, refused.lacks("leave CHANGESET away")) == (4, [])

    both = text.replace("path: /web", "path: /web, priority: {/web: 7}, start_timeout: 30")
    team.write(both)
    refused = team.deploy("deploy", "-e", "dev")
    told = "web would get new tasks together with a new ProductionRule"
    assert (refused.code, refused.lacks(told, "ANYWAY=yes"), live(team)) == (4, [], "green")
    done = team.make("deploy", "ENV=dev", "ANYWAY=yes")
    assert (done.code, live(team)) == (0, "blue"), done.text
    policy = team.aws.cloudformation.get_stack_policy(StackName=team.nested()["service-web"])["StackPolicyBody"]
    assert "LogicalResourceId/ProductionRule" in policy

    # Not with the same priority of its own: both rules are there for a while.
    team.write(both.replace(STRATEGY, "{strategy: rolling}").replace(" priority: {/web: 7},", ""))
    done = team.deploy("deploy", "-e", "dev", "--anyway")
    assert done.code == 0, done.text
    assert team.service("web")["deploymentConfiguration"]["strategy"] == "ROLLING"
