from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tapgen
from tapgen.errors import OutputError, Place
from tapgen.lint import engine, verdicts
from tapgen.lint.engine import UnknownRegionError
from tapgen.lint.finding import Finding
from tapgen.lint.runner import lint

pytestmark = pytest.mark.xdist_group("lint")

REGIONS = ["eu-west-1"]
BAD = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {Nmae: x}\n"
GOOD = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n"
ROOT = """
Metadata: {cfn-lint: {config: {ignore_checks: [W3002, I3011]}}}
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: a.yaml}
  B:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: b.yaml, Parameters: {Name: !GetAtt A.Outputs.Name}}
"""
A = GOOD + "Outputs:\n  Name: {Value: !GetAtt Topic.TopicName}\n"
B = """
Parameters: {Name: {Type: String}}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !Select [0, !Split ["-", !Ref Name]]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for environment in ("dev", "prod"):
        for name, text in (("root", ROOT), ("a", A), ("b", B)):
            path = tmp_path / "out" / environment / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path / "out"


def brief(findings: list[Finding], folder: Path) -> list[tuple[str, int, str]]:
    return [(Path(each.file).relative_to(folder).as_posix(), each.line, each.rule) for each in findings]


def test_finds_by_cfn_lint_and_by_our_rules(folder: Path) -> None:
    (folder / "dev/bad.yaml").write_text(BAD)
    found = lint(folder, ["dev/root.yaml", "dev/a.yaml", "dev/b.yaml", "dev/bad.yaml"], REGIONS)
    assert brief(found, folder) == [("dev/b.yaml", 7, "E9103"), ("dev/bad.yaml", 4, "E3002")]
    wrong = found[1]
    assert wrong.message == "Additional properties are not allowed ('Nmae' was unexpected)"
    assert (wrong.severity, wrong.column, wrong.end_column) == ("error", 18, 22)
    assert wrong.path == "Resources/Topic/Properties/Nmae"
    assert wrong.summary
    assert wrong.url.startswith("https://")


def test_includes_the_information_level(folder: Path) -> None:
    (folder / "log.yaml").write_text("Resources:\n  Log: {Type: AWS::Logs::LogGroup}\n")
    assert {each.severity for each in lint(folder, ["log.yaml"], REGIONS)} == {"info"}


def test_says_where_in_the_configuration_a_template_comes_from(folder: Path) -> None:
    origin = {"dev/b.yaml": Place("tapgen.yaml", 4, 3)}
    first, second = lint(folder, ["dev/root.yaml", "prod/root.yaml"], REGIONS, origin=origin)
    assert (first.source, second.source) == (Place("tapgen.yaml", 4, 3), None)


def test_equal_templates_are_checked_once(folder: Path, tmp_path: Path) -> None:
    for environment in ("dev", "prod"):
        (folder / environment / "bad.yaml").write_text(BAD)
    names = ["dev/bad.yaml", "prod/bad.yaml", "dev/root.yaml", "prod/root.yaml"]
    found = lint(folder, names, REGIONS, tmp_path / "cache")
    assert brief(found, folder) == [
        ("dev/b.yaml", 7, "E9103"),
        ("dev/bad.yaml", 4, "E3002"),
        ("prod/b.yaml", 7, "E9103"),
        ("prod/bad.yaml", 4, "E3002"),
    ]
    assert len(verdicts.recall(tmp_path / "cache")) == 2
    assert lint(folder, names, REGIONS, tmp_path / "cache") == found


def test_a_remembered_verdict_is_used(folder: Path, tmp_path: Path) -> None:
    lint(folder, ["dev/a.yaml"], REGIONS, tmp_path)
    key = verdicts.key(folder, "dev/a.yaml", verdicts.circumstances(REGIONS))
    assert key
    told = Finding("E0001", "error", "as it was told", "", 1, 1, 1, 2)
    verdicts.remember(tmp_path, {key: (told,)})
    assert [each.message for each in lint(folder, ["dev/a.yaml"], REGIONS, tmp_path)] == ["as it was told"]


def test_a_change_of_a_nested_template_gives_its_parent_a_new_verdict(folder: Path, tmp_path: Path) -> None:
    (folder / "dev/b.yaml").write_text(B.replace("!Select [0, !Split", "!Join [0, !Split"))
    before = lint(folder, ["dev/root.yaml"], REGIONS, tmp_path)
    (folder / "dev/a.yaml").write_text(GOOD + "Outputs:\n  Renamed: {Value: !GetAtt Topic.TopicName}\n")
    after = lint(folder, ["dev/root.yaml"], REGIONS, tmp_path)
    assert "E1010" not in {each.rule for each in before}
    assert "E1010" in {each.rule for each in after}
    (folder / "dev/a.yaml").write_text(A)
    assert lint(folder, ["dev/root.yaml"], REGIONS, tmp_path) == before


def test_a_template_that_changes_while_it_is_checked_is_not_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = engine.check

    def check(*arguments: Any) -> Any:
        verdict = original(*arguments)
        (folder / "dev/a.yaml").write_text(BAD)
        return verdict

    with monkeypatch.context() as patch:
        patch.setattr("tapgen.lint.engine.check", check)
        assert lint(folder, ["dev/a.yaml"], REGIONS, tmp_path / "cache") == []
    assert verdicts.recall(tmp_path / "cache") == {}


@pytest.mark.parametrize("text", ["Resources: [", "- a list\n", "", "Resources: {A: {Type: Nope}}"])
def test_a_broken_template_is_a_finding(folder: Path, text: str) -> None:
    (folder / "broken.yaml").write_text(text)
    assert {name for name, _, _ in brief(lint(folder, ["broken.yaml"], REGIONS), folder)} == {"broken.yaml"}


def test_a_missing_template_is_a_finding(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert brief(lint(folder, ["dev/none.yaml"], REGIONS, cache), folder) == [("dev/none.yaml", 1, "E0000")]
    (folder / "dev/none.yaml").write_text(GOOD)
    assert lint(folder, ["dev/none.yaml"], REGIONS, cache) == []


def test_a_waiver_in_the_template_counts(folder: Path) -> None:
    (folder / "bad.yaml").write_text("Metadata: {cfn-lint: {config: {ignore_checks: [E3002]}}}\n" + BAD)
    assert lint(folder, ["bad.yaml"], REGIONS) == []


def test_neither_settings_nor_the_working_directory_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["dev/root.yaml", "dev/a.yaml", "dev/b.yaml"]
    (folder / "dev/a.yaml").write_text(BAD)
    expected = brief(lint(folder, names, REGIONS), folder)
    assert ("dev/a.yaml", 4, "E3002") in expected
    assert ("dev/root.yaml", 9, "E1010") in expected
    for place in (folder, folder.parent, folder / "dev"):
        (place / ".cfnlintrc").write_text("ignore_checks: [E, W, I]\n")
    monkeypatch.setenv("HOME", str(folder))
    engine._load.cache_clear()
    monkeypatch.setenv("AWS_REGION", "nowhere-1")
    monkeypatch.chdir(folder / "dev")
    assert brief(lint(folder, names, REGIONS), folder) == expected
    monkeypatch.chdir(folder.parent)
    assert [each.file for each in lint(Path("out"), names, REGIONS)] == [f"out/{name}" for name, _, _ in expected]


def test_a_region_that_cfn_lint_does_not_know_is_refused(folder: Path) -> None:
    with pytest.raises(UnknownRegionError, match=r"does not know mars-east-1; it knows .*eu-west-1"):
        lint(folder, ["dev/a.yaml"], ["mars-east-1"])


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*none: run tapgen render"):
        lint(tmp_path / "none", [], REGIONS)


PROGRAM = """
import sys
from pathlib import Path
def hook(event, arguments):
    if event.startswith("socket.") and event != "socket.__new__": raise AssertionError(event)
