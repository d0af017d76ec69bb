"""Every file is whole, ours are healed and pruned, foreign ones are never touched."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from tapgen.errors import OutputError
from tapgen.write import PROVENANCE, Change, compare, write, written


def text(body: str) -> str:
    """A rendered text."""
    return f"{PROVENANCE}\n{body}\n"


OLD = {"root.yaml": text("a: 1"), "dev/root.yaml": text("b: 1"), "dev/network.yaml": text("c: 1")}
NEW = {"root.yaml": text("a: 2"), "dev/root.yaml": text("b: 1"), "prod/root.yaml": text("d: 1")}


def tree(folder: Path) -> dict[str, str]:
    """Every file below *folder*, hidden ones too."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def kinds(changes: list[Change]) -> dict[str, str]:
    """Path and kind of each change."""
    return {change.path: change.kind for change in changes}


def test_a_new_folder_gets_everything(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert set(kinds(compare(OLD, folder)).values()) == {"missing"}
    assert not folder.exists()
    assert kinds(write(OLD, folder)) == dict.fromkeys(sorted(OLD), "missing")
    assert tree(folder) == OLD
    assert compare(OLD, folder) == []
    assert write(OLD, folder) == []


def test_changed_missing_and_stale_are_told_apart_and_healed(tmp_path: Path) -> None:
    write(OLD, tmp_path)
    expected = {"dev/network.yaml": "stale", "prod/root.yaml": "missing", "root.yaml": "changed"}
    assert kinds(compare(NEW, tmp_path)) == expected
    assert kinds(write(NEW, tmp_path)) == expected
    assert tree(tmp_path) == NEW


def test_the_diff_goes_from_the_folder_to_what_was_rendered(tmp_path: Path) -> None:
    write({"a.yaml": text("a: 1")}, tmp_path)
    (change,) = compare({"a.yaml": text("a: 2")}, tmp_path)
    assert change.diff == f"--- a.yaml\n+++ a.yaml\n@@ -1,2 +1,2 @@\n {PROVENANCE}\n-a: 1\n+a: 2\n"


def test_a_missing_newline_at_the_end_shows_in_the_diff(tmp_path: Path) -> None:
    write({"a.yaml": text("a: 1")}, tmp_path)
    (tmp_path / "a.yaml").write_text(text("a: 1").rstrip("\n"))
    (change,) = compare({"a.yaml": text("a: 1")}, tmp_path)
    assert change.diff.endswith("-a: 1\n\\ No newline at end of file\n+a: 1\n")


@pytest.mark.parametrize("edit", [b"\xff", b"\r\n", b" "])
def test_any_edit_is_seen_and_healed(tmp_path: Path, edit: bytes) -> None:
    write(OLD, tmp_path)
    with (tmp_path / "dev/root.yaml").open("ab") as file:
        file.write(edit)
    assert kinds(compare(OLD, tmp_path)) == {"dev/root.yaml": "changed"}
    write(OLD, tmp_path)
    assert tree(tmp_path) == OLD


def test_an_unchanged_file_is_not_rewritten(tmp_path: Path) -> None:
    write(OLD, tmp_path)
    before = {path: (tmp_path / path).stat() for path in ("dev/root.yaml", "root.yaml")}
    write(NEW, tmp_path)
    after = {path: (tmp_path / path).stat() for path in before}
    assert after["dev/root.yaml"].st_mtime_ns == before["dev/root.yaml"].st_mtime_ns
    assert after["dev/root.yaml"].st_ino == before["dev/root.yaml"].st_ino
    assert after["root.yaml"].st_ino != before["root.yaml"].st_ino


def test_stale_files_take_their_empty_folders_with_them(tmp_path: Path) -> None:
    write({"old/deep/a.yaml": text("a"), "old/b.yaml": text("b"), "c.yaml": text("c")}, tmp_path)
    (tmp_path / "empty").mkdir()
    write({"c.yaml": text("c")}, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"c.yaml", "empty"}


def test_foreign_files_are_reported_and_never_touched(tmp_path: Path) -> None:
    write({"old/a.yaml": text("a")}, tmp_path)
    (tmp_path / "old/mine.yaml").write_text("Resources: {}\n")
    (tmp_path / "notes.md").write_text(f"as it says: {PROVENANCE}\n")
    assert kinds(compare({}, tmp_path)) == {"notes.md": "foreign", "old/a.yaml": "stale", "old/mine.yaml": "foreign"}
    assert kinds(write({}, tmp_path)) == {"old/a.yaml": "stale"}
    assert sorted(tree(tmp_path)) == ["notes.md", "old/mine.yaml"]


@pytest.mark.parametrize("name", [".gitkeep", ".git/config", ".DS_Store"])
def test_hidden_names_are_nobodys_concern(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text("hidden"))
    assert compare({}, tmp_path) == []
    assert write({}, tmp_path) == []
    assert sorted(tree(tmp_path)) == [name]


@pytest.mark.parametrize("body", ["", "Resources: {}\n", PROVENANCE, f" {text('a: 1')}"])
def test_a_foreign_file_in_the_way_stops_everything(tmp_path: Path, body: str) -> None:
    write(OLD, tmp_path)
    (tmp_path / "root.yaml").write_text(body)
    before = tree(tmp_path)
    assert kinds(compare(OLD, tmp_path)) == {"root.yaml": "foreign"}
    with pytest.raises(OutputError, match=r"root\.yaml: not written by tapgen, and in the way"):
        write(NEW, tmp_path)
    assert tree(tmp_path) == before


def test_leftovers_of_a_killed_process_are_reported_and_removed(tmp_path: Path) -> None:
    write(OLD, tmp_path)
    (tmp_path / "dev/.root.yaml.4711.tapgen-new").write_text("half")
    assert kinds(compare(OLD, tmp_path)) == {"dev/.root.yaml.4711.tapgen-new": "stale"}
    assert kinds(write(OLD, tmp_path)) == {"dev/.root.yaml.4711.tapgen-new": "stale"}
    assert tree(tmp_path) == OLD


def test_only_some_folders(tmp_path: Path) -> None:
    write(OLD, tmp_path)
    assert kinds(compare(NEW, tmp_path, only=["dev"])) == {"dev/network.yaml": "stale"}
    assert kinds(write(NEW, tmp_path, only=["prod"])) == {"prod/root.yaml": "missing"}
    assert tree(tmp_path) == OLD | {"prod/root.yaml": NEW["prod/root.yaml"]}


def test_written_is_what_tapgen_wrote(tmp_path: Path) -> None:
    write(OLD, tmp_path)
    (tmp_path / "mine.yaml").write_text("mine")
    (tmp_path / ".a.1.tapgen-new").write_text("half")
    assert list(written(tmp_path).items()) == sorted(OLD.items())
    assert list(written(tmp_path, only=["dev"])) == ["dev/network.yaml", "dev/root.yaml"]
    assert written(tmp_path / "nowhere") == {}


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.write_text("mine")
    for act in (compare, write):
        with pytest.raises(OutputError, match="out is a file; a folder should be there"):
            act(OLD, folder)
    with pytest.raises(OutputError, match=r"out/below: Not a directory"):
        write(OLD, folder / "below")
    assert folder.read_text() == "mine"


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text(text("ours"))
    for act in (compare, write):
        with pytest.raises(OutputError, match="dev is a file; a folder should be there"):
            act(OLD, tmp_path)
    assert sorted(tree(tmp_path)) == ["dev"]


def test_a_folder_where_a_template_should_be(tmp_path: Path) -> None:
    (tmp_path / "root.yaml").mkdir()
    for act in (compare, write):
        with pytest.raises(OutputError, match=r"root\.yaml is a folder; a template should be there"):
            act(OLD, tmp_path)
    assert tree(tmp_path) == {}


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    write(OLD, tmp_path / "out")
    assert tree(tmp_path / "real") == OLD


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "out"
    write({"a.yaml": text("outside")}, outside)
    folder.mkdir()
    (folder / "linked").symlink_to(outside)
    (folder / "file.yaml").symlink_to(outside / "a.yaml")
    (folder / "nowhere.yaml").symlink_to(tmp_path / "nowhere")
    assert set(kinds(compare({}, folder)).values()) == {"foreign"}
    write({}, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["file.yaml", "linked", "nowhere.yaml"]
    for path in ("linked/a.yaml", "file.yaml", "nowhere.yaml"):
        with pytest.raises(OutputError, match="is a symbolic link"):
            write({path: text("a")}, folder)
    assert tree(outside) == {"a.yaml": text("outside")}
    assert compare({}, folder, only=["linked"]) == []


def test_names_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a\.yaml and A\.yaml differ only in the case of letters"):
        write({"a.yaml": text("a"), "A.yaml": text("a")}, tmp_path)
    write({"Dev/a.yaml": text("a")}, tmp_path)
    with pytest.raises(OutputError, match=r"dev/a\.yaml and Dev/a\.yaml differ only in the case of letters"):
        write({"dev/a.yaml": text("a")}, tmp_path)
    assert tree(tmp_path) == {"Dev/a.yaml": text("a")}


@pytest.mark.parametrize("path", ["", "/etc/x.yaml", "../x.yaml", "dev/../../x.yaml", ".x.yaml"])
def test_a_path_out_of_the_folder_is_a_bug(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="is not a path inside the folder"):
        write({path: text("a")}, tmp_path / "out")


def test_a_text_without_its_origin_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.yaml does not say where it comes from"):
        write({"a.yaml": "a: 1\n"}, tmp_path)


ATTEMPT = """\
import json, resource, sys
from pathlib import Path
from tapgen.errors import OutputError
from tapgen.write import write
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
said = []
for rendered in json.loads(sys.argv[3]):
    try:
        said.append(len(write(rendered, folder)))
    except OutputError as error:
        said.append(str(error))
print(json.dumps([said, sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))]))
"""
SMALL = {"a.yaml": text("a"), "dev/b.yaml": text("b")}
LARGE = {"a.yaml": text("A"), "prod/z.yaml": text("z" * 100_000)}


def attempt(folder: Path, limit: int = 1_000_000, before: Sequence[str] = ()) -> tuple[list[int | str], list[str]]:
    """Write SMALL and then LARGE in a process whose files cannot grow beyond *limit* bytes, as with a quota.

    Says what came of each, the number of changes or the error, and what is in the folder in the end.
    """
    command = [*before, sys.executable, "-c", ATTEMPT, str(folder), str(limit), json.dumps([SMALL, LARGE])]
    said, listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return said, listed


def test_no_room_for_the_last_file_leaves_everything_as_it_was(tmp_path: Path) -> None:
    said, listed = attempt(tmp_path, limit=50_000)
    assert said == [2, f"{tmp_path}: File too large"]
    assert tree(tmp_path) == SMALL
    assert listed == ["a.yaml", "dev", "dev/b.yaml"]
    said, listed = attempt(tmp_path)
    assert said == [0, 3]
    assert tree(tmp_path) == LARGE


def test_a_folder_below_a_device_cannot_be_written() -> None:
    assert attempt(Path("/dev/null/out")) == (["/dev/null/out: Not a directory"] * 2, [])


MOUNT = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
TINY = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"'
READ_ONLY = 'mount -t tmpfs -o size=64k tmpfs "$0" && mkdir "$0/dev" && mount -o remount,ro "$0" && exec "$@"'


@cache
def can_mount() -> bool:
    """Whether this system lets us mount a file system of our own; permission bits alone do not bind root."""
    try:
        return not subprocess.run([*MOUNT, TINY, "/mnt", "true"], capture_output=True, check=False).returncode
    except FileNotFoundError:
        return False


def test_a_full_file_system_or_where_none_can_be_mounted_a_quota_that_is_used_up(tmp_path: Path) -> None:
    if can_mount():
        said, listed = attempt(tmp_path, before=[*MOUNT, TINY, str(tmp_path)])
        assert said == [2, f"{tmp_path}: No space left on device"]
        assert listed == ["a.yaml", "dev", "dev/b.yaml"]
    else:
        said, listed = attempt(tmp_path, limit=10)
        assert said == [f"{tmp_path}: File too large"] * 2
        assert listed == []


def test_a_read_only_file_system_or_where_none_can_be_mounted_that_of_processes(tmp_path: Path) -> None:
    if can_mount():
        said, listed = attempt(tmp_path, before=[*MOUNT, READ_ONLY, str(tmp_path)])
        assert said == [f"{tmp_path}: Read-only file system", f"{tmp_path}/prod: Read-only file system"]
        assert listed == ["dev"]
    else:
        said, listed = attempt(Path("/proc/out"))
        assert said == ["/proc/out: No such file or directory"] * 2
        assert listed == []


FLIP = """\
import sys
from pathlib import Path
from tapgen.write import PROVENANCE, write
def version(number):
    names = [f"{part}/{name}.yaml" for part in ("dev", f"only{number}") for name in range(8)]
    return {name: f"{PROVENANCE}\\n{name} {number}\\n" * 400 for name in names}
print("ready", flush=True)
while True:
    for number in (1, 2):
        write(version(number), Path(sys.argv[1]))
"""


def version(number: int) -> dict[str, str]:
    """What FLIP writes in turn."""
    names = [f"{part}/{name}.yaml" for part in ("dev", f"only{number}") for name in range(8)]
    return {name: f"{PROVENANCE}\n{name} {number}\n" * 400 for name in names}


@pytest.mark.parametrize("start", range(4))
def test_killed_at_any_moment_every_file_is_whole_and_the_next_write_heals(tmp_path: Path, start: int) -> None:
    allowed = [version(1), version(2)]
    write(version(1), tmp_path)
    torn = 0
    for step in range(start, 400, 4):
        if step >= 40 and torn:  # ten at least, and more where none has met the middle of a write
            break
        with subprocess.Popen([sys.executable, "-c", FLIP, tmp_path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(step * 0.0013)
            process.send_signal(signal.SIGKILL)
        for path, found in tree(tmp_path).items():
            assert path.endswith(".tapgen-new") or found in [texts.get(path) for texts in allowed], path
        changes = [compare(texts, tmp_path) for texts in allowed]
        torn += all(changes)
        write(allowed[step % 2], tmp_path)
        assert tree(tmp_path) == allowed[step % 2]
        assert compare(allowed[step % 2], tmp_path) == []
    assert torn
