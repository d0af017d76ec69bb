"""The operations on change sets.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from tapgen.localaws.cloudformation.api import requested
from tapgen.localaws.cloudformation.changesets import (
    ChangeSet,
    change_sets,
    described,
    discard,
    find,
    mark_execution,
    outdate,
    propose,
)
from tapgen.localaws.cloudformation.deployment import Deployment
from tapgen.localaws.cloudformation.running import deploy, refuse_unless_updatable, start
from tapgen.localaws.cloudformation.stacks import Revision, Stack, named, stacks
from tapgen.localaws.cloudformation.stacks import find as find_stack
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


@operation("cloudformation", "CreateChangeSet")
async def create_change_set(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html."""
    name, creating = request["ChangeSetName"], request.get("ChangeSetType") == "CREATE"
    stack = find_stack(request["StackName"])
    if creating and stack and stack.status != "REVIEW_IN_PROGRESS":
        text = f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}]."
        raise ServiceError("ValidationError", text)
    if not creating:
        if not stack or stack.status == "DELETE_COMPLETE":
            raise ServiceError("ValidationError", f"Stack [{request['StackName']}] does not exist")
        refuse_unless_updatable(stack)
    if stack and any(each.name == name and each.stack is stack for each in change_sets()):
        raise ServiceError(
            "AlreadyExistsException",
            f"ChangeSet {name} cannot be created due to a mismatch with existing attribute Name",
        )
    target = await requested(request, stack.revision if stack else Revision())
    if not stack:
        stack = Stack(request["StackName"])
        stacks().append(stack)
        stack.enter("REVIEW_IN_PROGRESS", "User Initiated")
    change_set = ChangeSet(name, stack, target, request)
    await propose(change_set, nested=request.get("IncludeNestedStacks", False))
    return {"Id": change_set.id, "StackId": stack.id}


@operation("cloudformation", "DescribeChangeSet")
async def describe_change_set(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html."""
    return described(find(request["ChangeSetName"], request.get("StackName")))


@operation("cloudformation", "ExecuteChangeSet")
async def execute_change_set(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html."""
    change_set = find(request["ChangeSetName"], request.get("StackName"))
    stack, wanted = change_set.stack, change_set.request
    if change_set.parent:
        raise ServiceError("ValidationError", f"ChangeSet [{change_set.id}] is nested: execute {change_set.root.id}")
    if change_set.execution != "AVAILABLE":
        status = change_set.execution if change_set.status != "FAILED" else change_set.status
        text = f"ChangeSet [{change_set.id}] cannot be executed in its current execution status of [{status}]"
        raise ServiceError("InvalidChangeSetStatus", text)
    refuse_unless_updatable(stack)
    on_failure = wanted.get("OnStackFailure", "DO_NOTHING" if request.get("DisableRollback") else "ROLLBACK")
    stack.capabilities = frozenset(wanted.get("Capabilities", []))
    stack.rolls_back, stack.token = on_failure != "DO_NOTHING", request.get("ClientRequestToken")
    outdate(stack, but=change_set)
    mark_execution(change_set, "EXECUTE_IN_PROGRESS")
    stack.status = "UPDATE_IN_PROGRESS" if stack.revision.template else "CREATE_IN_PROGRESS"
    start(stack, deploy(Deployment(stack, change_set.target), on_failure, change_set))
    return {}


@operation("cloudformation", "DeleteChangeSet")
async def delete_change_set(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html."""
    change_set = find(request["ChangeSetName"], request.get("StackName"))
    if change_set.parent:
        raise ServiceError(
            "InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] is nested: delete {change_set.root.id}"
        )
    if change_set.execution == "EXECUTE_IN_PROGRESS":
        raise ServiceError("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] is being executed")
    discard(change_set)
    return {}


@operation("cloudformation", "ListChangeSets")
async def list_change_sets(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html."""
    stack = named(request["StackName"])
    return {"Summaries": [described(each) for each in change_sets() if each.stack is stack]}
