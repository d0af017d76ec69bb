"""How ECS replaces the tasks of a service, and what takes a new version back."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import cloudwatch, ecs

from tapgen.config.deployment import Deployment
from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.layers.ingress import TestDoor
from tapgen.layers.release import Hook
from tapgen.parts.present import present

_STRATEGIES = {"rolling": "ROLLING", "blue-green": "BLUE_GREEN", "canary": "CANARY", "linear": "LINEAR"}


def rollout(
    config: Deployment, alarms: Sequence[cloudwatch.Alarm], hooks: Sequence[ecs.DeploymentLifecycleHook]
) -> ecs.DeploymentConfiguration:
    """A version that does not start is taken back, and one that an alarm tells of or that a hook says no to.

    That the circuit breaker works where requests move is nowhere said; it is accepted, and without it nobody would be
    told of a deployment that failed.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
    """
    breaker = ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True)
    if not config.coloured:
        return ecs.DeploymentConfiguration(
            Strategy=_STRATEGIES[config.strategy],
            MinimumHealthyPercent=config.min_percent,
            MaximumPercent=config.max_percent,
            DeploymentCircuitBreaker=breaker,
        )
    return ecs.DeploymentConfiguration(
        **present(
            Strategy=_STRATEGIES[config.strategy],
            BakeTimeInMinutes=config.bake_minutes,
            CanaryConfiguration=_canary(config),
            LinearConfiguration=_linear(config),
            DeploymentCircuitBreaker=breaker,
            Alarms=_alarms(alarms) if alarms else None,
            LifecycleHooks=list(hooks) or None,
        )
    )


def test_hook(config: Service, door: TestDoor, balancer: Text, hook: Hook) -> ecs.DeploymentLifecycleHook:
    """Has a new version asked, once the test listener leads to it, what `smoke` of the service says.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
    """
    said = config.deployment.test
    host = config.host[0].replace("*", "www") if config.host else door.host
    return ecs.DeploymentLifecycleHook(
        TargetType="AWS_LAMBDA",
        HookTargetArn=hook.function_arn,
        RoleArn=hook.role_arn,
        LifecycleStages=["POST_TEST_TRAFFIC_SHIFT"],
        HookDetails={
            "loadBalancer": balancer,
            "scheme": door.scheme,
            "host": host,
            "port": door.port,
            "paths": list(config.asked),
            "statuses": list(config.answers),
            "times": said.times,
            "seconds": said.seconds,
            "minutes": said.minutes,
        },
    )


def _canary(config: Deployment) -> ecs.CanaryConfiguration | None:
    if config.strategy != "canary":
        return None
    return ecs.CanaryConfiguration(CanaryPercent=config.canary.percent, CanaryBakeTimeInMinutes=config.canary.minutes)


def _linear(config: Deployment) -> ecs.LinearConfiguration | None:
    if config.strategy != "linear":
        return None
    return ecs.LinearConfiguration(StepPercent=config.linear.percent, StepBakeTimeInMinutes=config.linear.minutes)


def _alarms(alarms: Sequence[cloudwatch.Alarm]) -> ecs.DeploymentAlarms:
    """Alarms that ring when a deployment begins are not listened to until it ends.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    """
    return ecs.DeploymentAlarms(Enable=True, Rollback=True, AlarmNames=[alarm.ref() for alarm in alarms])
