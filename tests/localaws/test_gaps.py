"""Nothing that a platform asks for is lost without being told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapgen.localaws import gaps
from tests.localaws.account import Account
from tests.localaws.readback import properties

ZONE = "Z0123456789ABCDEFGHIJ"
JOBS = "tests/golden/platforms/background-work/templates_out/test"


@pytest.mark.parametrize("name", ["dev", "prod", JOBS, "bootstrap", "registry"])
def test_every_property_is_kept_or_known_to_be_lost(account: Account, repository: Path, name: str) -> None:
    account.bucket()
    account("route53").create_hosted_zone(Name="example.com", CallerReference=ZONE)
    templates = repository / "templates_out"
    folder = repository / name if "/" in name else templates / name
    if folder.is_dir():
        stack = account.deploy("root", folder)
    else:
        stack = account.create("root", (templates / f"{name}.yaml").read_text())
    assert stack["StackStatus"] == "CREATE_COMPLETE"

    read = list(properties(account, "root"))
    lost = [each for each in read if not each.kept and not gaps.known(each.kind, each.name)]
    assert len(read) > 10
    assert not lost, json.dumps(
        [(each.kind, each.name, each.wanted, each.found) for each in lost], default=str, indent=1
    )


def test_the_table_is_printed() -> None:
    assert "AWS::KMS::Key.PendingWindowInDays" in gaps.table()
    assert gaps.known("AWS::KMS::Key", "PendingWindowInDays")
    assert not gaps.known("AWS::KMS::Key", "KeyPolicy")
