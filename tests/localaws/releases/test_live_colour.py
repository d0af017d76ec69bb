"""Requests stay with the live colour, whichever it is and whatever is deployed: CloudFormation knows nothing of it.

The trap that rules and their weights lie in: https://github.com/aws/aws-cdk/issues/36649
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.localaws.releases.platform import COLOURED, STEPS, Platform
from tests.localaws.releases.service import Seen

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("releases")]

NO = "UPDATE_ROLLBACK_COMPLETE"
STAYED = {name: [0] for name in STEPS}


@pytest.fixture(scope="module", params=["TargetGroup", "AlternateTargetGroup"])
def live(request: pytest.FixtureRequest, shop: Platform) -> str:
    """The colour that all coloured services have come to have, by deployments."""
    colour = str(request.param)
    others = [name for name in COLOURED if shop.services[name].live != shop.services[name].physical(colour)]
    if others:
        assert shop.deploy(shop.next(*others)) == "UPDATE_COMPLETE"
    return colour


@contextmanager
def asked(shop: Platform, live: str) -> Iterator[dict[str, Seen]]:
    """What clients of all services see; in the end all are where they were."""
    versions = {name: shop.services[name].versions() for name in STEPS}
    with ExitStack() as clients:
        seen = {name: clients.enter_context(shop.services[name].asked()) for name in STEPS}
        yield seen
    for name in STEPS:
        assert set(seen[name].answers) == {200}
        assert seen[name].fewest >= 2
        assert shop.services[name].versions() == versions[name]
    for name in COLOURED:
        assert shop.services[name].live == shop.services[name].physical(live)


def test_nothing_changes(shop: Platform, live: str) -> None:
    before = {name: shop.services[name].deployment() for name in STEPS}
    with asked(shop, live) as seen, pytest.raises(ClientError, match="No updates are to be performed"):
        shop.deploy(shop.now)
    assert {name: each.shares for name, each in seen.items()} == STAYED
    assert {name: shop.services[name].deployment() for name in STEPS} == before


def test_another_service_changes(shop: Platform, live: str) -> None:
    """It has no path: only those who call it notice."""
    release = shop.next("api")
    with asked(shop, live) as seen:
        assert shop.deploy(release) == "UPDATE_COMPLETE"
    assert {name: each.shares for name, each in seen.items()} == STAYED
    assert shop.services["api"].versions() == [str(release.versions["api"])]
    assert shop.services["api"].deployment()["status"] == "SUCCESSFUL"


def test_a_service_fails_before_all_others(shop: Platform, live: str) -> None:
    """They call it, so none of them is touched."""
    before = {name: shop.services[name].deployment() for name in STEPS}
    with asked(shop, live) as seen:
        assert shop.deploy(shop.next(*STEPS, missing=["api"])) == NO
    assert {name: each.shares for name, each in seen.items()} == STAYED
    assert {name: shop.services[name].deployment() for name in STEPS} == before
    assert shop.services["api"].deployment()["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_service_fails_after_all_others(shop: Platform, live: str) -> None:
    """CloudFormation takes the others back as well: each moves its requests once more, step by step."""
    with asked(shop, live) as seen:
        assert shop.deploy(shop.next(*STEPS, missing=["mail"])) == NO
    there_and_back = {name: [*steps, *(100 - step for step in steps if step)] for name, steps in STEPS.items()}
    assert {name: each.shares for name, each in seen.items()} == there_and_back
    for name in STEPS:
        assert shop.services[name].deployment()["status"] == "SUCCESSFUL"
