"""What the documents say is so: their commands run, their examples render, their tables are those of the templates."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tapgen.cli import tapgen
from tapgen.config.accepted import acceptances
from tapgen.config.deployment import Deployment
from tapgen.config.read import read
from tapgen.deploy.cli import deployment
from tapgen.deploy.states import STATES
from tapgen.errors import ConfigError
from tapgen.init import init
from tapgen.lint.runner import lint
from tapgen.parse import parse
from tapgen.render import render
from tapgen.review.gate import findings, judge
from tapgen.review.reports.rules import RULES
from tapgen.review.review import review
from tapgen.review.revisions import templates_at, templates_in
from tapgen.write import write

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
ALARMS = (PROJECT / "docs/alarms.md").read_text(encoding="utf-8")
DEPLOYING = (PROJECT / "docs/deploying.md").read_text(encoding="utf-8")
DEPLOYMENTS = (PROJECT / "docs/deployments.md").read_text(encoding="utf-8")
RECIPES = (PROJECT / "docs/recipes.md").read_text(encoding="utf-8")
AROUND_RECIPES = """
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {hosted_zone: Z0123456789, domain: shop.example.com}}
"""
EXIT_CODES = deployment.exit_codes
DOCUMENTS = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands(path: Path) -> list[str]:
    lines = "".join(blocks(path.read_text(encoding="utf-8"), "sh")).splitlines()
    return [line.partition("#")[0].strip() for line in lines if line.strip()]


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of the table whose first column is called *first*."""
    table = text.split(f"| {first} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!http|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


SAID_IN = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/deploying.md",
    "docs/deployments.md",
    "docs/images.md",
    "docs/review.md",
)
COMMANDS = sorted({each for name in SAID_IN for each in commands(PROJECT / name)})


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target of make is run dry, since these tests are one of them."""
    program, *arguments = command.split()
    monkeypatch.chdir(tmp_path)
    match program:
        case "make":
            made = subprocess.run(["make", "-n", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stderr
        case "tapgen":
            assert CliRunner().invoke(tapgen, arguments).exit_code == 0
        case "pip":
            project: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            assert arguments == ["install", project["name"]]
        case _:
            pytest.fail(f"nothing here can run {command}")


def test_the_first_example_renders(tmp_path: Path) -> None:
    example, images = blocks(README, "yaml")
    (tmp_path / "tapgen.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "tapgen.images.yaml").write_text(images.replace("prod:", "dev:"), encoding="utf-8")
    rendered = render(read(tmp_path / "tapgen.yaml"))
    assert "sha256:0123456789abcdef" in rendered["dev/service-payment.yaml"]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the templates of each recipe."""
    folder = tmp_path_factory.mktemp("recipes")
    for number, recipe in enumerate(blocks(RECIPES, "yaml")):
        file = folder / f"{number}.yaml"
        around = "" if "environments:" in recipe else AROUND_RECIPES
        file.write_text(f"name: shop\n{recipe}{around}", encoding="utf-8")
        write(render(read(file)), folder / str(number))
    return folder


@pytest.mark.parametrize("recipe", blocks(RECIPES, "yaml"), ids=re.findall("^## (.*)", RECIPES, flags=re.MULTILINE))
def test_a_recipe_is_short(recipe: str) -> None:
    assert len(recipe.splitlines()) <= 10


def test_every_recipe_renders_to_templates_without_findings(recipes: Path) -> None:
    names = [path.relative_to(recipes).as_posix() for path in sorted(recipes.glob("*/**/*.yaml"))]
    assert len({name.partition("/")[0] for name in names}) == len(blocks(RECIPES, "yaml"))
    assert lint(recipes, names, ["eu-west-1"]) == []


