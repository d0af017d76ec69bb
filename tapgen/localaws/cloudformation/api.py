"""The operations on stacks, as the AWS CLI calls them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from tapgen.localaws.cloudformation import policy, templates
from tapgen.localaws.cloudformation.changesets import change_sets, discard, outdate
from tapgen.localaws.cloudformation.deployment import Deployment
from tapgen.localaws.cloudformation.nested import acknowledge
from tapgen.localaws.cloudformation.removal import remove_stack
from tapgen.localaws.cloudformation.running import deploy, refuse_unless_updatable, start
from tapgen.localaws.cloudformation.stacks import Revision, Stack, find, named, stacks
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


async def requested(request: Fields, before: Revision) -> Revision:
    """The revision that a request asks for.

    Raises:
        ServiceError: it is wrong, or wants capabilities that are not acknowledged.
    """
    body = before.body if request.get("UsePreviousTemplate") else await templates.body_of(request)
    if not body:
        raise ServiceError("ValidationError", "Either Template URL or Template Body must be specified.")
    tags = [(tag["Key"], tag["Value"]) for tag in request["Tags"]] if "Tags" in request else before.tags
    target = templates.revision(body, request.get("Parameters", []), tags, before)
    acknowledge(frozenset(request.get("Capabilities", [])), target)
    return target


async def _policy_of(request: Fields, prefix: str) -> str | None:
    if f"{prefix}Body" in request:
        return policy.check(request[f"{prefix}Body"])
    return policy.check(await templates.fetched(request[f"{prefix}URL"])) if f"{prefix}URL" in request else None


@operation("cloudformation", "CreateStack")
async def create_stack(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html."""
    if find(request["StackName"]):
        raise ServiceError("AlreadyExistsException", f"Stack [{request['StackName']}] already exists")
    target = await requested(request, Revision())
    on_failure = request.get("OnFailure", "DO_NOTHING" if request.get("DisableRollback") else "ROLLBACK")
    stack = Stack(
        request["StackName"],
        capabilities=frozenset(request.get("Capabilities", [])),
        protected=request.get("EnableTerminationProtection", False),
        rolls_back=on_failure != "DO_NOTHING",
        policy=await _policy_of(request, "StackPolicy"),
        token=request.get("ClientRequestToken"),
    )
    stacks().append(stack)
    stack.status = "CREATE_IN_PROGRESS"
    start(stack, deploy(Deployment(stack, target), on_failure))
    return {"StackId": stack.id}


@operation("cloudformation", "UpdateStack")
async def update_stack(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html."""
    stack = named(request["StackName"])
    refuse_unless_updatable(stack)
    target = await requested(request, stack.revision)
    stack.capabilities = frozenset(request.get("Capabilities", []))
    if target.same_as(stack.revision):
        raise ServiceError("ValidationError", "No updates are to be performed.")
    once = await _policy_of(request, "StackPolicyDuringUpdate")
    stack.policy = await _policy_of(request, "StackPolicy") or stack.policy
    stack.token, stack.rolls_back = request.get("ClientRequestToken"), not request.get("DisableRollback")
    stack.status = "UPDATE_IN_PROGRESS"
    outdate(stack)
    start(stack, deploy(Deployment(stack, target, policy_body=once)))
    return {"StackId": stack.id}


@operation("cloudformation", "DeleteStack")
async def delete_stack(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html."""
    stack = find(request["StackName"])
    if not stack or stack.status == "DELETE_COMPLETE":
        return {}
    if stack.root.protected:
        text = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        raise ServiceError("ValidationError", text)
    retain = request.get("RetainResources", [])
    if retain and stack.status != "DELETE_FAILED":
        text = (
            f"Invalid operation on stack [{stack.id}]. When you delete a stack, specify which resources to retain only "
        )
        raise ServiceError("ValidationError", text + "when the stack is in the DELETE_FAILED state.")
    if stack.busy:
        if stack.status == "DELETE_IN_PROGRESS":
            return {}
        raise ServiceError("ValidationError", f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
    for each in [each for each in change_sets() if each.stack is stack]:
        discard(each)
    stack.token, stack.status = request.get("ClientRequestToken"), "DELETE_IN_PROGRESS"
    start(stack, remove_stack(stack, retain))
    return {}


@operation("cloudformation", "CancelUpdateStack")
async def cancel_update_stack(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html."""
    stack = named(request["StackName"])
    if stack.status != "UPDATE_IN_PROGRESS" or not stack.halt:
        raise ServiceError("ValidationError", "CancelUpdateStack cannot be called from current stack status")
    stack.halt.call(by_user=True)
    return {}


@operation("cloudformation", "ContinueUpdateRollback")
async def continue_update_rollback(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html."""
    stack = named(request["StackName"])
    if stack.status != "UPDATE_ROLLBACK_FAILED" or not stack.deployment:
        text = f"Stack:{stack.id} is in {stack.status} state and can not continue rollback."
        raise ServiceError("ValidationError", text)
    stack.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    start(stack, stack.deployment.revert("User Initiated", request.get("ResourcesToSkip", [])))
    return {}


@operation("cloudformation", "UpdateTerminationProtection")
async def update_termination_protection(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateTerminationProtection.html."""
    stack = named(request["StackName"])
    if stack.parent:
        text = "The operation UpdateTerminationProtection is not supported for nested stacks: update the root stack"
        raise ServiceError("ValidationError", text)
    stack.protected = request["EnableTerminationProtection"]
    return {"StackId": stack.id}


@operation("cloudformation", "SetStackPolicy")
async def set_stack_policy(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html."""
    stack = named(request["StackName"])
    stack.policy = await _policy_of(request, "StackPolicy")
    return {}
