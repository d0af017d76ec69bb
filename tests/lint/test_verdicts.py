from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tapgen.lint import verdicts
from tapgen.lint.finding import Finding

FINDING = Finding("E3002", "error", "wrong", "", 3, 5, 3, 9, "Resources/A", "summary", "https://example.com")


def nested(child: str) -> str:
    return f"Resources: {{Child: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {child}}}}}}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for environment in ("dev", "prod"):
        (tmp_path / environment).mkdir()
        (tmp_path / environment / "root.yaml").write_text(nested("middle.yaml"))
        (tmp_path / environment / "middle.yaml").write_text(nested("leaf.yaml"))
        (tmp_path / environment / "leaf.yaml").write_text("Resources: {}")
    return tmp_path


def key(folder: Path, name: str = "dev/root.yaml", regions: tuple[str, ...] = ("eu-west-1",)) -> str | None:
    return verdicts.key(folder, name, verdicts.circumstances(regions))


def test_equal_templates_with_equal_children_share_a_verdict(folder: Path) -> None:
    assert key(folder) == key(folder, "prod/root.yaml")
    assert key(folder) != key(folder, "dev/middle.yaml")


CHANGES: dict[str, Callable[[Path], object]] = {
    "the template": lambda folder: (folder / "root.yaml").write_text(nested("middle.yaml") + "\n"),
    "a nested template": lambda folder: (folder / "middle.yaml").write_text(nested("leaf.yaml") + "\n"),
    "one nested in that": lambda folder: (folder / "leaf.yaml").write_text("Resources: {} # other"),
    "a nested template is gone": lambda folder: (folder / "leaf.yaml").unlink(),
    "a nested template has another name": lambda folder: (
        (folder / "middle.yaml").rename(folder / "other.yaml"),
        (folder / "root.yaml").write_text(nested("other.yaml")),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_a_template_changes_the_key(folder: Path, change: Callable[[Path], object]) -> None:
    change(folder / "dev")
    assert key(folder) != key(folder, "prod/root.yaml")


def test_a_nested_template_that_appears_changes_the_key(folder: Path) -> None:
    (folder / "dev/leaf.yaml").unlink()
    before = key(folder)
    (folder / "dev/leaf.yaml").write_text("Resources: {}")
    assert key(folder) != before


def test_the_regions_change_the_key(folder: Path) -> None:
    assert key(folder) != key(folder, regions=("eu-west-1", "us-east-1"))


def test_the_version_of_cfn_lint_changes_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(folder)
    monkeypatch.setattr(verdicts, "version", lambda name: "1.58.0.post1")
    assert key(folder) != before


def test_the_version_of_python_changes_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(folder)
    monkeypatch.setattr("sys.version_info", (3, 99, 0))
    assert key(folder) != before


def test_the_source_of_a_rule_changes_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = folder / "package/rules/rule.py"
    rule.parent.mkdir(parents=True)
    rule.write_text("id = 'E9101'")
    monkeypatch.setattr(verdicts, "PACKAGE", folder / "package")
    before = key(folder)
    rule.write_text("id = 'E9102'")
    assert key(folder) != before


def test_what_a_credential_is_changes_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdicts.CREDENTIALS.is_file()
    before = key(folder)
    monkeypatch.setattr(verdicts, "CREDENTIALS", folder / "dev/leaf.yaml")
    assert key(folder) != before


def test_what_is_not_known_has_no_key(folder: Path) -> None:
    assert key(folder, "dev/missing.yaml") is None
    (folder / "dev/root.yaml").write_text("TemplateURL: [")
    assert key(folder) is None


def test_a_template_that_nests_itself_has_a_key(folder: Path) -> None:
    (folder / "dev/leaf.yaml").write_text(nested("root.yaml"))
    assert key(folder) is not None


def test_remembers(tmp_path: Path) -> None:
    cache = tmp_path / "new" / "cache"
    verdicts.remember(cache, {"a": (FINDING,), "b": ()})
    verdicts.remember(cache, {"c": ()})
    assert verdicts.recall(cache) == {"a": (FINDING,), "b": (), "c": ()}
    assert sorted(path.name for path in cache.iterdir()) == [".gitignore", "CACHEDIR.TAG", "lint.json"]
    assert (cache / ".gitignore").read_text() == "*\n"
    assert (cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_forgets_what_was_not_used_for_longest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "KEPT", 3)
    verdicts.remember(tmp_path, {"a": (), "b": (), "c": ()})
    verdicts.remember(tmp_path, {"a": (), "d": ()})
    assert list(verdicts.recall(tmp_path)) == ["c", "a", "d"]


def sealed(body: str) -> bytes:
    return f"{verdicts._digest(body.encode())}\n{body}".encode()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[:-10],
    "one letter": lambda whole: whole.replace(b"wrong", b"wrung"),
    "foreign": lambda whole: b"\xff\x00\xfe" * 100,
    "only a checksum": lambda whole: whole.split(b"\n")[0],
    "a list": lambda whole: sealed("[]"),
    "other fields": lambda whole: sealed(json.dumps({"a": [{"rule": "E1"}]})),
    "no lists": lambda whole: sealed(json.dumps({"a": 1})),
    "too deep": lambda whole: sealed("[" * 100_000),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_cache_is_empty_and_heals(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    verdicts.remember(tmp_path, {"a": (FINDING,)})
    file = tmp_path / verdicts.FILE
    file.write_bytes(damage(file.read_bytes()))
    assert verdicts.recall(tmp_path) == {}
    verdicts.remember(tmp_path, {"b": ()})
    assert verdicts.recall(tmp_path) == {"b": ()}


OBSTACLES: dict[str, Callable[[Path], object]] = {
    "it is a file": lambda cache: cache.write_text("mine"),
    "it is a dangling link": lambda cache: cache.symlink_to("nowhere/at/all"),
    "its file is a folder": lambda cache: (cache / verdicts.FILE / "mine").mkdir(parents=True),
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES.keys())
def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, obstacle: Callable[[Path], object]) -> None:
    cache = tmp_path / "cache"
    obstacle(cache)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    verdicts.remember(cache, {"a": ()})
    assert verdicts.recall(cache) == {}
    left = {path.name for path in tmp_path.rglob("*")} - set(before)
    assert left <= {".gitignore", "CACHEDIR.TAG"}


def write_and_read(arguments: tuple[Path, int]) -> int:
    cache, number = arguments
    for turn in range(20):
        verdicts.remember(cache, {f"{number}-{turn}": (FINDING,)})
        assert all(verdict == (FINDING,) for verdict in verdicts.recall(cache).values())
    return len(verdicts.recall(cache))


def test_runs_at_the_same_time_do_not_damage_it(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        assert min(pool.map(write_and_read, [(tmp_path, number) for number in range(3)])) > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "CACHEDIR.TAG", "lint.json"]
