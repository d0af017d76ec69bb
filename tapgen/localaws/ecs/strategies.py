"""What a service says about its deployments, as far as it is more than rolling: strategy, steps, bake times.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html

`TAPGEN_LOCALAWS_MINUTE` says how many seconds a minute of such a time takes here: 0.1 where it says nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from tapgen.localaws.protocol import Fields, ServiceError

COLOURED = ("BLUE_GREEN", "CANARY", "LINEAR")
HOOKABLE = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html."""

_MOST_HOOKS = 10
_DAY = 1440


@dataclass(frozen=True)
class Step:
    """One shift of production traffic: so much in all, and so long until the next."""

    percent: float
    minutes: float = 0


def seconds(minutes: float) -> float:
    """How long minutes take here."""
    return minutes * float(os.environ.get("TAPGEN_LOCALAWS_MINUTE", "0.1"))


def configuration(settings: Fields) -> Fields:
    """What a service says about its deployments."""
    found: Fields = settings.get("deploymentConfiguration", {})
    return found


def strategy(settings: Fields) -> str:
    """The strategy of its deployments."""
    return str(configuration(settings).get("strategy", "ROLLING"))


def steps(settings: Fields) -> list[Step]:
    """How production traffic moves; the last step is not followed by a bake time of its own.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
    """
    said = configuration(settings)
    match strategy(settings):
        case "CANARY":
            canary = said.get("canaryConfiguration", {})
            first = [Step(canary.get("canaryPercent", 5.0), canary.get("canaryBakeTimeInMinutes", 10))]
        case "LINEAR":
            linear = said.get("linearConfiguration", {})
            tenths, bake = round(10 * linear.get("stepPercent", 10.0)), linear.get("stepBakeTimeInMinutes", 6)
            first = [Step(each / 10, bake) for each in range(tenths, 1000, tenths)]
        case _:
            first = []
    return [*first, Step(100)]


def bakes(settings: Fields) -> float:
    """How many minutes a deployment waits, all in all."""
    minutes: float = configuration(settings).get("bakeTimeInMinutes", 0)
    return minutes + sum(step.minutes for step in steps(settings))


def check_strategy(settings: Fields) -> None:
    """Whether ECS takes what a service says about its deployments.

    Raises:
        ServiceError: it does not.
    """
    said, chosen = configuration(settings), strategy(settings)
    _demand(chosen in ("ROLLING", *COLOURED), f"Invalid deployment strategy {chosen}.")
    by_ecs = settings.get("deploymentController", {}).get("type", "ECS") == "ECS"
    _demand(by_ecs or chosen == "ROLLING", f"The deployment strategy {chosen} needs the ECS deployment controller.")
    if chosen == "BLUE_GREEN":
        _demand("bakeTimeInMinutes" in said, "bakeTimeInMinutes is required with the deployment strategy BLUE_GREEN.")
    for owner in ("LINEAR", "CANARY"):
        name = f"{owner.lower()}Configuration"
        _demand(chosen == owner or name not in said, f"{name} is only valid with the deployment strategy {owner}.")
    canary, linear = said.get("canaryConfiguration", {}), said.get("linearConfiguration", {})
    _within(said, "bakeTimeInMinutes", 0, _DAY)
    _within(canary, "canaryPercent", 0.1, 100)
    _within(canary, "canaryBakeTimeInMinutes", 0, _DAY)
    _within(linear, "stepPercent", 3, 100)
    _within(linear, "stepBakeTimeInMinutes", 0, _DAY)
    _check_hooks(said.get("lifecycleHooks", []))


def _check_hooks(hooks: list[Fields]) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHook.html."""
    _demand(len(hooks) <= _MOST_HOOKS, f"A service can have at most {_MOST_HOOKS} Lambda hooks.")
    for hook in hooks:
        kind = hook.get("targetType", "AWS_LAMBDA")
        _demand(kind in ("AWS_LAMBDA", "PAUSE"), "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE")
        _demand(kind == "AWS_LAMBDA", "The local AWS does not simulate pause hooks.")
        _demand(bool(hook.get("hookTargetArn")), "hookTargetArn is required for a lifecycle hook of type AWS_LAMBDA.")
        _demand(bool(hook.get("roleArn")), "roleArn is required for a lifecycle hook of type AWS_LAMBDA.")
        _demand(bool(hook.get("lifecycleStages")), "A lifecycle hook needs lifecycleStages.")
        for stage in hook["lifecycleStages"]:
            _demand(stage in HOOKABLE, f"Invalid lifecycle stage {stage} for a lifecycle hook.")


def _within(said: Fields, name: str, least: float, most: float) -> None:
    if name in said:
        _demand(least <= said[name] <= most, f"{name} must be between {least} and {most}.")


def _demand(holds: bool, text: str) -> None:
    if not holds:
        raise ServiceError("InvalidParameterException", text)
