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
        ("", ".venv/\n.tapgen_cache/\n"),
        ("build/\r\n", "build/\r\n.venv/\r\n.tapgen_cache/\r\n"),
        ("b\xfcro", "b\xfcro\n.venv/\n.tapgen_cache/\n"),
    ],
)
def test_what_git_ignores_is_added_to(tmp_path: Path, before: str, after: str) -> None:
    """In place: it may be a link, and is the same file after."""
    (tmp_path / "shared").write_bytes(before.encode("latin-1"))
    (tmp_path / "shared").chmod(0o600)
    (tmp_path / ".gitignore").symlink_to("shared")
    number = (tmp_path / "shared").stat().st_ino
    assert init(tmp_path, "shop") == [tmp_path / name for name in FILES]
    assert (tmp_path / ".gitignore").is_symlink()
    assert (tmp_path / "shared").read_bytes() == after.encode("latin-1")
    assert ((tmp_path / "shared").stat().st_ino, (tmp_path / "shared").stat().st_mode & 0o777) == (number, 0o600)


@pytest.mark.parametrize("text", [b".tapgen_cache/\n.venv/\n", b".venv/\r\n.tapgen_cache/\r\nbuild/"])
def test_what_git_ignores_is_left_alone_when_nothing_is_missing(tmp_path: Path, text: bytes) -> None:
    (tmp_path / ".gitignore").write_bytes(text)
    before = (tmp_path / ".gitignore").stat()
    assert init(tmp_path, "shop") == [tmp_path / name for name in FILES[:3]]
    assert (tmp_path / ".gitignore").read_bytes() == text
    assert (tmp_path / ".gitignore").stat().st_mtime_ns == before.st_mtime_ns
    assert (tmp_path / ".gitignore").stat().st_ino == before.st_ino


def test_a_folder_in_place_of_what_git_ignores_stops_everything(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").mkdir()
    with pytest.raises(OutputError, match=r"\.gitignore: Is a directory"):
        init(tmp_path, "shop")
    assert [path.name for path in tmp_path.iterdir()] == [".gitignore"]


def test_what_git_ignores_is_not_added_to_when_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "Makefile").write_text("mine")
    with pytest.raises(OutputError, match="already there"):
        init(tmp_path, "shop")
    assert (tmp_path / ".gitignore").read_text() == "build/\n"


@pytest.mark.parametrize("name", ["", "Shop", "../shop", "a" * 64, "1a", "a--b", "shop\n"])
def test_a_name_that_no_platform_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a platform"):
        init(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="Not a directory"):
        init(tmp_path / "file" / "below", "shop")
