"""Runs the job that migrates for a service to its end, before CloudFormation brings out the service's new version.

CloudFormation asks for it when it makes the service, and when the job has a new task definition, and waits for the
answer: a failure fails the deployment. It never migrates back. When a stack rolls back, CloudFormation asks again, with
the old task definition; nothing is done then, and the old version must bear the new data.

A job may take longer than a function: then the function calls itself, and goes on waiting. Lambda takes that for a loop
after about 16 calls, and LIMIT ends it before: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
Where CloudFormation's answer is expected is a secret, since whoever knows the address can answer: it is never printed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import time
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

import boto3

LIMIT = 50 * 60  # CloudFormation waits for an hour
SPARE = 30  # of the function's own time, to call itself
LONGEST = 10  # between two looks at the task
LONGEST_REASON = 2000  # an answer may have 4096 bytes

CLOUDFORMATION = boto3.client("cloudformation")
ECS = boto3.client("ecs")
LAMBDA = boto3.client("lambda")


class MigrationError(Exception):
    """The migration has failed, and with it the deployment."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer in any case but one: another call goes on waiting. CloudFormation would wait for an hour."""
    try:
        over = migrated(event, context) if wanted(event) else True
    except Exception as error:  # whatever it is, CloudFormation must hear of it
        answer(event, "FAILED", str(error) or type(error).__name__)
    else:
        if over:
            answer(event, "SUCCESS")


def wanted(event: dict[str, Any]) -> bool:
    """Whether there is something to do: not when the service goes, when the job is what it was, or on the way back."""
    if event["RequestType"] == "Delete":
        return False
    before = event.get("OldResourceProperties", {}).get("TaskDefinition")
    if before == event["ResourceProperties"]["TaskDefinition"]:
        return False
    stack = CLOUDFORMATION.describe_stacks(StackName=event["StackId"])["Stacks"][0]
    return "ROLLBACK" not in stack["StackStatus"]


def migrated(event: dict[str, Any], context: Any) -> bool:
    """Whether the job has succeeded; if it has not ended yet, another call of this function waits for it."""
    said = event["ResourceProperties"]
    task, until = event.get("Task") or started(event), event.get("Until") or time.time() + LIMIT
    pause = 1
    while context.get_remaining_time_in_millis() > SPARE * 1000:
        found = ECS.describe_tasks(cluster=said["Cluster"], tasks=[task])["tasks"]  # none, as long as it is very new
        if found and found[0]["lastStatus"] == "STOPPED":
            judge(said, found[0])
            return True
        if time.time() > until:
            ECS.stop_task(cluster=said["Cluster"], task=task, reason="The migration takes too long")
            raise MigrationError(
                f"{said['Job']} took longer than {LIMIT // 60} minutes and was stopped{log(said, task)}"
            )
        time.sleep(pause)
        pause = min(2 * pause, LONGEST)
    payload = json.dumps(event | {"Task": task, "Until": until})
    LAMBDA.invoke(FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=payload)
    return False


def started(event: dict[str, Any]) -> str:
    """The ARN of the task. A request that comes twice, as Lambda may repeat a call, has one task.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
    """
    said = event["ResourceProperties"]
    network = {"subnets": said["Subnets"], "securityGroups": [said["SecurityGroup"]], "assignPublicIp": "DISABLED"}
    answered = ECS.run_task(
        cluster=said["Cluster"],
        taskDefinition=said["TaskDefinition"],
        capacityProviderStrategy=[{"capacityProvider": said["CapacityProvider"], "weight": 1}],
        networkConfiguration={"awsvpcConfiguration": network},
        enableECSManagedTags=True,
        propagateTags="TASK_DEFINITION",
        clientToken=event["RequestId"],
        startedBy=event["RequestId"],
    )
    if not answered["tasks"]:
        reasons = ", ".join(each.get("reason", "no reason given") for each in answered["failures"])
        raise MigrationError(f"{said['Job']} could not be started: {reasons}")
    task: str = answered["tasks"][0]["taskArn"]
    print(f"{said['Job']}: {task}")
    return task


def judge(said: dict[str, Any], task: dict[str, Any]) -> None:
    """Refuse a task whose own container did not end with 0."""
    container = next(each for each in task["containers"] if each["name"] == "app")
    code = container.get("exitCode")
    print(f"{said['Job']}: exit code {code}")
    if code != 0:
        what = "did not run" if code is None else f"ended with exit code {code}"
        why = container.get("reason") or task.get("stoppedReason", "no reason given")
        raise MigrationError(f"{said['Job']} {what}: {why}{log(said, task['taskArn'])}")


def log(said: dict[str, Any], task: str) -> str:
    """Where to read what the task has written."""
    stream = f"app/app/{task.rpartition('/')[2]}"
    return f". Read: make logs SERVICE={said['Job']}, or stream {stream} of the log group {said['LogGroup']}"


def answer(event: dict[str, Any], status: str, reason: str = "") -> None:
    """Tell CloudFormation. With another physical id it would ask to delete what had this one.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    """
    print(f"{status} {reason}")
    named = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    physical_id = event.get("PhysicalResourceId") or "/".join(event["StackId"].split("/")[1:])
    said = named | {"Status": status, "Reason": reason[:LONGEST_REASON], "PhysicalResourceId": physical_id}
    # Without an empty type the signature in the address does not fit.
    request = Request(event["ResponseURL"], json.dumps(said).encode(), {"Content-Type": ""}, method="PUT")
    for attempt in range(4):
        time.sleep(attempt)
        try:
            with urlopen(request, timeout=10):
                return
        except (OSError, HTTPException) as error:
            print(f"the answer was not taken: {type(error).__name__}")
    raise RuntimeError("CloudFormation could not be answered")
