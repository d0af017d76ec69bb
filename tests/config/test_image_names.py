"""Which repository of ECR a reference means, if any."""

from __future__ import annotations

import pytest

from tapgen.config.image_names import EcrRepository, ecr_repository


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("222222222222.dkr.ecr.eu-west-1.amazonaws.com/web:1", EcrRepository("222222222222", "eu-west-1", "web")),
        (
            "222222222222.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b@sha256:0",
            EcrRepository("222222222222", "cn-north-1", "a/b"),
        ),
        ("222222222222.dkr.ecr-fips.us-east-1.amazonaws.com/web:1", EcrRepository("222222222222", "us-east-1", "web")),
        ("222222222222.dkr-ecr.eu-west-1.on.aws/web:1", EcrRepository("222222222222", "eu-west-1", "web")),
        ("public.ecr.aws/docker/library/python:3.13", None),
        ("ghcr.io/example/web:1.4", None),
        ("web:1", None),
    ],
)
def test_only_references_to_ecr_mean_a_repository_there(reference: str, expected: EcrRepository | None) -> None:
    assert ecr_repository(reference) == expected
