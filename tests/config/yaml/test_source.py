"""Any bytes become a tree with places, or a located error; never anything else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapgen.config.yaml.source import MAX_DEPTH, Source, compose, load
from tapgen.config.yaml.tree import find, plain
from tapgen.errors import ConfigError, Place, Problem


def source(text: str | bytes) -> Source:
    return compose(text.encode() if isinstance(text, str) else text, "f.yaml")


def value(text: str) -> Any:
    made = source(text)
    assert not made.problems
    return plain(made.root)


def problems(data: bytes) -> Sequence[Problem]:
    """What is wrong, if anything is; any other exception is a bug."""
    try:
        made = source(data)
    except ConfigError as error:
        return error.problems
    plain(made.root)
    return made.problems


def refusal(text: str | bytes) -> str:
    with pytest.raises(ConfigError) as error:
        source(text)
    assert all(problem.place for problem in error.value.problems)
    return str(error.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("111111111111", 111111111111),
        ("1.5", 1.5),
        ("-0.25e2", -25.0),
        ("off", "off"),
        ("no", "no"),
        ("yes", "yes"),
        ("True", "True"),
        ("NULL", "NULL"),
        ("012345678901", "012345678901"),
        ("-01", "-01"),
        ("+1", "+1"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("190:20:30", "190:20:30"),
        ("10001:10001", "10001:10001"),
        ("1.", "1."),
        (".5", ".5"),
        ("1e5", "1e5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-11-22", "2026-11-22"),
        ("9" * 5000, "9" * 5000),
        ("٣", "٣"),
        ('"1"', "1"),
        ("'true'", "true"),
        ('""', ""),
        ("|\n  5", "5"),
        ("[1, a]", [1, "a"]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_values_mean_what_they_say(written: str, meant: Any) -> None:
    found = value(f"key: {written}")["key"]
    assert found == meant
    assert type(found) is type(meant)


def test_what_means_the_same_under_yaml_1_2_is_accepted() -> None:
    assert value("mesh: {tls: off}\naccount: 012345678901\non: 1") == {
        "mesh": {"tls": "off"},
        "account": "012345678901",
        "on": 1,
    }


def test_places_count_lines_and_characters_from_one() -> None:
    made = source("# é\nname: shop\nservices:\n  'pé': {port: 8080, calls: [a, 'bb']}\n")
    node, rest = find(made.root, ("services", "pé", "calls", 1))
    assert rest == ()
    assert made.shown(node.place) == Place("f.yaml", 4, 33, 4, "  'pé': {port: 8080, calls: [a, 'bb']}")
    port, _ = find(made.root, ("services", "pé", "port"))
    assert port.key is not None
    assert (port.key.column, port.key.length, port.place.column) == (10, 4, 16)


def test_what_is_not_written_is_found_at_what_is_above_it() -> None:
    made = source("services:\n  payment:\n    port: 1\n")
    node, rest = find(made.root, ("services", "payment", "tasks", "min"))
    assert (node.path, rest, node.shown.line) == (("services", "payment"), ("tasks", "min"), 2)


def test_an_alias_is_what_it_stands_for_under_its_own_keys() -> None:
    made = source("a: &x {b: [1]}\nc: *x\n")
    assert plain(made.root) == {"a": {"b": [1]}, "c": {"b": [1]}}
    node, _ = find(made.root, ("c", "b", 0))
    assert (node.path, node.place.line) == (("c", "b", 0), 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_end_as_the_parser_says(end: str) -> None:
    made = source(f"a: 1{end}b: 2{end}")
    node, _ = find(made.root, ("b",))
    assert made.shown(node.place).text in {"b: 2", ""}
    assert made.lines[node.place.line - 1] == "b: 2"


def test_a_byte_order_mark_is_accepted() -> None:
    made = source(b"\xef\xbb\xbfname: shop")
    assert plain(made.root) == {"name": "shop"}
    assert made.lines == ["name: shop"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "{a: " * 200_000,
        "- " * 200_000,
        "? " * 200_000,
        "[" * 200_000 + "]" * 200_000,
        "".join("  " * n + "a:\n" for n in range(1000)),
        "a: &x [*x]\n" + "b: " + "[" * 100,
    ],
    ids=["brackets", "braces", "dashes", "questions", "closed", "block", "alias"],
)
def test_nesting_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    assert f"is nested more than {MAX_DEPTH} levels deep" in refusal(text)
    assert time.perf_counter() - start < 1


def test_nesting_through_aliases_is_refused() -> None:
    lines = ["a0: &a0 []"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 2 * MAX_DEPTH)]
    assert f"is nested more than {MAX_DEPTH} levels deep" in refusal("\n".join(lines))


def test_nesting_up_to_the_limit_is_accepted() -> None:
    assert value("[" * MAX_DEPTH + "]" * MAX_DEPTH)


def test_anchors_that_explode_are_refused_at_once() -> None:
    lines = ["a0: &a0 [" + "x, " * 50 + "]"] + [f"a{n}: &a{n} [{f'*a{n - 1}, ' * 50}]" for n in range(1, 20)]
    start = time.perf_counter()
    assert "holds more than 50000 values" in refusal("\n".join(lines))
    assert time.perf_counter() - start < 2


def test_many_values_are_refused() -> None:
    assert "holds more than 50000 values" in refusal("[" + "1, " * 60_000 + "]")


def test_a_file_of_ten_megabytes_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "tapgen.yaml"
    path.write_bytes(b"# comment\n" * 1024 * 1024)
    start = time.perf_counter()
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load(path)
    assert time.perf_counter() - start < 0.5


def test_a_file_that_is_missing_or_a_directory_says_so(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "no.yaml", "no.yaml does not exist"), (tmp_path, "is a directory")):
        with pytest.raises(ConfigError, match=message) as error:
            load(path, "make one")
        assert error.value.problems[0].hint == "make one"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    loop = tmp_path / "tapgen.yaml"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match="cannot be read: Too many levels of symbolic links"):
        load(loop)


@pytest.mark.parametrize(
    "data", [b"\0", b"a: \xff", "a".encode("utf-16"), b"a: \x1b[31m", b"a: \xed\xa0\x80", b"\x7fELF"]
)
def test_what_is_not_text_is_refused(data: bytes) -> None:
    assert "f.yaml:1:" in refusal(data)


@pytest.mark.parametrize(
    "tag", ["!!python/object:os.system", "!!python/name:os.system", "!mine", "!!str", "!!binary", "!"]
)
def test_tags_are_refused_and_nothing_is_made(tag: str) -> None:
    for text in (f"a: {tag} x", f"a: {tag} [x]", f"a: {tag} {{x: y}}"):
        (problem,) = source(text).problems
        assert problem.message.startswith("tags are not supported")
        assert problem.place
        assert problem.place.column == 4


def test_a_duplicate_key_points_at_the_second_and_names_the_first() -> None:
    (problem,) = source("a: 1\nb: 2\n'a': 3\n").problems
    assert problem.place == Place("f.yaml", 3, 1, 3, "'a': 3")
    assert "line 1" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {env: {A: hunter2}}}",
        "services: {a: {env: {A: [hunter2, hunter2]}}}",
        "services: {a: {env: hunter2}}",
        "services:\n  a:\n    env:\n      A: |\n        hunter2\n        hunter2\n",
        'services: {a: {env: {A: "x\n  hunter2"}}}',
        "defaults: {service: {env: {A: hunter2}}}",
        "services: {a: {path: &x hunter2, env: {A: *x}}}",
        "services: {a: {env: {A: hunter2, A: hunter2}}}",
        "services: {a: {secrets: {A: hunter2, B: [hunter2]}}}",
        "services: {a: {secrets: hunter2}}",
        "{defaults: {service: {secrets: {A: hunter2}}}, environments: {e: {services: {a: {secrets: {A: hunter2}}}}}}",
        "environments: {service: {service: {secrets: {A: hunter2}}}}",
        "environments: {e: {secrets: {db: hunter2, other: {password: hunter2}}}}",
        "defaults: {secrets: hunter2}",
        "secrets: {db: hunter2}",
        "environments: {e: {service: {env: {1: hunter2, [b]: hunter2}}, services: {a: {env: {B: hunter2}}}}}",
    ],
)
def test_values_of_variables_are_blotted_out(text: str) -> None:
    made = source(text)
    assert "hunter2" not in "".join(made.lines)
    assert [len(line) for line in made.lines] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "services: {env: {port: 8080}}",
        "services: {secrets: {port: 8080}}",
        "services: {a: {ports: {secrets: 8080, env: 8081}}}",
        "environments: {secrets: {region: eu-west-1}, env: {region: eu-west-1}}",
        "environments: {service: {secrets: {db: {username: app, length: 8}}}}",
        "environments: {dev: {tags: {secrets: none, env: dev}}}",
    ],
)
def test_other_values_are_shown(text: str) -> None:
    assert source(text).lines == [text]


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`#\n\t ~1\0é\ufeff\u2028\x85")) | st.text())
def test_any_text_is_read_or_refused_at_a_place(text: str) -> None:
    assert all(problem.place for problem in problems(text.encode(errors="replace")))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused_at_a_place(data: bytes) -> None:
    assert all(problem.place for problem in problems(data))
