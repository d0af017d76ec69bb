"""What a preview says of the tasks and the time that a deployment needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen import functions
from tapgen.config.read import read
from tapgen.deploy.changes import Change, ChangeSet
from tapgen.deploy.peak import lines
from tapgen.render import render
from tapgen.review.rollouts import MIGRATION_MINUTES
from tapgen.review.templates import Templates

FILE = """
name: shop
services:
  web:
    port: 8080
    path: /
    calls: [cart]
    cpu: 512
    memory: 1024
    tasks: {min: 2, max: 6}
    deployment: {strategy: canary, canary: {minutes: 7}, bake_minutes: 10, test: {minutes: 3}}
  cart:
    port: 8081
    calls: [stock, web]
    tasks: {min: 1, max: 4}
    deployment: {strategy: linear, linear: {percent: 30, minutes: 4}, bake_minutes: 1}
  stock:
    port: 8082
    cpu: 256
    memory: 512
    tasks: {min: 3, max: 3}
    scaling:
      schedule: {night: {at: cron(0 20 * * ? *), min: 2, max: 2}, sale: {at: cron(0 8 * * ? *), min: 5, max: 9}}
    deployment: {max_percent: 150}
  mails:
    deployment: {max_percent: 150}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}
"""
WAITS = "one after another as they wait for each other, and what tasks take to start"
NESTED = "AWS::CloudFormation::Stack"


@pytest.fixture
def shop(tmp_path: Path) -> Templates:
    (tmp_path / "tapgen.yaml").write_text(FILE, encoding="utf-8")
    templates = render(read(tmp_path / "tapgen.yaml"))
    return {path: text for path, text in templates.items() if path.startswith("dev/")}


def changes(*found: Change) -> ChangeSet:
    return ChangeSet("arn:aws:cloudformation:eu-west-1:1:changeSet/tapgen-1/2", "arn:root", found)


def stack(name: str, *types: str, action: str = "Modify") -> Change:
    within = changes(*(Change("Modify", each.rpartition(":")[2], each, "False", ["Tags"]) for each in types))
    return Change(action, name, NESTED, "", ["TemplateURL"], within)


TASKS = ("AWS::ECS::TaskDefinition", "AWS::ECS::Service")


def test_each_service_with_new_tasks_has_its_peak_and_they_wait_for_each_other(shop: Templates) -> None:
    """The test takes 3 minutes, the first step 7, the bake 10; 30, 60 and 90 percent take 4 each, and a bake of 1."""
    found = changes(*(stack(name, *TASKS) for name in ("ServiceWeb", "ServiceCart", "ServiceStock", "ServiceMails")))
    assert list(lines(shop, found)) == [
        "while new tasks start beside old ones:",
        "  dev/service-stock.Service: 3 to 13 tasks, 0.75 to 3.25 vCPU",
        "  dev/service-cart.Service: 2 to 8 tasks, 2 to 8 vCPU, 13 minutes at most until the old ones end",
        "  dev/service-web.Service: 4 to 12 tasks, 2 to 6 vCPU, 20 minutes at most until the old ones end",
        "  dev/service-mails.Service: 3 to 15 tasks, 3 to 15 vCPU",
        f"  together at most 32.25 vCPU; 33 minutes at most, {WAITS}",
    ]


def test_time_is_only_what_changes(shop: Templates) -> None:
    """A service in between that does not change takes none."""
    last = list(lines(shop, changes(stack("ServiceWeb", *TASKS), stack("ServiceStock", TASKS[1]))))[-1]
    assert "; 20 minutes at most" in last
    last = list(lines(shop, changes(stack("ServiceStock", TASKS[0]))))[-1]
    assert last == "  together at most 3.25 vCPU"


def test_what_brings_no_tasks_is_not_spoken_of(shop: Templates) -> None:
    found = changes(stack("ServiceWeb", "AWS::CloudWatch::Alarm"), stack("Network", "AWS::EC2::VPC"))
    assert list(lines(shop, found)) == []


def test_the_first_tasks_replace_none(shop: Templates) -> None:
    head, web, _ = lines(shop, changes(stack("ServiceWeb", *TASKS, action="Add")))
    assert head == "while the first tasks start:"
    assert web == "  dev/service-web.Service: 2 to 6 tasks, 1 to 3 vCPU, 20 minutes at most until it is deployed"


def test_a_migration_takes_its_time_before(tmp_path: Path) -> None:
    text = FILE.replace("  web:\n", "  web:\n    migrate: schema\n") + "jobs: {schema: {image_of: web}}\n"
    (tmp_path / "tapgen.yaml").write_text(text, encoding="utf-8")
    templates = render(read(tmp_path / "tapgen.yaml"))
    there = {path: text for path, text in templates.items() if path.startswith("dev/")}
    _, web, total = lines(there, changes(stack("ServiceWeb", *TASKS)))
    program = Path(functions.__path__[0], "migrate.py").read_text(encoding="utf-8")
    assert f"LIMIT = {MIGRATION_MINUTES} * 60" in program
    assert web.endswith("until the old ones end, 50 minutes at most for its migration before, if that runs")
    assert "; 70 minutes at most" in total


def test_what_cannot_be_seen_counts(shop: Templates) -> None:
    """CloudFormation may refuse to look into nested stacks."""
    _, web, _ = lines(shop, changes(Change("Modify", "ServiceWeb", NESTED, "False", ["TemplateURL"])))
    assert web.startswith("  dev/service-web.Service: 4 to 12 tasks")
