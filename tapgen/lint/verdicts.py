"""What was found the last time: verdicts remembered by everything that they depend on.

A verdict depends on the template, on the templates it nests (and these nest), on cfn-lint, on this package, on the
Regions and on Python. All of it goes into the key, so that a verdict never needs to be called stale: it is not found.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from tapgen.lint.children import children
from tapgen.lint.finding import Finding

Verdict = tuple[Finding, ...]
"""The findings in one template. Their `file` is relative to the template's folder and empty for the template itself."""

PACKAGE = Path(__file__).parent
CREDENTIALS = PACKAGE.parent / "credentials.py"
"""A rule asks it what a credential is."""

FILE = "lint.json"
KEPT = 2000
"""So many verdicts are kept, those used longest ago are dropped first; one without findings takes about 70 bytes."""


def circumstances(regions: Sequence[str]) -> str:
    """What a verdict depends on besides the templates, as a digest."""
    sources = [_digest(path.read_bytes()) for path in (*sorted(PACKAGE.rglob("*.py")), CREDENTIALS)]
    return _digest(json.dumps([version("cfn-lint"), sys.version_info[:2], list(regions), sources]).encode())


def key(folder: Path, name: str, circumstances: str) -> str | None:
    """By what the verdict on a template is remembered; None when what it depends on cannot be known."""
    template = folder / name
    seen: dict[str, list[object]] = {}
    try:
        _visit(template, template, folder, seen)
    except (OSError, ValueError):
        return None
    return _digest(json.dumps([circumstances, seen]).encode())


def _visit(path: Path, template: Path, folder: Path, seen: dict[str, list[object]]) -> None:
    name = Path(os.path.relpath(path, template.parent)).as_posix() if path != template else ""
    if name in seen:
        return
    text = path.read_bytes()
    # cfn-lint reads the outputs of a nested template only below the working directory.
    seen[name] = [_digest(text), not os.path.relpath(path, folder).startswith("..")]
    for child in children(path, text):
        _visit(child, template, folder, seen)


def recall(cache: Path) -> dict[str, Verdict]:
    """All verdicts of a cache, those used longest ago first. A cache that is damaged, foreign or missing has none."""
    try:
        checksum, body = (cache / FILE).read_bytes().split(b"\n", 1)
        if checksum.decode() != _digest(body):
            return {}
        return {key: tuple(Finding(**finding) for finding in verdict) for key, verdict in json.loads(body).items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def remember(cache: Path, used: Mapping[str, Verdict]) -> None:
    """Add verdicts to a cache, as those used last. One that cannot be written is no error: linting is slower then."""
    older = {key: verdict for key, verdict in recall(cache).items() if key not in used}
    newest = list((older | dict(used)).items())[-KEPT:]
    body = json.dumps({key: [_fields(finding) for finding in verdict] for key, verdict in newest}).encode()
    try:
        _prepare(cache)
        _replace(cache / FILE, _digest(body).encode() + b"\n" + body)
    except OSError:
        return


def _fields(finding: Finding) -> dict[str, object]:
    return {name: value for name, value in vars(finding).items() if name != "source"}


def _prepare(cache: Path) -> None:
    """Make the folder one that git and backups leave out, https://bford.info/cachedir/."""
    cache.mkdir(parents=True, exist_ok=True)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")):
        if not (cache / name).exists():
            _replace(cache / name, text.encode())


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it at any moment gets the old one or the new one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink()
        raise


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
