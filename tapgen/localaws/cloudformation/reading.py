"""The operations that only look at stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from tapgen.localaws.cloudformation import templates
from tapgen.localaws.cloudformation.stacks import Resource, Stack, existing, named, stacks
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


@operation("cloudformation", "DescribeStacks")
async def describe_stacks(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html."""
    wanted = [named(request["StackName"])] if "StackName" in request else list(existing())
    return {"Stacks": [_described(stack) for stack in wanted]}


def _described(stack: Stack) -> Fields:
    declared = stack.revision.template.get("Outputs", {})
    parameters = stack.revision.parameters.items()
    return _summary(stack) | {
        "Description": stack.revision.template.get("Description"),
        "Parameters": [
            {"ParameterKey": k, "ParameterValue": "****" if v["NoEcho"] else v["Value"]} for k, v in parameters
        ],
        "Outputs": [
            {"OutputKey": key, "OutputValue": value, "Description": declared.get(key, {}).get("Description")}
            for key, value in stack.outputs.items()
        ],
        "Capabilities": sorted(stack.root.capabilities),
        "DisableRollback": not stack.root.rolls_back,
        "EnableTerminationProtection": stack.protected,
        "NotificationARNs": [],
        "Tags": [{"Key": key, "Value": value} for key, value in stack.revision.tags],
    }


def _summary(stack: Stack) -> Fields:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "ParentId": stack.parent.id if stack.parent else None,
        "RootId": stack.root.id if stack.parent else None,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


@operation("cloudformation", "ListStacks")
async def list_stacks(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html."""
    statuses = request.get("StackStatusFilter")
    return {"StackSummaries": [_summary(stack) for stack in stacks() if not statuses or stack.status in statuses]}


@operation("cloudformation", "DescribeStackEvents")
async def describe_stack_events(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html."""
    return {"StackEvents": named(request["StackName"]).events[::-1]}


@operation("cloudformation", "DescribeStackResources")
async def describe_stack_resources(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html."""
    if "StackName" not in request:
        physical_id = request["PhysicalResourceId"]
        holding = (s for s in existing() for r in s.resources.values() if r.physical_id == physical_id)
        stack = next(holding, None)
        if not stack:
            raise ServiceError("ValidationError", f"Stack for {physical_id} does not exist")
    else:
        stack = named(request["StackName"])
    name = request.get("LogicalResourceId")
    found = [each for each in stack.resources.values() if name in (None, each.name)]
    return {"StackResources": [_resource(stack, each) | {"Timestamp": each.changed} for each in found]}


@operation("cloudformation", "DescribeStackResource")
async def describe_stack_resource(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html."""
    stack, name = named(request["StackName"]), request["LogicalResourceId"]
    if name not in stack.resources:
        raise ServiceError("ValidationError", f"Resource {name} does not exist for stack {stack.name}")
    resource = stack.resources[name]
    return {"StackResourceDetail": _resource(stack, resource) | {"LastUpdatedTimestamp": resource.changed}}


@operation("cloudformation", "ListStackResources")
async def list_stack_resources(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html."""
    stack = named(request["StackName"])
    listed = [_resource(stack, each) | {"LastUpdatedTimestamp": each.changed} for each in stack.resources.values()]
    return {"StackResourceSummaries": listed}


def _resource(stack: Stack, resource: Resource) -> Fields:
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": resource.name,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.kind,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason or None,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


@operation("cloudformation", "GetTemplate")
async def get_template(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html."""
    from tapgen.localaws.cloudformation import changesets

    if "ChangeSetName" in request:
        body = changesets.find(request["ChangeSetName"], request.get("StackName")).target.body
    else:
        body = named(request["StackName"]).revision.body
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


@operation("cloudformation", "ValidateTemplate", "GetTemplateSummary")
async def look_at_template(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html."""
    if "StackName" in request:
        return await proceed({"TemplateBody": named(request["StackName"]).revision.body})
    return await proceed({"TemplateBody": await templates.body_of(request)})


@operation("cloudformation", "GetStackPolicy")
async def get_stack_policy(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetStackPolicy.html."""
    return {"StackPolicyBody": named(request["StackName"]).policy}
