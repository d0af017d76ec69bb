"""What the scan of an image has found, once it has ended.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.registries.client import INDEXES

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
"""From the worst on."""

PATIENCE = 600.0
"""Seconds that a scan may take."""

_PAUSE = 3.0
_ENDED = ("COMPLETE", "ACTIVE")
"""`ACTIVE` is what enhanced scanning says of an image that it has scanned, and scans again when it learns more."""

_NO_VERDICT = ("UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED")
"""Nobody can tell: an image without an operating system, such as one from `scratch`; or one that is old."""


@dataclass(frozen=True)
class Scan:
    """What is wrong with an image."""

    counts: Mapping[str, int] = field(default_factory=Counter)
    """How many weaknesses there are, by severity."""

    examples: tuple[str, ...] = ()
    """Some of the worst, by name."""

    known: bool = True
    """Whether AWS could scan the image."""

    def stops(self, severity: str) -> bool:
        """Whether a weakness is as bad as *severity*, or worse."""
        if severity == "off":
            return False
        return any(self.counts.get(each) for each in SEVERITIES[: SEVERITIES.index(severity.upper()) + 1])

    def __str__(self) -> str:
        if not self.known:
            return "cannot be scanned"
        found = [f"{self.counts[each]} {each.lower()}" for each in SEVERITIES if self.counts.get(each)]
        return ", ".join(found) or "nothing found"


def scan(aws: Aws, repository: str, digest: str, architectures: frozenset[str], patience: float = PATIENCE) -> Scan:
    """Wait until the scan of an image has ended, and give what it found.

    Of an image for several architectures, those that are run are looked at: AWS scans each by itself.

    Raises:
        RefusedError: the scan fails, or does not end within *patience* seconds.
        AwsError: AWS could not be asked.
    """
    end = time.monotonic() + patience
    scans = [_scan(aws, repository, each, end) for each in _parts(aws, repository, digest, architectures)]
    counts: Counter[str] = Counter()
    for each in scans:
        counts.update(each.counts)
    examples = tuple(dict.fromkeys(name for each in scans for name in each.examples))
    return Scan(counts, examples, any(each.known for each in scans))


def _parts(aws: Aws, repository: str, digest: str, architectures: frozenset[str]) -> Iterator[str]:
    answer = aws("ecr", "batch-get-image", "--repository-name", repository, "--image-ids", f"imageDigest={digest}")
    (image,) = answer["images"]
    if image.get("imageManifestMediaType") not in INDEXES:
        yield digest
        return
    for each in json.loads(image["imageManifest"])["manifests"]:
        if each.get("platform", {}).get("architecture") in architectures:
            yield each["digest"]


def _scan(aws: Aws, repository: str, digest: str, end: float) -> Scan:
    while True:
        answer = _findings(aws, repository, digest)
        status = answer.get("imageScanStatus", {}).get("status", "PENDING")
        if status in _ENDED:
            return _read(answer.get("imageScanFindings") or {})
        if status in _NO_VERDICT:
            return Scan(known=False)
        if status not in ("PENDING", "IN_PROGRESS"):
            said = answer["imageScanStatus"].get("description", status)
            raise RefusedError(f"the scan of {repository}@{digest} comes to nothing: {said}", _without())
        if time.monotonic() > end:
            raise RefusedError(f"the scan of {repository}@{digest} does not end: {status}", _without())
        time.sleep(_PAUSE)


def _findings(aws: Aws, repository: str, digest: str) -> Answer:
    words = ("--repository-name", repository, "--image-id", f"imageDigest={digest}")
    try:
        return aws("ecr", "describe-image-scan-findings", *words)
    except AwsError as error:
        if error.code == "ScanNotFoundException":  # it has not begun yet
            return {}
        raise


def _read(findings: Answer) -> Scan:
    each = [*(findings.get("findings") or ()), *(findings.get("enhancedFindings") or ())]
    worst = sorted(
        (SEVERITIES.index(found["severity"]), found.get("name") or found.get("title") or "")
        for found in each
        if found.get("severity") in SEVERITIES
    )
    return Scan(findings.get("findingSeverityCounts") or {}, tuple(name for _, name in worst[:5]))


def _without() -> str:
    return "try again, or say `registry: {severity: off}` to do without"
