"""The operations on deployments of services, and on the revisions that they bring.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.localaws.ecs.scheduler import reconcile
from tapgen.localaws.ecs.state import Deployment, Service, find_service, services
from tapgen.localaws.ecs.strategies import COLOURED, configuration, strategy
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_REQUESTED = {"ROLLBACK": "ROLLBACK_REQUESTED", "ABORT": "STOP_REQUESTED"}


@operation("ecs", "ListServiceDeployments")
async def list_service_deployments(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html."""
    service = find_service(request["service"], request.get("cluster"))
    wanted = request.get("status")
    found = [each for each in service.history if not wanted or each.progress.status in wanted]
    return {"serviceDeployments": [_brief(service, each) for each in reversed(found)]}


@operation("ecs", "DescribeServiceDeployments")
async def describe_service_deployments(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html."""
    known = {service.deployment_arn(each): (service, each) for service, each in _every()}
    arns: list[str] = request["serviceDeploymentArns"]
    failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
    return {"serviceDeployments": [_whole(*known[arn]) for arn in arns if arn in known], "failures": failures}


@operation("ecs", "DescribeServiceRevisions")
async def describe_service_revisions(request: Fields, _proceed: Proceed) -> Fields:
    """Which task definition a revision has, and which target groups it was given.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html
    """
    known = {service.revision_arn(each): (service, each) for service, each in _every()}
    arns: list[str] = request["serviceRevisionArns"]
    failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
    return {"serviceRevisions": [_revision(*known[arn]) for arn in arns if arn in known], "failures": failures}


@operation("ecs", "StopServiceDeployment")
async def stop_service_deployment(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html."""
    arn, kind = request["serviceDeploymentArn"], request.get("stopType", "ROLLBACK")
    owner, found = next(((owner, each) for owner, each in _every() if owner.deployment_arn(each) == arn), (None, None))
    if not owner or not found:
        raise ServiceError("ServiceDeploymentNotFoundException", "The service deployment does not exist.")
    if found.progress.finished:
        text = "The service deployment is in a terminal state, and cannot be stopped."
        raise ServiceError("ConflictException", text)
    rolling = strategy(found.settings) not in COLOURED
    if rolling and kind != "ROLLBACK":
        raise ServiceError("UnsupportedFeatureException", "The local AWS stops rolling deployments by ROLLBACK alone.")
    if not found.progress.asked and found.progress.status in ("PENDING", "IN_PROGRESS"):
        found.progress.asked = kind
        found.progress.become(_REQUESTED[kind])
    if rolling:
        reconcile(owner)
    return {"serviceDeploymentArn": arn}


def _every() -> Iterator[tuple[Service, Deployment]]:
    for service in services():
        for deployment in {id(each): each for each in (*service.history, *service.deployments)}.values():
            yield service, deployment


def _brief(service: Service, deployment: Deployment) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html."""
    progress = deployment.progress
    shown = {
        "serviceDeploymentArn": service.deployment_arn(deployment),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": deployment.created,
        "startedAt": deployment.created,
        "finishedAt": progress.finished,
        "targetServiceRevisionArn": service.revision_arn(deployment),
        "status": progress.status,
        "statusReason": progress.reason or None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _whole(service: Service, deployment: Deployment) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html."""
    progress, source = deployment.progress, deployment.source
    brief = {name: value for name, value in _brief(service, deployment).items() if name != "targetServiceRevisionArn"}
    target = _summary(service, deployment, progress.production, progress.test)
    before = [_summary(service, source, 100 - progress.production, 100 - progress.test)] if source else []
    extra = {
        "lifecycleStage": progress.stage,
        "rollback": progress.rollback,
        "stoppedAt": progress.finished if progress.asked else None,
        "alarms": _alarms(deployment),
        "deploymentConfiguration": configuration(deployment.settings),
    }
    shown = {name: value for name, value in extra.items() if value}
    return brief | shown | {
        "updatedAt": progress.updated,
        "targetServiceRevision": target,
        "sourceServiceRevisions": before,
    }  # fmt: skip


def _summary(service: Service, deployment: Deployment, production: float, test: float) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevisionSummary.html."""
    return {
        "arn": service.revision_arn(deployment),
        "requestedTaskCount": service.desired,
        "runningTaskCount": len(deployment.running),
        "pendingTaskCount": 0,
        "requestedProductionTrafficWeight": production,
        "requestedTestTrafficWeight": test,
    }


def _alarms(deployment: Deployment) -> Fields:
    alarms = configuration(deployment.settings).get("alarms", {})
    if not alarms.get("enable"):
        return {}
    running = "MONITORING_COMPLETE" if deployment.progress.finished else "MONITORING"
    status = "TRIGGERED" if deployment.progress.alarms else running
    return {"status": status, "alarmNames": alarms["alarmNames"], "triggeredAlarmNames": deployment.progress.alarms}


def _revision(service: Service, deployment: Deployment) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevision.html."""
    copied = ("loadBalancers", "networkConfiguration", "capacityProviderStrategy", "serviceConnectConfiguration")
    groups = [{"targetGroupArn": target["targetGroupArn"]} for target in deployment.targets]
    return {
        "serviceRevisionArn": service.revision_arn(deployment),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        "createdAt": deployment.created,
        "resolvedConfiguration": {"loadBalancers": groups},
    } | {name: deployment.settings[name] for name in copied if name in deployment.settings}
