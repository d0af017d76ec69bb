"""What new tasks take, and how long, as far as templates tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tapgen.review.reports import FORMATS
from tapgen.review.review import Review, review
from tapgen.review.revisions import templates_in

PAIR = Path(__file__).parents[1] / "golden/review/new-tasks-beside-old-ones.yaml"
PLATFORMS = Path(__file__).parents[1] / "golden/platforms"
SERVICE = "{Type: 'AWS::ECS::Service', Properties: {Cluster: main, TaskDefinition: !Ref Task, %s}}"
TASK = "{Type: 'AWS::ECS::TaskDefinition', Properties: {Cpu: '256', Family: %s}}"


@pytest.fixture(scope="module")
def paired() -> Review:
    pair = yaml.safe_load(PAIR.read_text("utf-8"))
    return review(pair["before"], pair["after"])


def changed(before: str, after: str) -> Review:
    one, other = (f"Resources: {{Task: {TASK % task}, Service: {SERVICE % rest}}}" for task, rest in (
        before.split("; "), after.split("; ")))  # fmt: skip
    return review({"root.yaml": one}, {"root.yaml": other})


def test_who_waits_for_another_comes_after_it(paired: Review) -> None:
    """30, 60 and 90 percent take 4 minutes each, and the bake 10; the caller's 5 percent take 7, and its bake 2."""
    assert paired.rollouts.minutes == 22 + 9
    assert paired.rollouts.sum.startswith("together at most 5 vCPU; 31 minutes at most, one after another")


def test_every_report_says_it(paired: Review) -> None:
    assert "New tasks (3)\n  root.Callee: 4 tasks, 2 vCPU, 22 minutes" in FORMATS["text"](paired)
    assert "#### New tasks\n\n- root.Callee: 4 tasks, 2 vCPU, 22 minutes" in FORMATS["markdown"](paired)
    assert '"minutes": 31' in FORMATS["json"](paired)


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("a; DesiredCount: 1", "a; DesiredCount: 2", []),
        ("a; Tags: [{Key: a, Value: b}]", "a; Tags: []", []),
        ("a; EnableExecuteCommand: true", "a; EnableExecuteCommand: false", ["2 tasks, 0.5 vCPU"]),
        ("a; DesiredCount: 3", "b; DesiredCount: 3", ["6 tasks, 1.5 vCPU"]),
        (
            "a; DeploymentConfiguration: {MaximumPercent: 150}",
            "b; DeploymentConfiguration: {MaximumPercent: 150}",
            ["1 task, 0.25 vCPU"],
        ),
    ],
)
def test_new_tasks_come_with_what_only_new_ones_can_have(before: str, after: str, wanted: list[str]) -> None:
    assert [str(each) for each in changed(before, after).rollouts.known.values()] == wanted


def test_what_is_known_only_later_is_not_guessed() -> None:
    found = changed("a; DesiredCount: !GetAtt Elsewhere.Value", "b; DesiredCount: !GetAtt Elsewhere.Value").rollouts
    assert (dict(found.known), [*found.unknown]) == ({}, ["root.Service"])


def test_whoever_waits_for_itself_is_no_endless_story() -> None:
    text = PAIR.read_text("utf-8").replace("DependsOn: []", "DependsOn: [Caller]")
    pair = yaml.safe_load(text)
    assert review(pair["before"], pair["after"]).rollouts.minutes >= 22


@pytest.fixture(scope="module")
def coloured() -> Mapping[str, str]:
    return templates_in(PLATFORMS / "colours/templates_out/prod")


def test_the_first_tasks_replace_none(coloured: Mapping[str, str]) -> None:
    """Of a whole platform that comes, and of one whose every service changes."""
    first = review({}, coloured).rollouts
    again = review(
        {path: text.replace("PlatformVersion: LATEST", "PlatformVersion: 1.4.0") for path, text in coloured.items()},
        coloured,
    ).rollouts
    assert {*first.known} >= {*again.known} != set()
    for address, rollout in again.known.items():
        assert rollout.tasks.most >= first.known[address].tasks.most
    assert any(rollout.tasks.most == 2 * first.known[address].tasks.most for address, rollout in again.known.items())
