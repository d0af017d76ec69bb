"""Two versions of the configuration, and the lines that the changes of the templates come from: stated as data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tapgen.attribution.causes import causes
from tapgen.attribution.documents import Documents, documents_in
from tapgen.attribution.keys import keys, mixed
from tapgen.cli import tapgen
from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.config.yaml.tree import plain
from tapgen.errors import ConfigError
from tapgen.git import git
from tapgen.render import render
from tapgen.review.causes import Causes, Move
from tapgen.review.reports.causes import UNEXPLAINED, grouped
from tapgen.review.review import review

CASES = sorted((Path(__file__).parents[1] / "golden/causes").glob("*.yaml"))
IMAGES = "tapgen.images.yaml"


def documents(files: Mapping[str, str]) -> Documents:
    beside = {name: text.encode() for name, text in files.items() if name not in ("tapgen.yaml", IMAGES)}
    config = replace(compose(files["tapgen.yaml"].encode(), "tapgen.yaml"), beside=beside)
    return Documents(config, compose(files.get(IMAGES, "").encode(), IMAGES))


def rendered(said: Documents) -> dict[str, str]:
    return render(understand(said.config, said.images))


def found(before: Documents, after: Documents) -> Causes:
    return causes(review(rendered(before), rendered(after)), lambda: before, lambda: after)


def verdict(case: Mapping[str, Any]) -> dict[str, list[str]]:
    return dict(grouped(found(documents(case["before"]), documents(case["after"]))))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_change_is_explained_by_exactly_these_lines(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    assert case.keys() == {"change", "before", "after", "verdict"}
    assert verdict(case) == case["verdict"]
    assert UNEXPLAINED not in case["verdict"]


SHOP = yaml.safe_load((CASES[0].parent / "port.yaml").read_text())["before"]["tapgen.yaml"]
PLATFORMS = sorted((Path(__file__).parents[1] / "golden/platforms").glob("*/tapgen.yaml"))
OTHERWISE = {
    "services.order.access.orders": ("orders: [read]", "orders: [read, write]"),
    "services.mail.port": ("8081", "9081"),
    "environments.dev.protect": ("protect: false", "protect: true"),
    "environments.dev.logs.days": ("days: 7", "days: 30"),
}
"""Single keys of the shop, each of which changes something."""


def otherwise(*names: str) -> Documents:
    text = SHOP
    for name in names:
        assert OTHERWISE[name][0] in text
        text = text.replace(*OTHERWISE[name])
    return documents({"tapgen.yaml": text})


def named(causes: Causes) -> list[str]:
    return [line.key for cause in causes.causes for line in cause.lines if cause.moves]


@pytest.mark.parametrize("key", OTHERWISE)
def test_one_changed_key_explains_everything(key: str) -> None:
    causes = found(otherwise(), otherwise(key))
    assert named(causes) == [key]
    assert (list(causes.unexplained), causes.note) == ([], "")


def test_what_a_key_changes_among_others_is_what_it_changes_alone() -> None:
    every = found(otherwise(), otherwise(*OTHERWISE))
    assert not every.unexplained
    for cause in every.causes:
        (line,) = cause.lines
        (alone,) = found(otherwise(), otherwise(line.key)).causes
        assert set(alone.moves) <= set(cause.moves)


@pytest.mark.parametrize("number", range(3))
def test_whatever_is_changed_of_a_platform_is_explained(number: int) -> None:
    """Some keys of one platform are said as another says them, as many of them as are possible together."""
    chance = Random(number)
    before, other = (documents_in(path) for path in chance.sample(PLATFORMS, 2))
    assert before
    assert other
    after = before
    for key in chance.sample(keys(before, other), 8):
        after = possible(mixed(after, other, [key])) or after
    changed = keys(before, after)
    assert changed
    causes = found(before, after)
    assert (list(causes.unexplained), causes.note) == ([], "")
    assert {line for cause in causes.causes for line in cause.lines} == {key.line for key in changed}


def possible(said: Documents) -> Documents | None:
    try:
        understand(said.config, said.images)
    except ConfigError:
        return None
    return said


def test_all_differing_keys_make_one_version_the_other() -> None:
    versions = [documents({"tapgen.yaml": path.read_text()}) for path in PLATFORMS]
    for before, after in permutations(versions, 2):
        changed = keys(before, after)
        assert changed
        assert plain(mixed(before, after, changed).config.root) == plain(after.config.root)
        assert plain(mixed(before, after, []).config.root) == plain(before.config.root)


def test_too_many_keys_are_tried_with_their_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapgen.attribution.causes.MOST", 2)
    causes = found(otherwise(), otherwise(*OTHERWISE))
    assert [[line.key for line in cause.lines] for cause in causes.causes] == [
        ["services.order.access.orders", "services.mail.port"],
        ["environments.dev.protect", "environments.dev.logs.days"],
    ]
    assert causes.note == "4 keys are changed: neighbours are tried together"


def many(first: int) -> Documents:
    """Eight services with ports that begin somewhere, of which the last is told where the first two are."""
    services = "".join(f"  s{number}: {{port: {first + number}}}\n" for number in range(7))
    last = f"  s7: {{port: {first + 7}, calls: [s0, s1], env: {{BOTH: '${{s0.url}} ${{s1.url}}'}}}}\n"
    environment = SHOP.partition("environments:")[2]
    return documents({"tapgen.yaml": f"name: shop\nservices:\n{services}{last}environments:{environment}"})


def test_many_independent_keys_are_told_apart_by_few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    exactly = found(many(8080), many(9080))
    assert exactly.note == ""
    monkeypatch.setattr("tapgen.attribution.causes.MOST", 6)
    causes = found(many(8080), many(9080))
    assert causes.note.startswith("8 keys are changed: halves of them are tried")
    *single, several = causes.causes
    assert [[line.key for line in cause.lines] for cause in single] == [[f"services.s{n}.port"] for n in range(8)]
    both = Move(
        "dev/service-s7.TaskDefinition", "changed", ("ContainerDefinitions", "app", "Environment", "BOTH", "Value")
    )
    assert [line.key for line in several.lines] == ["services.s0.port", "services.s1.port"]
    assert both in several.moves
    for cause, other in zip(exactly.causes, single, strict=True):
        assert set(other.moves) == set(cause.moves) - set(several.moves)
    assert not causes.unexplained


def edited(templates: dict[str, str]) -> dict[str, str]:
    path = "dev/network.yaml"
    assert "MaxAggregationInterval: 600" in templates[path]
    return templates | {path: templates[path].replace("MaxAggregationInterval: 600", "MaxAggregationInterval: 60")}


def test_what_no_line_explains_was_edited_or_is_of_another_version() -> None:
    before, after = otherwise(), otherwise("services.mail.port")
    hand = [Move("dev/network.FlowLog", "changed", ("MaxAggregationInterval",))]
    for old, new, said in (
        (rendered(before), edited(rendered(after)), "the templates are not what this tapgen renders"),
        (edited(rendered(before)), rendered(after), "the templates before are not what this tapgen renders"),
    ):
        line, other = causes(review(old, new), lambda: before, lambda: after).causes
        assert str(line) == "tapgen.yaml:9 services.mail.port"
        assert (str(other).partition(":")[0], other.moves) == (said, hand)
        assert hand[0] not in line.moves


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The shop, rendered and committed."""
    (tmp_path / "tapgen.yaml").write_text(SHOP)
    said = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    render_in(tmp_path)
    for words in (["init", "-q"], ["add", "."], [*said, "commit", "-q", "-m", "first"]):
        git(tmp_path, *words)
    return tmp_path


