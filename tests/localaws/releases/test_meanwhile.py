"""What else happens to a service while a release of it is under way."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.localaws.deploying import until
from tests.localaws.releases.platform import LONG, STEPS, Platform

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("releases")]


def test_another_update_is_refused(shop: Platform) -> None:
    """CloudFormation does one thing after the other; the release under way does not notice."""
    service, release = shop.services["blue-green"], shop.next("blue-green")
    with service.asked() as seen:
        shop.begin(release)
        with pytest.raises(ClientError, match="UPDATE_IN_PROGRESS state and can not be updated"):
            shop.begin(shop.next("blue-green"))
        assert shop.settled(release) == "UPDATE_COMPLETE"
    assert (seen.shares, set(seen.answers)) == (STEPS["blue-green"], {200})


def test_another_deployment_takes_its_place(shop: Platform) -> None:
    """Somebody has ECS deploy past CloudFormation, whose update then fails, and takes the service to where it was.

    That requests go back at once is what the stage RECONCILE_SERVICE is taken to mean:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
    """
    service, release = shop.services["canary"], shop.next("canary", step=LONG, bake=LONG)
    versions = service.versions()
    with service.asked() as seen:
        shop.begin(release)
        until(lambda: seen.shares[-1] == 10)
        first = service.deployment()["serviceDeploymentArn"]
        service.ecs.update_service(cluster=service.cluster, service=service.arn, forceNewDeployment=True)
        assert shop.settled(release) == "UPDATE_ROLLBACK_COMPLETE"
    found = service.ecs.describe_service_deployments(serviceDeploymentArns=[first])["serviceDeployments"][0]
    assert found["status"] == "STOPPED"
    assert seen.shares[:3] == [0, 10, 0]
    assert set(seen.answers) == {200}
    assert (service.versions(), service.deployment()["status"]) == (versions, "SUCCESSFUL")


def test_both_colours_grow(shop: Platform) -> None:
    """More tasks are wanted while requests move: whichever version wins has them.

    Services grow during deployments, and do not shrink:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-auto-scaling.html
    """
    service, release = shop.services["linear"], shop.next("linear", step=LONG, bake=LONG)
    versions = service.versions()
    with service.asked() as seen:
        shop.begin(release)
        until(lambda: seen.shares[-1] == 40)
        service.scale(3)
        until(lambda: [service.healthy(group) for group in service.groups] == [3, 3])
        found = service.deployment()["serviceDeploymentArn"]
        service.ecs.stop_service_deployment(serviceDeploymentArn=found, stopType="ROLLBACK")
        assert shop.settled(release) == "UPDATE_ROLLBACK_COMPLETE"
    assert set(seen.answers) == {200}
    assert service.versions() == [versions[0]] * 3
    service.scale(2)
    until(lambda: service.versions() == versions)
