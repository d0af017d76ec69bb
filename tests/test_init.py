"""What init writes is whole, valid and its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.config.read import read
from tapgen.errors import ConfigError, OutputError
from tapgen.init import init

FILES = ["tapgen.yaml", "tapgen.schema.json", "Makefile", ".gitignore"]


def test_it_writes_a_valid_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert init(folder, "shop") == [folder / name for name in FILES]
    configuration = read(folder / "tapgen.yaml")
    assert configuration.file.name == "shop"
    assert list(configuration.environments) == ["dev", "prod"]
    assert list(configuration.file.services) == ["payment", "order", "notification"]


def test_the_first_line_names_the_schema(tmp_path: Path) -> None:
    init(tmp_path, "shop")
    first = (tmp_path / "tapgen.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=./tapgen.schema.json"
    assert (tmp_path / "tapgen.schema.json").is_file()


@pytest.mark.parametrize("name", FILES[:3])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=f"already there, and left alone: {tmp_path / name}"):
        init(tmp_path, "shop")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_link_is_in_the_way_as_well(tmp_path: Path) -> None:
    (tmp_path / "tapgen.yaml").symlink_to("nowhere")
    with pytest.raises(OutputError, match="already there"):
        init(tmp_path, "shop")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("build", "build\n.venv/\n.tapgen_cache/\n"),
        (".venv/\n", ".venv/\n.tapgen_cache/\n"),
        (".tapgen_cache/\n.venv/\n", ".tapgen_cache/\n.venv/\n"),
    ],
)
def test_what_git_ignores_is_added_to(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    init(tmp_path, "shop")
    assert (tmp_path / ".gitignore").read_text() == after


@pytest.mark.parametrize("name", ["", "Shop", "../shop", "a" * 64, "1a", "a--b", "shop\n"])
def test_a_name_that_no_platform_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a platform"):
        init(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="Not a directory"):
        init(tmp_path / "file" / "below", "shop")
