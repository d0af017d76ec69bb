"""Schedules in templates: ministack keeps them, and starts nothing by the clock.

https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.failures import HandlerError
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.policies import lets_in
from tapgen.localaws.protocol import Fields
from tapgen.localaws.shapes import fit

NAME_LENGTH = 64


@provides("AWS::Scheduler::Schedule")
class Schedule(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a schedule of a target that there is."""
        name = wanted.properties.get("Name") or wanted.title(NAME_LENGTH)
        return await self._put("CreateSchedule", name, wanted)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Say all of it anew."""
        return await self._put("UpdateSchedule", before.physical_id, wanted)

    async def delete(self, resource: Resource) -> None:
        """Delete it."""
        group = resource.properties.get("GroupName", "default")
        await call("scheduler", "DeleteSchedule", Name=resource.physical_id, GroupName=group)

    async def _put(self, operation: str, name: str, wanted: Wanted) -> Made:
        properties: Fields = wanted.properties | {"Name": name}
        target = properties["Target"]
        await _may_assume(target["RoleArn"], properties.get("GroupName", "default"))
        if parameters := target.get("EcsParameters"):
            await call("ecs", "DescribeTaskDefinition", taskDefinition=parameters["TaskDefinitionArn"])
        made = await call("scheduler", operation, **fit("scheduler", operation, properties))
        return Made(name, {"Arn": made["ScheduleArn"]})


async def _may_assume(role_arn: str, group: str) -> None:
    """EventBridge Scheduler refuses a role that does not let it in for schedules of that group.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    role = (await call("iam", "GetRole", RoleName=role_arn.rpartition("/")[2]))["Role"]
    trusted = json.loads(unquote(role["AssumeRolePolicyDocument"]))
    source = f"arn:aws:scheduler:{engine.region()}:{engine.account()}:schedule-group/{group}"
    context = {"aws:SourceAccount": engine.account(), "aws:SourceArn": source}
    if not lets_in(trusted, "scheduler.amazonaws.com", "sts:AssumeRole", "*", context):
        text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        raise HandlerError(text, "InvalidRequest")
