"""The operations on tasks, and on the clusters that count them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from tapgen.localaws.ecs.scheduler import end, reconcile
from tapgen.localaws.ecs.standalone import interrupt
from tapgen.localaws.ecs.state import cluster_name, services, standalone, tasks
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


@operation("ecs", "ListTasks")
async def list_tasks(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html."""
    suffix, wanted = f"/{cluster_name(request.get('cluster'))}", request.get("desiredStatus", "RUNNING")
    found = [task for task in tasks() if task.cluster_arn.endswith(suffix) and task.desired == wanted]
    if "serviceName" in request:
        group = f"service:{request['serviceName'].rpartition('/')[2]}"
        found = [task for task in found if task.group == group]
    if "family" in request:
        found = [task for task in found if task.definition["family"] == request["family"]]
    return {"taskArns": [task.arn for task in found]}


@operation("ecs", "DescribeTasks")
async def describe_tasks(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html."""
    known = {key: task for task in tasks() for key in (task.arn, task.id)}
    missing = [{"arn": each, "reason": "MISSING"} for each in request["tasks"] if each not in known]
    return {"tasks": [known[each].described() for each in request["tasks"] if each in known], "failures": missing}


@operation("ecs", "StopTask")
async def stop_task(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html."""
    reason = request.get("reason", "Task stopped by user")
    for task in standalone():
        if request["task"] in (task.arn, task.id):
            await interrupt(task, reason)
            return {"task": task.described()}
    for service in services():
        for deployment in service.deployments:
            for task in deployment.running:
                if request["task"] in (task.arn, task.id):
                    await end(service, deployment, task, "UserInitiated", reason)
                    reconcile(service)
                    return {"task": task.described()}
    raise ServiceError("InvalidParameterException", "The referenced task was not found.")


@operation("ecs", "DescribeClusters")
async def describe_clusters(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html."""
    found = await proceed(request)
    for cluster in found["clusters"]:
        here = [each for each in services() if each.cluster_arn == cluster["clusterArn"] and each.status == "ACTIVE"]
        cluster["activeServicesCount"] = len(here)
        alone = [task for task in standalone() if task.cluster_arn == cluster["clusterArn"]]
        running = [*alone, *(task for each in here for task in each.tasks)]
        cluster["runningTasksCount"] = sum(task.status == "RUNNING" for task in running)
    return found


@operation("ecs", "DeleteCluster")
async def delete_cluster(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html."""
    suffix = f"/{cluster_name(request['cluster'])}"
    if any(each.cluster_arn.endswith(suffix) and each.status == "ACTIVE" for each in services()):
        text = "The Cluster cannot be deleted while Services are active."
        raise ServiceError("ClusterContainsServicesException", text)
    if any(task.cluster_arn.endswith(suffix) for task in standalone()):
        text = "The Cluster cannot be deleted while Tasks are active."
        raise ServiceError("ClusterContainsTasksException", text)
    return await proceed(request)
