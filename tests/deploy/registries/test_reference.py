"""References are taken apart as Docker does."""

from __future__ import annotations

import pytest

from tapgen.deploy.registries.reference import Reference, mirror_tag, parse

DIGEST = "sha256:0123456789ab" + "c" * 52
HUB = "registry-1.docker.io"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx:1.27", Reference(HUB, "library/nginx", "1.27", "")),
        ("grafana/loki:3", Reference(HUB, "grafana/loki", "3", "")),
        ("docker.io/nginx:1", Reference(HUB, "library/nginx", "1", "")),
        (f"nginx@{DIGEST}", Reference(HUB, "library/nginx", "", DIGEST)),
        ("ghcr.io/example/web:1.4", Reference("ghcr.io", "example/web", "1.4", "")),
        (
            f"public.ecr.aws/docker/library/python:3@{DIGEST}",
            Reference("public.ecr.aws", "docker/library/python", "3", DIGEST),
        ),
        ("localhost:5000/web:1", Reference("localhost:5000", "web", "1", "")),
        ("localhost/web:1", Reference("localhost", "web", "1", "")),
    ],
)
def test_the_parts_of_a_reference(text: str, expected: Reference) -> None:
    assert parse(text) == expected


def test_a_digest_counts_more_than_a_tag() -> None:
    assert parse(f"a/b:1@{DIGEST}").version == DIGEST
    assert parse("a/b:1").version == "1"


def test_a_copy_is_called_by_tag_and_digest_since_tags_move() -> None:
    assert mirror_tag(parse("a/b:1.4"), DIGEST) == "1.4-0123456789ab"
    assert mirror_tag(parse(f"a/b@{DIGEST}"), DIGEST) == "mirror-0123456789ab"
    assert len(mirror_tag(parse(f"a/b:{'x' * 128}"), DIGEST)) <= 128
