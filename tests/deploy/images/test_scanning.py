"""Scans are waited for, read for what tasks run, and held against what the file bears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images import scanning
from tapgen.deploy.images.scanning import Scan, scan

IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
AMD64 = frozenset(["amd64"])
Told = Callable[..., Aws]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_PAUSE", 0.0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """An AWS that has an image of a kind, and gives answers about scans, one after the other."""

    def aws(*answers: Answer | Exception, media_type: str = IMAGE, manifest: Any = None) -> Aws:
        left: Iterator[Answer | Exception] = iter(answers)
        asked: list[str] = []

        def ask(_: Aws, service: str, operation: str, *words: str) -> Answer:
            if operation == "batch-get-image":
                return {"images": [{"imageManifestMediaType": media_type, "imageManifest": json.dumps(manifest)}]}
            asked.append(words[-1])
            answer = next(left)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(Aws, "__call__", ask)
        return Aws("eu-west-1")

    return aws


def answer(status: str, **findings: Any) -> Answer:
    return {"imageScanStatus": {"status": status, "description": "why"}, "imageScanFindings": findings or None}


def test_a_scan_is_waited_for(told: Told) -> None:
    late = AwsError("no scan", "ScanNotFoundException", "DescribeImageScanFindings")
    counts = {"HIGH": 2, "LOW": 7}
    aws = told(late, answer("PENDING"), answer("IN_PROGRESS"), answer("COMPLETE", findingSeverityCounts=counts))
    found = scan(aws, "shop/web", "sha256:0", AMD64)
    assert (found.counts, str(found)) == (counts, "2 high, 7 low")


def test_nothing_found_is_fine_and_unknown_is_said(told: Told) -> None:
    assert str(scan(told(answer("COMPLETE")), "shop/web", "sha256:0", AMD64)) == "nothing found"
    unknown = scan(told(answer("UNSUPPORTED_IMAGE")), "shop/web", "sha256:0", AMD64)
    assert (str(unknown), unknown.stops("low")) == ("cannot be scanned", False)


def test_basic_and_enhanced_scans_name_the_worst(told: Told) -> None:
    basic = [{"name": f"CVE-{n}", "severity": level} for n, level in enumerate(["LOW", "CRITICAL", "UNDEFINED"])]
    assert scan(told(answer("COMPLETE", findings=basic)), "r", "d", AMD64).examples == ("CVE-1", "CVE-0")
    enhanced = [{"title": f"CVE-{n} - openssl", "severity": "HIGH"} for n in range(9)]
    found = scan(told(answer("ACTIVE", enhancedFindings=enhanced)), "r", "d", AMD64)
    assert found.examples == tuple(f"CVE-{n} - openssl" for n in range(5))


def test_of_an_image_for_several_architectures_what_tasks_run_is_looked_at(told: Told) -> None:
    parts = [{"digest": f"sha256:{name}", "platform": {"architecture": name}} for name in ("amd64", "arm64", "unknown")]
    manifest = {"manifests": [*parts, {"digest": "sha256:x"}]}
    high, low = ({"findingSeverityCounts": {level: 1}} for level in ("HIGH", "LOW"))
    aws = told(answer("COMPLETE", **high), answer("COMPLETE", **low), media_type=INDEX, manifest=manifest)
    assert scan(aws, "r", "d", frozenset(["amd64", "arm64"])).counts == {"HIGH": 1, "LOW": 1}
    aws = told(answer("COMPLETE", **high), media_type=INDEX, manifest=manifest)
    assert scan(aws, "r", "d", AMD64).counts == {"HIGH": 1}


def test_a_scan_that_comes_to_nothing_is_refused(told: Told) -> None:
    with pytest.raises(RefusedError, match=r"comes to nothing: why\n = help: .*severity: off"):
        scan(told(answer("FAILED")), "shop/web", "sha256:0", AMD64)
    with pytest.raises(RefusedError, match="does not end: IN_PROGRESS"):
        scan(told(*[answer("IN_PROGRESS")] * 9), "shop/web", "sha256:0", AMD64, patience=-1)
    with pytest.raises(AwsError, match="denied"):
        scan(told(AwsError("denied", "AccessDenied", "DescribeImageScanFindings")), "r", "d", AMD64)


@pytest.mark.parametrize(
    ("severity", "stopped"),
    [
        ("critical", ["CRITICAL"]),
        ("high", ["CRITICAL", "HIGH"]),
        ("medium", ["CRITICAL", "HIGH", "MEDIUM"]),
        ("low", ["CRITICAL", "HIGH", "MEDIUM", "LOW"]),
        ("off", []),
    ],
)
def test_what_is_as_bad_as_the_file_says_or_worse_stops(severity: str, stopped: list[str]) -> None:
    kinds = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"]
    assert [kind for kind in kinds if Scan({kind: 1}).stops(severity)] == stopped
    assert not Scan(dict.fromkeys(kinds, 0)).stops("low")
