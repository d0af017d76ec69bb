"""Linting a folder of templates: what is remembered is not checked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tapgen.errors import OutputError, Place
from tapgen.lint import verdicts
from tapgen.lint.finding import Finding
from tapgen.lint.verdicts import Verdict


def lint(
    folder: Path,
    names: Sequence[str],
    regions: Sequence[str],
    cache: Path | None = None,
    origin: Mapping[str, Place] | None = None,
) -> list[Finding]:
    """What our own rules and cfn-lint, its information level included, find in templates on disk; sorted by place.

    Args:
        folder: where the templates are; `Finding.file` begins with it.
        names: the templates, as `dev/root.yaml`. Texts that are equal, and nest equal ones, are checked once.
        regions: for which AWS Regions the templates must be right.
        cache: the folder that remembers verdicts, `.tapgen_cache` beside `tapgen.yaml`; None remembers nothing.
        origin: the line of `tapgen.yaml` that each template comes from.

    Raises:
        OutputError: there is no such folder.
        UnknownRegionError: cfn-lint does not know one of the Regions.
    """
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder}: run tapgen render")
    circumstances = verdicts.circumstances(regions)
    keys = {name: verdicts.key(folder, name, circumstances) or name for name in names}
    known = {key: verdict for key, verdict in (verdicts.recall(cache) if cache else {}).items() if key in keys.values()}
    fresh = _fresh(folder, {key: name for name, key in keys.items() if key not in known}, regions)
    if cache and fresh:
        # A template that changed while it was checked has another key by now, and no verdict worth remembering.
        certain = {verdicts.key(folder, name, circumstances) for name in names}
        verdicts.remember(cache, {key: verdict for key, verdict in (known | fresh).items() if key in certain})
    found = known | fresh
    findings = {placed for name in names for placed in _placed(found[keys[name]], folder, name, origin or {})}
    return sorted(findings, key=lambda finding: finding.order)


def _fresh(folder: Path, unknown: Mapping[str, str], regions: Sequence[str]) -> dict[str, Verdict]:
    if not unknown:
        return {}
    from tapgen.lint.engine import check

    checked = check(folder, list(unknown.values()), regions)
    return {key: checked[name] for key, name in unknown.items()}


def _placed(verdict: Verdict, folder: Path, name: str, origin: Mapping[str, Place]) -> Iterator[Finding]:
    for finding in verdict:
        template = (Path(name).parent / finding.file).as_posix() if finding.file else name
        yield replace(finding, file=(folder / template).as_posix(), source=origin.get(template))
