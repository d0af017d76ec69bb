"""Digests are written into the file that somebody keeps; whatever else stands there stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapgen.config import images
from tapgen.config.yaml.source import load
from tapgen.deploy.images.recording import FIRST, record
from tapgen.errors import ConfigError, OutputError

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")
NAMES = st.sampled_from(["web", "api", "order-items", "tapgen.placeholder"])
DIGESTS = st.sampled_from([f"sha256:{digit * 64}" for digit in "3456"])


def written(folder: Path, text: str | None, environment: str, **digests: str) -> str:
    path = folder / "tapgen.images.yaml"
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_bytes(text.encode())
    record(path, environment, {name.replace("_", "."): digest for name, digest in digests.items()})
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"{FIRST}dev:\n  web: {TWO}\n"),
        ("", f"dev:\n  web: {TWO}\n"),
        ("# ours\n", f"# ours\ndev:\n  web: {TWO}\n"),
        (f"dev:\n  web: {ONE}\n", f"dev:\n  web: {TWO}\n"),
        (f"dev:\n  web: {ONE}   # 1.4", f"dev:\n  web: {TWO}   # 1.4"),
        (f'dev: {{api: {ONE}, web: "{ONE}"}}\n', f"dev: {{api: {ONE}, web: {TWO}}}\n"),
        ("dev:\n", f"dev:\n  web: {TWO}\n"),
        ("dev:  # none yet\nprod: {}\n", f"dev:  # none yet\n  web: {TWO}\nprod: {{}}\n"),
        ("dev: {}\n", f"dev: {{web: {TWO}}}\n"),
        (f"dev: {{api: {ONE}}}\n", f"dev: {{web: {TWO}, api: {ONE}}}\n"),
        ("dev:\n  web:\n  api:\n", f"dev:\n  web: {TWO}\n  api:\n"),
        (f"dev:\n    api: {ONE}  # api\n# end\n", f"dev:\n    api: {ONE}  # api\n    web: {TWO}\n# end\n"),
        (f"prod:\n  web: {ONE}", f"prod:\n  web: {ONE}\n\ndev:\n  web: {TWO}\n"),
        (f"dev:\r\n  api: {ONE}\r\n", f"dev:\r\n  api: {ONE}\r\n  web: {TWO}\r\n"),
    ],
)
def test_a_digest_finds_its_place(before: str | None, after: str, tmp_path: Path) -> None:
    assert written(tmp_path, before, "dev", web=TWO) == after


def test_a_name_with_a_dot_is_a_name(tmp_path: Path) -> None:
    assert written(tmp_path, "dev:\n", "dev", tapgen_placeholder=ONE) == f"dev:\n  tapgen.placeholder: {ONE}\n"


@given(
    there=st.dictionaries(st.sampled_from(["dev", "prod"]), st.dictionaries(NAMES, DIGESTS), max_size=2),
    new=st.dictionaries(NAMES, DIGESTS, min_size=1),
)
def test_only_what_is_new_changes(
    there: dict[str, dict[str, str]], new: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("images") / "tapgen.images.yaml"
    lines = ["# ours"]
    for environment, digests in there.items():
        lines += [f"{environment}:   # here", *(f"  {name}: {digest}   # {name}" for name, digest in digests.items())]
    path.write_text("\n".join([*lines, ""]))
    changed = record(path, "dev", new)
    before = {environment: digests for environment, digests in there.items() if digests}
    expected = before | {"dev": there.get("dev", {}) | new}
    assert {name: each for name, each in images.digests(load(path)).items() if each} == expected
    assert changed == (expected != before)
    after = path.read_text().splitlines()
    for line in lines:
        comment = line.partition("#")[2]
        assert any(each.endswith(f"#{comment}") for each in after), line


def test_what_is_named_already_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "tapgen.images.yaml"
    path.write_text(f"dev: {{web: {ONE}}}\n")
    path.chmod(0o400)
    before = path.stat().st_ino
    assert not record(path, "dev", {"web": ONE})
    assert path.stat().st_ino == before


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("dev:\n")
    path = tmp_path / "tapgen.images.yaml"
    path.symlink_to("real.yaml")
    assert record(path, "dev", {"web": ONE})
    assert path.is_symlink()
    assert ONE in (tmp_path / "real.yaml").read_text()


def test_what_cannot_be_added_to_is_left_alone(tmp_path: Path) -> None:
    for text in ("{prod: {}}\n", f"prod: &here\n  api: {ONE}\ndev: *here\n"):
        with pytest.raises(OutputError, match="is not laid out so that digests can be added"):
            written(tmp_path, text, "dev", web=TWO)
        assert (tmp_path / "tapgen.images.yaml").read_text() == text
    with pytest.raises(ConfigError):
        written(tmp_path, "dev: [", "dev", web=TWO)
