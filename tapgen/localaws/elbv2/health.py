"""What load balancers find out about targets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from tapgen.localaws.kept import forget, keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields

_UNHEALTHY: Fields = {
    "State": "unhealthy",
    "Reason": "Target.ResponseCodeMismatch",
    "Description": "Health checks failed with these codes: [503]",
}


def _key(group: str, address: str) -> str:
    return f"{group}/{address}"


def find_unhealthy(group: str, address: str) -> None:
    """Find a target unhealthy, as long as it is registered."""
    keep(_key(group, address), health=_UNHEALTHY)


@operation("elbv2", "DescribeTargetHealth")
async def describe_target_health(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html."""
    found = (await proceed(request))["TargetHealthDescriptions"]
    group = request["TargetGroupArn"]
    for each in found:
        each["TargetHealth"] |= kept(_key(group, each["Target"]["Id"])).get("health", {})
        each["HealthCheckPort"] = str(each["Target"]["Port"])
    return {"TargetHealthDescriptions": found}


@operation("elbv2", "DeregisterTargets")
async def deregister_targets(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html."""
    for target in request["Targets"]:
        forget(_key(request["TargetGroupArn"], target["Id"]))
    return await proceed(request)
