"""Tasks that no service started: they run to their end.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/standalone-tasks.html
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.ecs import containers
from tapgen.localaws.ecs.services import check_network, definition_of
from tapgen.localaws.ecs.starting import EXITED, placed, run
from tapgen.localaws.ecs.state import Task, cluster_name, standalone, stopped
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_SIGTERM = 143
_RUNNING = set[asyncio.Task[None]]()
_BEGUN: dict[tuple[str, str], tuple[Fields, list[Task]]] = {}
"""What a request with a client token has begun, by its cluster and token: the same again begins nothing.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
"""


@operation("ecs", "RunTask")
async def run_task(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html."""
    clusters = (await call("ecs", "DescribeClusters", clusters=[cluster_name(request.get("cluster"))]))["clusters"]
    if not clusters or clusters[0]["status"] != "ACTIVE":
        raise ServiceError("ClusterNotFoundException", "Cluster not found.")
    first, begun = _BEGUN.setdefault(
        (clusters[0]["clusterArn"], request.get("clientToken", str(uuid4()))), (request, [])
    )
    if first != request:
        raise ServiceError("ConflictException", "The client token is in use with another request.")
    if not begun:
        begun += await _begin(request, clusters[0]["clusterArn"])
    return {"tasks": [task.described() for task in begun], "failures": []}


async def _begin(request: Fields, cluster_arn: str) -> list[Task]:
    definition = _overridden(await definition_of(request), request.get("overrides", {}))
    await check_network(request)
    group = request.get("group", f"family:{definition['family']}")
    made = []
    for _ in range(request.get("count", 1)):
        started_by = request.get("startedBy", "")
        task = await placed(definition, request, cluster_arn, group, started_by)
        standalone().append(task)
        background = asyncio.get_running_loop().create_task(_to_its_end(task, engine.account(), engine.region()))
        _RUNNING.add(background)
        background.add_done_callback(_RUNNING.discard)
        made.append(task)
    return made


async def interrupt(task: Task, reason: str) -> None:
    """Stop a task, as somebody asks for it."""
    await containers.stop(task)
    _over(task, "UserInitiated", reason, _SIGTERM)


def _overridden(definition: Fields, overrides: Fields) -> Fields:
    """A task definition as one run has it.

    Raises:
        ServiceError: a container that is to be another is not there.
    """
    definition = deepcopy(definition)
    known = {each["name"]: each for each in definition["containerDefinitions"]}
    for override in overrides.get("containerOverrides", []):
        if override["name"] not in known:
            text = f"Override for container named {override['name']} is not a container in the TaskDefinition."
            raise ServiceError("InvalidParameterException", text)
        if "command" in override:
            known[override["name"]]["command"] = override["command"]
    return definition


async def _to_its_end(task: Task, account: str, region: str) -> None:
    with engine.acting_for(account, region):
        found = await run(task)
        if task.status == "STOPPED":
            _over(task)
            return
        code = await containers.finished(task)
        await asyncio.sleep(found.lasts)
        _over(task, *EXITED, found.exit_code if code is None else code)


def _over(task: Task, stop_code: str = "", reason: str = "", exit_code: int | None = None) -> None:
    """A task has stopped, for the first reason that it had."""
    if task.status != "STOPPED":
        task.end(stop_code, reason, exit_code or 0)
    if task in standalone():
        standalone().remove(task)
        stopped().append(task)
