"""The Regions are those that cfn-lint knows, but for the partitions that are not supported."""

from __future__ import annotations

from typing import get_args

from cfnlint.helpers import REGIONS

from tapgen.config.regions import Region

OTHER_PARTITIONS = ("cn-", "us-iso", "eu-iso", "eusc-")


def test_every_region_is_known_but_those_of_other_partitions() -> None:
    assert list(get_args(Region)) == sorted(region for region in REGIONS if not region.startswith(OTHER_PARTITIONS))


def test_other_partitions_have_regions() -> None:
    assert all(any(region.startswith(prefix) for region in REGIONS) for prefix in OTHER_PARTITIONS)
