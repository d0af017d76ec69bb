"""What to do about what is said of a failure."""

from __future__ import annotations

import pytest

from tapgen.deploy.failure import remedy


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("CannotPullContainerError: pull image manifest has been retried 1 time(s)", "the image cannot be had"),
        ("ResourceInitializationError: unable to pull secrets or registry auth", "a secret cannot be had"),
        ("rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook", "TestVersionLogGroup"),
        ("OutOfMemoryError: Container killed due to memory usage", "more `memory`"),
        ("(service web) Task failed ELB health checks in (target-group x)", "health.path"),
        ("Essential container in task exited", "its log says why"),
        ("Action denied by stack policy: Statement [#2] denies [Update:Replace]", "`protect: false` first"),
        ("User: arn:x is not authorized to perform: ecs:CreateService", "make bootstrap"),
        ("shop/payment already exists in stack", "delete or rename"),
        ("The maximum number of VPCs has been reached.", "Service Quotas"),
        ("The bucket you tried to delete is not empty", "empty the bucket"),
        ("Load balancer cannot be deleted because deletion protection is enabled", "make destroy"),
        ("Capacity is unavailable at this time. Please try again later", "less Spot"),
        ("Unable to assume the service linked role.", "deploy once more"),
        ("nobody has ever said this", ""),
    ],
)
def test_advice(said: str, advice: str) -> None:
    found = remedy([said])
    assert advice in found
    assert bool(found) == bool(advice)
