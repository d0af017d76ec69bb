"""Releases of every strategy that come to a good end.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-linear.html
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.localaws.releases.platform import STEPS, Platform

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("releases")]


def test_requests_move_to_a_new_version_and_back_to_the_one_before(shop: Platform) -> None:
    """All strategies at once; a way back, when nothing of the old version is left, is a release like any other."""
    first = shop.next(*STEPS)
    assert shop.deploy(first) == "UPDATE_COMPLETE"
    for tasks, release in ((3, shop.next(*STEPS)), (2, first)):
        for name in STEPS:
            shop.services[name].scale(tasks)
        with ExitStack() as clients:
            seen = {name: clients.enter_context(shop.services[name].asked()) for name in STEPS}
            assert shop.deploy(release) == "UPDATE_COMPLETE"
        assert {name: each.shares for name, each in seen.items()} == STEPS
        for name, service in shop.services.items():
            if name in STEPS:
                assert set(seen[name].answers) == {200}
                assert seen[name].fewest >= 2
                assert service.versions() == [str(release.versions[name])] * tasks
                assert [service.healthy(group) for group in service.groups if group != service.live] in ([], [0])
            assert service.deployment()["status"] == "SUCCESSFUL"
