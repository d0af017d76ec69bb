"""How a task comes to run, or does not."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from itertools import count
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.ecs import containers, logs
from tapgen.localaws.ecs.images import Behaviour, CannotPullError, behaviour
from tapgen.localaws.ecs.secrets import ResourceInitializationError, resolved
from tapgen.localaws.ecs.state import Deployment, Service, Task
from tapgen.localaws.protocol import Fields

_ADDRESSES = count(10)

EXITED = ("EssentialContainerExited", "Essential container in task exited")


async def start(service: Service, deployment: Deployment) -> tuple[Task, Behaviour]:
    """A task of a service, running or stopped already, and how its containers behave."""
    task = await placed(
        deployment.definition, deployment.settings, service.cluster_arn, f"service:{service.name}", deployment.id
    )
    deployment.tasks.append(task)
    found = await run(task)
    if task.status == "RUNNING" and found.exit_code is not None:
        task.end(*EXITED, found.exit_code)
    return task, found


async def run(task: Task) -> Behaviour:
    """Have a task run, or fail to, and say how its containers behave."""
    await asyncio.sleep(0.01)
    task.proceed("PENDING")
    found = Behaviour()
    try:
        for container in task.definition["containerDefinitions"]:
            found = await behaviour(container["image"])
            await resolved(container)
    except (CannotPullError, ResourceInitializationError) as error:
        if task.desired == "RUNNING":
            task.end("TaskFailedToStart", str(error), container_reason=str(error))
        return found
    container = task.definition["containerDefinitions"][0]
    await logs.write(container, task.id, found.log.splitlines())
    if task.desired == "RUNNING" and found.exit_code is None and containers.runs(container):
        task.address = await containers.start(task, container)
    task.proceed("RUNNING")
    if task.status == "STOPPED":
        await containers.stop(task)
    return found


async def placed(definition: Fields, settings: Fields, cluster_arn: str, group: str, started_by: str) -> Task:
    """A task that has a place in a subnet, and does not run yet."""
    network = settings.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    subnets = network.get("subnets", [])
    number = next(_ADDRESSES)
    subnet = subnets[number % len(subnets)] if subnets else ""
    address = "10.0.0.1"
    if subnet:
        cidr = (await call("ec2", "DescribeSubnets", SubnetIds=[subnet]))["Subnets"][0]["CidrBlock"]
        address = str(IPv4Network(cidr)[4 + number % (IPv4Network(cidr).num_addresses - 5)])
    strategy = settings.get("capacityProviderStrategy")
    provider = {"capacityProviderName": strategy[0]["capacityProvider"]} if strategy else {}
    cluster = cluster_arn.rpartition("/")[2]
    return Task(
        arn=f"arn:aws:ecs:{engine.region()}:{engine.account()}:task/{cluster}/{uuid4().hex}",
        cluster_arn=cluster_arn,
        definition=definition,
        group=group,
        started_by=started_by,
        address=address,
        subnet=subnet,
        capacity={"launchType": "FARGATE"} | provider,
    )