def render_in(folder: Path) -> None:
    run(folder, "render")


def run(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(tapgen, ["--quiet", "--config", str(folder / "tapgen.yaml"), *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_names_the_line_since_a_revision(repository: Path) -> None:
    config = repository / "tapgen.yaml"
    config.write_text(SHOP.replace("8081", "9081"))
    line = f"{config}:9 services.mail.port"
    assert line in run(repository, "review", "--causes", "--working", "HEAD")
    render_in(repository)
    assert line in run(repository, "review", "--causes", "HEAD")
    assert line in run(repository, "review", "--causes", "HEAD", "--format", "markdown").replace("\\_", "_")
    assert "Causes" not in run(repository, "review", "HEAD")
    data = json.loads(run(repository, "review", "--causes", "HEAD", "--format", "json"))
    (cause,) = data["causes"]["causes"]
    assert cause["lines"] == [{"file": str(config), "line": 9, "key": "services.mail.port", "kind": "changed"}]
    addresses = {each["address"] for each in data["changes"]}
    assert addresses == {each["address"] for each in cause["changes"]}


def test_where_there_is_no_configuration_or_a_wrong_one_that_is_said(repository: Path, tmp_path: Path) -> None:
    templates = tmp_path / "others/templates"
    shutil.copytree(repository / "templates_out", templates)
    network = templates / "dev/network.yaml"
    network.write_text(network.read_text().replace("MaxAggregationInterval: 600", "MaxAggregationInterval: 60"))
    words = ("review", "--causes", "--against", str(templates))
    assert "there is no tapgen.yaml before" in run(repository, *words)
    (tmp_path / "others/tapgen.yaml").write_text(SHOP.replace("8081", "none"))
    assert "since it is refused: " in run(repository, *words)
    (tmp_path / "others/tapgen.yaml").write_text(SHOP)
    assert "the templates before are not what this tapgen renders" in run(repository, *words)
