"""The roles that ECS works with.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from tapgen.localaws.calls import call
from tapgen.localaws.policies import lets_in
from tapgen.localaws.protocol import Fields, ServiceError


async def find_role(arn: str) -> Fields | None:
    """A role, if there is one of that ARN."""
    try:
        role: Fields = (await call("iam", "GetRole", RoleName=arn.rpartition("/")[2]))["Role"]
    except ServiceError:
        return None
    return role


def lets_ecs_in(role: Fields) -> bool:
    """Whether ECS may assume a role."""
    trusted = json.loads(unquote(role["AssumeRolePolicyDocument"]))
    return lets_in(trusted, "ecs.amazonaws.com", "sts:AssumeRole", "*", {})


async def assumable(arn: str) -> bool:
    """Whether there is a role that ECS may assume."""
    role = await find_role(arn)
    return role is not None and lets_ecs_in(role)