sys.addaudithook(hook)
from tapgen.lint.runner import lint
folder = Path("out")
names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.yaml"))]
for finding in lint(folder, names, ["eu-west-1", "us-east-1"], Path("cache")):
    print(finding.file, finding.line, finding.rule)
print("cfnlint" in sys.modules)
"""


THREADS = """
import threading
from tapgen.lint.engine import _usable_processors
alone, end = _usable_processors(), threading.Event()
thread = threading.Thread(target=end.wait)
thread.start()
print(alone, _usable_processors())
end.set()
thread.join()
"""


def test_a_process_with_threads_is_not_forked() -> None:
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(os.sched_getaffinity(0))), "1"]


def test_shares_large_work_and_needs_neither_network_nor_cfn_lint_when_nothing_changed(folder: Path) -> None:
    for name, word in (("x", "Nmae"), ("y", "Neam")):
        (folder / f"{name}.yaml").write_text("# " + "x" * 20_000 + "\n" + BAD.replace("Nmae", word))
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=folder.parent,
            env={"PYTHONPATH": str(Path(tapgen.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for _ in range(2)
    ]
    found = ["out/dev/b.yaml 7 E9103", "out/prod/b.yaml 7 E9103", "out/x.yaml 5 E3002", "out/y.yaml 5 E3002"]
    assert runs == [[*found, "True"], [*found, "False"]]
