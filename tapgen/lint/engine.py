"""cfn-lint as a library: no command line, no settings of the user, no network. The only module that starts it."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tapgen.errors import TapgenError
from tapgen.lint.finding import Finding, Severity

if TYPE_CHECKING:
    from cfnlint.config import ConfigMixIn
    from cfnlint.match import Match
    from cfnlint.rules import Rules

RULES = Path(__file__).parent / "rules"
SPLIT = 30_000
"""From so many bytes of templates on, sharing the work among processes is faster."""

SAID_ONCE = ("W3696", "AWS::AppMesh::")
"""What cfn-lint says of each resource of App Mesh, and W9121 once."""

SEVERITIES: Mapping[str, Severity] = {"error": "error", "warning": "warning", "informational": "info"}


class UnknownRegionError(TapgenError):
    """A Region that cfn-lint has no description of."""


def check(folder: Path, names: Sequence[str], regions: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
    """What all rules find in each of the templates *names* of *folder*; `file` is as in `verdicts.Verdict`.

    Raises:
        UnknownRegionError: cfn-lint does not know one of the Regions.
    """
    # cfn-lint reads nested templates only below the working directory.
    with contextlib.chdir(folder):
        _load(tuple(regions))
        one = functools.partial(_check, tuple(regions))
        # The largest come first, so that no process is left alone with one at the end.
        ordered = sorted(names, key=_size, reverse=True)
        workers = min(len(ordered), _usable_processors()) if sum(map(_size, ordered)) >= SPLIT else 1
        if workers == 1:
            return dict(zip(ordered, map(one, ordered), strict=True))
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            return dict(zip(ordered, pool.map(one, ordered), strict=True))


@functools.cache
def _load(regions: tuple[str, ...]) -> tuple[ConfigMixIn, Rules]:
    """The configuration and the rules, ours among them. A forked process finds them loaded."""
    logging.getLogger("cfnlint").addHandler(logging.NullHandler())
    import cfnlint.rules as theirs
    from cfnlint.config import ConfigMixIn
    from cfnlint.helpers import REGIONS

    if unknown := set(regions) - set(REGIONS):
        raise UnknownRegionError(f"cfn-lint does not know {', '.join(sorted(unknown))}; it knows {', '.join(REGIONS)}")
    _use_packaged_schemas()
    rules = theirs.Rules.create_from_directory(str(Path(theirs.__file__).parent))
    rules.update(theirs.Rules.create_from_directory(str(RULES)))
    # An empty file in place of the user's .cfnlintrc: what is found must not depend on the working directory.
    config = ConfigMixIn(["--config-file", os.devnull], regions=list(regions), include_checks=["I"])
    return config, rules


def _use_packaged_schemas() -> None:
    """Not those that `cfn-lint --update-specs` may have left in the user's home: the verdict would depend on them."""
    import cfnlint.data.schemas as packaged
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER, ProviderSchemaManager

    schemas = Path(next(iter(packaged.__path__)))
    ProviderSchemaManager.__init__(PROVIDER_SCHEMA_MANAGER, schemas / "providers", schemas / "resources")


def _check(regions: tuple[str, ...], name: str) -> tuple[Finding, ...]:
    from cfnlint.runner.template.runner import run_template_by_file_path

    config, rules = _load(regions)
    matches = run_template_by_file_path(name, config, rules, ignore_bad_template=False)
    rule, kind = SAID_ONCE
    said = (match for match in matches if match.rule.id != rule or kind not in match.message)
    return tuple(sorted((_finding(match, name) for match in said), key=lambda finding: finding.order))


def _finding(match: Match, name: str) -> Finding:
    """A match as a finding whose file is seen from the template's folder, so that equal folders have equal findings."""
    file = os.path.relpath(match.filename or name, Path(name).parent)
    return Finding(
        rule=match.rule.id,
        severity=SEVERITIES[match.rule.severity],
        message=match.message,
        file="" if (match.filename or name) == name else Path(file).as_posix(),
        line=match.linenumber,
        column=match.columnnumber,
        end_line=match.linenumberend,
        end_column=match.columnnumberend,
        path="/".join(map(str, getattr(match, "path", ()))),
        summary=match.rule.shortdesc,
        url=match.rule.source_url,
    )


def _size(name: str) -> int:
    return Path(name).stat().st_size if Path(name).is_file() else 0


def _usable_processors() -> int:
    """One where a process that has threads, whose locks may be held, cannot be forked safely, or where nobody knows."""
    if sys.platform != "linux" or len([*Path("/proc/self/task").iterdir()]) > 1:
        return 1
    return len(os.sched_getaffinity(0))
