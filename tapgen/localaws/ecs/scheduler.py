"""Keeping services at what they are to be: tasks started and stopped, deployments that succeed or are given up.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html

The breaker gives up after three tasks, in fractions of a second instead of minutes.
"""

from __future__ import annotations

import asyncio

from tapgen.localaws.calls import call
from tapgen.localaws.ecs import containers
from tapgen.localaws.ecs.starting import start
from tapgen.localaws.ecs.state import Deployment, Service, Task, stopped
from tapgen.localaws.elbv2.health import find_unhealthy
from tapgen.localaws.elbv2.traffic import drained
from tapgen.localaws.protocol import ServiceError

_THRESHOLD = 3
_LOOK = 0.15
"""How long a task that the load balancer finds unhealthy lives, in seconds."""

SCHEDULER = "ServiceSchedulerInitiated"
BACK = "Service deployment rolled back because"
_BREAKER = "ECS deployment circuit breaker: "
_RUNNING = set[asyncio.Task[None]]()


def reconcile(service: Service) -> None:
    """Bring a service to what it is to be, in the background."""
    if not service.reconciling:
        service.reconciling = True
        task = asyncio.get_running_loop().create_task(_reconcile(service))
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)


async def _reconcile(service: Service) -> None:
    pause = 0.02
    try:
        while service.status == "ACTIVE" and not await _settled(service):
            await asyncio.sleep(pause)
            pause = min(1, pause * 1.3)
    finally:
        service.reconciling = False


async def _settled(service: Service) -> bool:
    """Go one step; whether there is none left."""
    primary = service.primary
    if primary.rollout == "FAILED" or primary.walking:
        return True
    if primary.progress.asked:
        await _give_up(service, primary, f"{BACK} of a request to stop it.", rolls_back=True)
        return False
    await _keep(service)
    if len(primary.running) < service.desired:
        await grow(service, primary)
        if breaks(service, primary):
            breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
            why = f"{_BREAKER}tasks failed to start."
            await _give_up(service, primary, why, rolls_back=bool(breaker.get("rollback")))
        return False
    for task in primary.running[service.desired :]:
        await end(
            service,
            primary,
            task,
            SCHEDULER,
            _scaled(primary),
        )
    if service.primary is primary and primary.rollout == "IN_PROGRESS":
        await complete(service, primary)
    return service.primary is primary and len(primary.running) == service.desired


async def _keep(service: Service) -> None:
    """Let the old version be whole as long as the new one is not: it grows too, and what ends of it is replaced.

    https://aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments
    """
    before = earlier(service)
    if before and service.primary.rollout == "IN_PROGRESS":
        await grow(service, before)


def earlier(service: Service) -> Deployment | None:
    """The deployment whose place the newest one takes, if there is one that came to a good end."""
    return next((each for each in service.deployments[1:] if each.rollout == "COMPLETED"), None)


async def grow(service: Service, deployment: Deployment) -> None:
    """Start the tasks that a deployment lacks; some may fail to."""
    missing = service.desired - len(deployment.running)
    await asyncio.gather(*(_add(service, deployment) for _ in range(missing)))


async def _add(service: Service, deployment: Deployment) -> None:
    task, found = await start(service, deployment)
    if task.status == "STOPPED":
        stopped().append(task)
        deployment.failed += 1
        service.say(f"(task {task.id}) failed to start: {task.stopped_reason}" if task.stop_code == "TaskFailedToStart"
                    else f"deregistered 0 targets; (task {task.id}) stopped: {task.stopped_reason}")  # fmt: skip
        return
    service.say(f"has started 1 tasks: (task {task.id}).")
    await _register(service, deployment, task)
    if found.healthy:
        return
    for target in deployment.targets:
        group, port = target["targetGroupArn"], target["containerPort"]
        find_unhealthy(group, task.address)
        codes = "Health checks failed with these codes: [503]"
        service.say(f"(port {port}) is unhealthy in (target-group {group}) due to (reason {codes})")
        await asyncio.sleep(_LOOK)
        deployment.failed += 1
        await end(
            service,
            deployment,
            task,
            SCHEDULER,
            f"Task failed ELB health checks in (target-group {group})",
        )


def _scaled(deployment: Deployment) -> str:
    return f"Scaling activity initiated by (deployment {deployment.id})"


def breaks(service: Service, deployment: Deployment) -> bool:
    """Whether the circuit breaker gives a deployment up."""
    breaker = service.settings.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    return bool(breaker.get("enable")) and deployment.failed >= _THRESHOLD and service.primary is deployment


async def _give_up(service: Service, deployment: Deployment, why: str, *, rolls_back: bool) -> None:
    deployment.rollout, deployment.reason = "FAILED", why
    service.say(f"(deployment {deployment.id}) deployment failed: {why.removeprefix(_BREAKER)}")
    for task in deployment.running:
        await end(service, deployment, task, SCHEDULER, f"(deployment {deployment.id}) failed")
    before = earlier(service) if rolls_back else None
    if before:
        deployment.progress.roll_back(why, service.revision_arn(before))
        _return_to(service, before)
    deployment.progress.finish("ROLLBACK_SUCCESSFUL" if before else "STOPPED", why)


def _return_to(service: Service, before: Deployment) -> None:
    service.say(f"rolling back to (deployment {before.id}).")
    service.primary.status = "ACTIVE"
    back = Deployment(before.settings, before.definition, targets=before.targets)
    back.reason = f"{_BREAKER}rolling back to deploymentId {before.id}."
    back.tasks, before.tasks, before.rollout = before.tasks, [], "IN_PROGRESS"
    service.deployments = [back, *(each for each in service.deployments if each is not before)]
    service.settings = service.settings | before.settings


async def complete(service: Service, deployment: Deployment) -> None:
    """Let a deployment be the only one."""
    for old in service.deployments[1:]:
        for task in old.running:
            await end(service, old, task, SCHEDULER, _scaled(old))
    if service.primary is not deployment:
        return
    deployment.rollout, deployment.reason = "COMPLETED", f"ECS deployment {deployment.id} completed."
    service.deployments = [each for each in service.deployments if each is deployment or each.rollout == "FAILED"]
    deployment.progress.finish("SUCCESSFUL")
    service.say(f"(deployment {deployment.id}) deployment completed.")
    service.say("has reached a steady state.")


async def end(service: Service, deployment: Deployment, task: Task, code: str, reason: str) -> None:
    """Stop a task that runs: it gets no more requests first."""
    if task.status != "RUNNING":
        return
    task.status = task.desired = "STOPPED"
    for balanced in deployment.targets:
        target = {"Id": task.address, "Port": balanced["containerPort"]}
        try:
            await call("elbv2", "DeregisterTargets", TargetGroupArn=balanced["targetGroupArn"], Targets=[target])
        except ServiceError:
            continue
        service.say(f"deregistered 1 targets in (target-group {balanced['targetGroupArn']})")
        await drained(balanced["targetGroupArn"])
    await containers.stop(task)
    task.end(code, reason, exit_code=0)
    stopped().append(task)
    service.say(f"has stopped 1 running tasks: (task {task.id}).")


async def _register(service: Service, deployment: Deployment, task: Task) -> None:
    for balanced in deployment.targets:
        target = {"Id": task.address, "Port": balanced["containerPort"]}
        await call("elbv2", "RegisterTargets", TargetGroupArn=balanced["targetGroupArn"], Targets=[target])
        service.say(f"registered 1 targets in (target-group {balanced['targetGroupArn']})")