def test_the_example_of_a_mistake_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = "name: a\n\nservices:\n  payment:\n    port: 80\n    cpu: 300\n"
    environment = "environments:\n  dev: {account: 111111111111, region: eu-west-1, ingress: {protocol: http}}\n"
    Path("tapgen.yaml").write_text(wrong + environment, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read(Path("tapgen.yaml"))
    (shown,) = blocks(README, "text")
    assert str(error.value) + "\n" == shown


def test_the_table_of_templates_is_complete() -> None:
    said = {cell.strip("`") for row in rows(README, "template") for cell in row[:1]}
    rendered = render(read(PROJECT / "tapgen.yaml"))
    names = {re.sub(r"service-.*\.yaml", "service-<name>.yaml", path.rpartition("/")[2]) for path in rendered}
    assert {name.removeprefix("<environment>/") for name in said} == names


def test_the_table_of_commands_is_complete() -> None:
    """Each row names a command and its options, as `tapgen render [-e ENV] [--check\\|--diff]`."""
    said = {row[0].strip("`").split()[1]: row[0] for row in rows(README, "command")}
    assert list(said) == list(tapgen.commands)
    for name, row in said.items():
        options = {option for parameter in tapgen.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--?[a-z]+", row)) <= options


def test_the_exit_codes_of_deploying_are_the_same_wherever_they_are_told() -> None:
    told = {row[0]: row[1].lower() for row in rows(DEPLOYING, "exit code")}
    assert {code: text.partition(". It says")[0].rstrip(".").lower() for code, text in EXIT_CODES} == told


def test_the_states_that_need_help_are_those_that_are_known() -> None:
    told = " ".join(row[0] for row in rows(DEPLOYING, "state"))
    stuck = {name for name, state in STATES.items() if state.way_out and not state.busy}
    assert set(re.findall(r"`([A-Z_]+)`", told)) == stuck - {"IMPORT_ROLLBACK_FAILED"} | {"REVIEW_IN_PROGRESS"}


def test_the_table_of_alarms_is_that_of_the_templates() -> None:
    rendered = render(read(PROJECT / "tests/golden/platforms/minimal/tapgen.yaml"))
    resources = parse(rendered["dev/service-web.yaml"])["Resources"]
    alarms = {name: resource for name, resource in resources.items() if resource["Type"] == "AWS::CloudWatch::Alarm"}
    assert [_as_row(name, alarm["Properties"]) for name, alarm in alarms.items()] == [
        [*row[:4], row[4].partition(":")[0]] for row in rows(ALARMS, "alarm")
    ]
    for alarm in alarms.values():
        topic = [{"Ref": "AlertsTopicArn"}]
        assert (alarm["Properties"]["AlarmActions"], alarm["Properties"]["OKActions"]) == (topic, topic)


def _as_row(name: str, alarm: dict[str, Any]) -> list[str]:
    if "Metrics" in alarm:
        measured = f"`{alarm['Metrics'][0]['Expression']}`"
    else:
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        measured = f"`{alarm['Namespace']}` {alarm['MetricName']}, {statistic}"
    operator = {"LessThanThreshold": "<", "GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": ">="}
    bad = f"{operator[alarm['ComparisonOperator']]} {alarm['Threshold']:g}"
    missing = {"breaching": "bad", "notBreaching": "good"}[alarm["TreatMissingData"]]
    return [name, measured, bad, str(alarm["EvaluationPeriods"]), missing]


def test_every_alarm_of_a_service_is_explained() -> None:
    found = {
        title
        for path in (PROJECT / "tests/golden/platforms").glob("*/templates_out/*/service-*.yaml")
        for title, each in parse(path.read_text(encoding="utf-8"))["Resources"].items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert {"StaleCertificates", "TooFewTasks"} <= found
    assert [title for title in sorted(found) if title not in ALARMS] == []


def test_the_example_of_deployments_says_who_wins(tmp_path: Path) -> None:
    (example,) = blocks(DEPLOYMENTS, "yaml")
    (tmp_path / "tapgen.yaml").write_text(f"name: shop\n{example}", encoding="utf-8")
    said = read(tmp_path / "tapgen.yaml")
    assert {
        (environment.name, name): (service.deployment.strategy, service.deployment.bake_minutes)
        for environment in said.environments.values()
        for name, service in environment.services.items()
    } == {
        ("dev", "shop"): ("rolling", 5),
        ("dev", "stock"): ("linear", 5),
        ("prod", "shop"): ("canary", 5),
        ("prod", "stock"): ("linear", 5),
    }
    assert render(said)


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "linear"])
def test_the_pictures_of_deployments_have_the_numbers_of_the_defaults(strategy: str) -> None:
    picture = DEPLOYMENTS.split(f"**`{strategy}`**\n", 1)[1].split("```")[1]
    numbers = {line.partition("  ")[0]: list(map(int, re.findall(r"\d+", line))) for line in picture.splitlines()}
    default = Deployment.model_validate({"strategy": strategy})
    assert numbers["new gets"] == [0, 0, *default.steps, 100]
    first, *rest = numbers["minutes"]
    assert (first, sum(rest)) == (default.test.minutes, default.minutes)


REVIEW = (PROJECT / "docs/review.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform that `tapgen init` writes, committed, and changed as the page about reviews does."""
    folder = tmp_path_factory.mktemp("reviewed")
    init(folder, "shop")
    file = folder / "tapgen.yaml"
    write(render(read(file)), folder / "templates_out")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "before")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (diff,) = blocks(REVIEW, "diff")
    lines = diff.splitlines()
    text = file.read_text(encoding="utf-8")
    for old, new in zip(lines[::2], lines[1::2], strict=True):
        assert (old[0], new[0]) == ("-", "+")
        assert text.count(old[1:]) >= 1
        text = text.replace(old[1:], new[1:], 1)
    file.write_text(text, encoding="utf-8")
    write(render(read(file)), folder / "templates_out")
    return folder


def pattern(example: str) -> str:
    """What matches an example, in which a line `…` stands for any lines."""
    parts = [r"(?:.*\n)*?" if line == "…" else f"{re.escape(line)}\n" for line in example.splitlines()]
    return "".join(parts)


@pytest.mark.parametrize("example", blocks(REVIEW, "console"), ids=range(len(blocks(REVIEW, "console"))))
def test_the_examples_of_reviews_are_what_is_printed(
    example: str, reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reviewed)
    command, said = example.split("\n", 1)
    called = CliRunner().invoke(tapgen, command.removeprefix("$ tapgen ").split())
    assert called.exit_code == ("--fail-on" in command)
    assert re.fullmatch(pattern(said), called.output), called.output


def test_what_the_page_accepts_is_accepted(reviewed: Path) -> None:
    (reviewed / "tapgen.accepted.yaml").write_text(blocks(REVIEW, "yaml")[0], encoding="utf-8")
    before = {str(path): text for path, text in templates_at(reviewed / "templates_out", "HEAD", ["dev"]).items()}
    found = findings(review(before, templates_in(reviewed / "templates_out", ["dev"])), ["protection", "cost>50"])
    accepted = acceptances(reviewed / "tapgen.accepted.yaml")
    assert len(found) == 5
    assert judge(found, accepted, "2026-12-31") == []
    assert len(judge(found, accepted, "2027-01-01")) == 7
    (reviewed / "tapgen.accepted.yaml").unlink()


def test_the_table_of_what_can_be_refused_is_complete() -> None:
    assert [(row[0].strip("`"), row[1], row[2]) for row in rows(REVIEW, "kind")] == [
        (kind, rule.level, rule.title) for kind, rule in RULES.items()
    ]


def test_the_table_of_formats_is_complete() -> None:
    (form,) = [each for each in tapgen.commands["review"].params if each.name == "form"]
    assert isinstance(form.type, click.Choice)
    assert sorted(row[0].strip("`") for row in rows(REVIEW, "`--format`")) == sorted(form.type.choices)
