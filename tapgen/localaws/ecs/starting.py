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

_ADDRESSES = count(10)


async def start(service: Service, deployment: Deployment) -> tuple[Task, Behaviour]:
    """A task, running or stopped already, and how its containers behave."""
    task = await _placed(service, deployment)
    deployment.tasks.append(task)
    await asyncio.sleep(0.01)
    task.status = "PENDING"
    found = Behaviour()
    try:
        for container in deployment.definition["containerDefinitions"]:
            found = await behaviour(container["image"])
            await resolved(container)
    except (CannotPullError, ResourceInitializationError) as error:
        task.end("TaskFailedToStart", str(error), container_reason=str(error))
        return task, found
    container = deployment.definition["containerDefinitions"][0]
    await logs.write(container, task.id, found.log.splitlines())
    if found.exit_code is not None:
        task.end("EssentialContainerExited", "Essential container in task exited", found.exit_code)
        return task, found
    if containers.runs(container):
        task.address = await containers.start(task, container)
    task.status = "RUNNING"
    return task, found


async def _placed(service: Service, deployment: Deployment) -> Task:
    network = deployment.settings.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    subnets = network.get("subnets", [])
    number = next(_ADDRESSES)
    subnet = subnets[number % len(subnets)] if subnets else ""
    address = "10.0.0.1"
    if subnet:
        cidr = (await call("ec2", "DescribeSubnets", SubnetIds=[subnet]))["Subnets"][0]["CidrBlock"]
        address = str(IPv4Network(cidr)[4 + number % (IPv4Network(cidr).num_addresses - 5)])
    strategy = deployment.settings.get("capacityProviderStrategy")
    provider = {"capacityProviderName": strategy[0]["capacityProvider"]} if strategy else {}
    cluster = service.cluster_arn.rpartition("/")[2]
    return Task(
        arn=f"arn:aws:ecs:{engine.region()}:{engine.account()}:task/{cluster}/{uuid4().hex}",
        cluster_arn=service.cluster_arn,
        definition=deployment.definition,
        group=f"service:{service.name}",
        started_by=deployment.id,
        address=address,
        subnet=subnet,
        capacity={"launchType": "FARGATE"} | provider,
    )
