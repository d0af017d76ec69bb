"""What ECS does not take of a service with two target groups: at once, or as soon as a deployment begins."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapgen.localaws.ecs.strategies import steps
from tests.localaws.ecs.shop import Shop, weighted

LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:222222229999:listener/app/b/1/2"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"strategy": "PURPLE"}, "Invalid deployment strategy PURPLE"),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441}, "bakeTimeInMinutes must be between 0 and 1440"),
        ({"canaryConfiguration": {"canaryPercent": 5}}, "canaryConfiguration is only valid with .* CANARY"),
        ({"linearConfiguration": {"stepPercent": 5}}, "linearConfiguration is only valid with .* LINEAR"),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0}}, "canaryPercent must be between 0.1"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}, "stepPercent must be between 3 and 100"),
    ],
)
def test_a_configuration_that_does_not_fit(shop: Shop, said: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        shop.open(**said)


def test_blue_green_without_a_bake_time(shop: Shop) -> None:
    shop.opened("CANARY")
    with pytest.raises(ClientError, match="bakeTimeInMinutes is required"):
        shop.deploy(deploymentConfiguration={"strategy": "BLUE_GREEN"})


@pytest.mark.parametrize(
    ("hook", "text"),
    [
        ({"lifecycleStages": ["SCALE_UP"]}, "Invalid lifecycle stage SCALE_UP"),
        ({"lifecycleStages": []}, "needs lifecycleStages"),
        ({"targetType": "STEP_FUNCTION"}, "Valid values are: AWS_LAMBDA, PAUSE"),
        ({"targetType": "PAUSE"}, "does not simulate pause hooks"),
        ({"roleArn": ""}, "roleArn is required"),
        ({"hookTargetArn": ""}, "hookTargetArn is required"),
    ],
)
def test_a_hook_that_cannot_be(shop: Shop, hook: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        shop.open(lifecycleHooks=[shop.hook("SUCCEEDED") | hook])


def test_eleven_hooks(shop: Shop) -> None:
    with pytest.raises(ClientError, match="at most 10 Lambda hooks"):
        shop.open(lifecycleHooks=[shop.hook("SUCCEEDED")] * 11)


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "CANARY", "LINEAR"])
def test_no_advanced_configuration(shop: Shop, strategy: str) -> None:
    plain = [{"containerName": "app", "containerPort": 8080, "targetGroupArn": shop.blue}]
    with pytest.raises(ClientError, match="required for all loadBalancers when using a non-ROLLING"):
        shop.open(strategy, balancers=plain)


def test_some_advanced_configuration(shop: Shop) -> None:
    other = {"containerName": "app", "containerPort": 8080, "targetGroupArn": shop.green}
    with pytest.raises(ClientError, match="Either all or none of the provided loadBalancers"):
        shop.open(balancers=[*shop.balancers(), other])


@pytest.mark.parametrize("name", ["alternateTargetGroupArn", "productionListenerRule", "roleArn"])
def test_advanced_configuration_that_lacks_something(shop: Shop, name: str) -> None:
    with pytest.raises(ClientError, match=f"{name} is required in advancedConfiguration"):
        shop.open(balancers=shop.balancers(**{name: None}))


def test_one_group_twice(shop: Shop) -> None:
    with pytest.raises(ClientError, match="Duplicate targetGroupArn found"):
        shop.open(balancers=shop.balancers(alternateTargetGroupArn=shop.blue))


@pytest.mark.parametrize("name", ["productionListenerRule", "testListenerRule"])
def test_a_listener_is_no_rule(shop: Shop, name: str) -> None:
    with pytest.raises(ClientError, match=f"{name} has an invalid ARN format. Must be RuleArn for ALB"):
        shop.open(balancers=shop.balancers(**{name: LISTENER}))


def test_one_rule_twice(shop: Shop) -> None:
    with pytest.raises(ClientError, match="cannot be used as both production and test listener rules"):
        shop.open(balancers=shop.balancers(testListenerRule=shop.production))


def test_no_test_rule_and_one_group_in_the_other(shop: Shop) -> None:
    shop.elb.modify_rule(RuleArn=shop.production, Actions=[{"Type": "forward", "TargetGroupArn": shop.blue}])
    with pytest.raises(ClientError, match="testListenerRule is required when productionListenerRule is not associated"):
        shop.open(balancers=shop.balancers(testListenerRule=None))


def test_no_test_rule_and_both_groups_in_the_other(shop: Shop) -> None:
    shop.open(balancers=shop.balancers(testListenerRule=None))
    assert (shop.ended()["status"], shop.live) == ("SUCCESSFUL", (0, 100))


def given_up(shop: Shop, text: str) -> None:
    """A first deployment has nothing to go back to; none of its tasks have been started."""
    ended = shop.ended()
    assert ended["status"] == "ROLLBACK_FAILED"
    assert "Service deployment rolled back because of invalid networking configuration" in ended["statusReason"]
    assert text in ended["statusReason"]
    assert shop.running() == 0


@pytest.mark.parametrize("role", ["Lambda", "none"])
def test_a_role_that_ecs_may_not_assume(shop: Shop, role: str) -> None:
    arn = shop.ground.get(role, "arn:aws:iam::222222229999:role/none")
    shop.open(balancers=shop.balancers(roleArn=arn))
    given_up(shop, f"missing permissions on ECS Infrastructure Role '{arn}'")


def test_a_group_that_no_rule_knows(shop: Shop) -> None:
    for rule in (shop.production, shop.test):
        shop.elb.modify_rule(RuleArn=rule, Actions=[{"Type": "forward", "TargetGroupArn": shop.blue}])
    shop.open()
    given_up(
        shop, f"Target group {shop.green} is not associated with either productionListenerRule or testListenerRule"
    )


def test_two_groups_that_serve(shop: Shop) -> None:
    shop.elb.modify_rule(RuleArn=shop.production, Actions=[weighted(shop.blue, shop.green, (50, 50))])
    shop.open()
    given_up(shop, "should have exactly one target group serving traffic but found 2 target groups")


def test_a_group_of_somebody_else_that_serves(shop: Shop) -> None:
    other = Shop(shop.account, shop.ground)
    shop.elb.modify_rule(RuleArn=shop.production, Actions=[{"Type": "forward", "TargetGroupArn": other.blue}])
    shop.elb.modify_rule(RuleArn=shop.test, Actions=[weighted(shop.blue, shop.green)])
    shop.open()
    given_up(shop, f"Production listener rule is forwarding traffic to unexpected target group {other.blue}")


def test_a_rule_that_is_gone(shop: Shop) -> None:
    shop.elb.delete_rule(RuleArn=shop.test)
    shop.open()
    given_up(shop, "")


def test_a_role_that_may_not_be_assumed_for_a_hook(shop: Shop) -> None:
    shop.opened()
    hooks = [shop.hook("SUCCEEDED", roleArn=shop.ground["Lambda"])]
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=hooks))
    ended = shop.ended()
    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert ended["statusReason"].endswith(f"ECS was unable to assume role {shop.ground['Lambda']}")


def test_a_first_deployment_that_fails(shop: Shop) -> None:
    shop.open(lifecycleHooks=[shop.hook("FAILED", stage="POST_PRODUCTION_TRAFFIC_SHIFT")])
    ended = shop.ended()
    assert (ended["status"], shop.live, shop.running()) == ("ROLLBACK_FAILED", (100, 0), 0)
    assert ended["statusReason"].endswith("no rollback candidate was found")


@pytest.mark.parametrize(
    ("said", "percents"),
    [
        ({"strategy": "BLUE_GREEN"}, [100]),
        ({"strategy": "CANARY"}, [5, 100]),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1}}, [0.1, 100]),
        ({"strategy": "LINEAR"}, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.3}}, [33.3, 66.6, 99.9, 100]),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 100}}, [100]),
    ],
)
def test_steps(said: dict[str, Any], percents: list[float]) -> None:
    found = steps({"deploymentConfiguration": said})
    assert [step.percent for step in found] == percents
    assert found[-1].minutes == 0
