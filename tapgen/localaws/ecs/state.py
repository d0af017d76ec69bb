"""Services, their deployments and their tasks, of every account and Region."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.ecs.progress import Progress
from tapgen.localaws.protocol import Fields, ServiceError


@dataclass
class Task:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html."""

    arn: str
    cluster_arn: str
    definition: Fields
    group: str
    started_by: str
    address: str
    subnet: str
    capacity: Fields
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None
    container_reason: str | None = None
    created: float = field(default_factory=time.time)
    stopped: float | None = None

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    def proceed(self, status: str) -> None:
        """Come further in its life, unless it was stopped meanwhile."""
        if self.desired == "RUNNING":
            self.status = status

    def end(self, code: str, reason: str, exit_code: int | None = None, container_reason: str | None = None) -> None:
        """Stop, and say why. Stop codes: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html."""
        self.status = self.desired = "STOPPED"
        self.stop_code, self.stopped_reason = code, reason
        self.exit_code, self.container_reason = exit_code, container_reason
        self.stopped = time.time()

    def described(self) -> Fields:
        """The task as DescribeTasks shows it."""
        containers = [self._container(each) for each in self.definition["containerDefinitions"]]
        details = [{"name": "privateIPv4Address", "value": self.address}, {"name": "subnetId", "value": self.subnet}]
        shown = {
            "taskArn": self.arn,
            "clusterArn": self.cluster_arn,
            "taskDefinitionArn": self.definition["taskDefinitionArn"],
            "group": self.group,
            "startedBy": self.started_by,
            "lastStatus": self.status,
            "desiredStatus": self.desired,
            "cpu": self.definition.get("cpu"),
            "memory": self.definition.get("memory"),
            "containers": containers,
            "attachments": [{"type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}],
            "healthStatus": "HEALTHY" if self.status == "RUNNING" else "UNKNOWN",
            "createdAt": self.created,
            "stoppedAt": self.stopped,
            "stopCode": self.stop_code,
            "stoppedReason": self.stopped_reason,
        } | self.capacity
        return {name: value for name, value in shown.items() if value is not None}

    def _container(self, definition: Fields) -> Fields:
        shown = {
            "containerArn": f"{self.arn}/{definition['name']}".replace(":task/", ":container/"),
            "taskArn": self.arn,
            "name": definition["name"],
            "runtimeId": f"{self.id}-{definition['name']}" if self.status == "RUNNING" else None,
            "image": definition["image"],
            "lastStatus": self.status,
            "exitCode": self.exit_code,
            "reason": self.container_reason,
            "networkInterfaces": [{"privateIpv4Address": self.address}],
        }
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Deployment:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html."""

    settings: Fields
    """What the service was asked to be when it began."""

    definition: Fields
    status: str = "PRIMARY"
    rollout: str = "IN_PROGRESS"
    reason: str = ""
    failed: int = 0
    tasks: list[Task] = field(default_factory=list)
    created: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: f"ecs-svc/{uuid4().int % 10**19:019d}")
    targets: list[Fields] = field(default_factory=list)
    """The target groups that its tasks are registered in, each with a port; those of the settings by default."""

    progress: Progress = field(default_factory=Progress)
    source: Deployment | None = None
    """The one whose place it takes, if that had come to a good end."""

    walking: bool = False
    """Whether it goes its way by stages, on which the scheduler leaves it alone."""

    def __post_init__(self) -> None:
        self.reason = self.reason or f"ECS deployment {self.id} in progress."
        self.targets = self.targets or [
            {"targetGroupArn": each["targetGroupArn"], "containerPort": each["containerPort"]}
            for each in self.settings.get("loadBalancers", [])
        ]

    @property
    def running(self) -> list[Task]:
        """The tasks that run."""
        return [task for task in self.tasks if task.status == "RUNNING"]

    def described(self, desired: int) -> Fields:
        """The deployment as DescribeServices shows it."""
        copied = ("networkConfiguration", "capacityProviderStrategy", "serviceConnectConfiguration", "platformVersion")
        return {
            "id": self.id,
            "status": self.status,
            "taskDefinition": self.definition["taskDefinitionArn"],
            "desiredCount": desired if self.status == "PRIMARY" else 0,
            "pendingCount": 0,
            "runningCount": len(self.running),
            "failedTasks": self.failed,
            "rolloutState": self.rollout,
            "rolloutStateReason": self.reason,
            "createdAt": self.created,
            "updatedAt": self.created,
        } | {name: self.settings[name] for name in copied if name in self.settings}


@dataclass
class Service:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html."""

    arn: str
    cluster_arn: str
    settings: Fields
    """The parameters that it was made and changed with."""

    desired: int
    deployments: list[Deployment]
    status: str = "ACTIVE"
    events: list[Fields] = field(default_factory=list)
    created: float = field(default_factory=time.time)
    reconciling: bool = False
    history: list[Deployment] = field(default_factory=list)
    """Every deployment there was, oldest first."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one deployment that goes its way by stages."""

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.settings["serviceName"])

    @property
    def primary(self) -> Deployment:
        """The deployment that new tasks belong to."""
        return self.deployments[0]

    @property
    def tasks(self) -> list[Task]:
        """The tasks of all deployments, stopped ones too."""
        return [task for deployment in self.deployments for task in deployment.tasks]

    def deployment_arn(self, deployment: Deployment) -> str:
        """What ListServiceDeployments calls a deployment."""
        return f"{self.arn.replace(':service/', ':service-deployment/')}/{deployment.id.rpartition('/')[2]}"

    def revision_arn(self, deployment: Deployment) -> str:
        """The revision of the service that a deployment brings."""
        return f"{self.arn.replace(':service/', ':service-revision/')}/{deployment.id.rpartition('/')[2]}"

    def say(self, message: str) -> None:
        """Record a service event: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html."""
        text = f"(service {self.name}) {message}"
        self.events.insert(0, {"id": str(uuid4()), "createdAt": time.time(), "message": text})

    def described(self) -> Fields:
        """The service as DescribeServices shows it."""
        hidden = ("cluster", "tags", "desiredCount", "clientToken", "serviceConnectConfiguration")
        running = sum(len(deployment.running) for deployment in self.deployments)
        return {name: value for name, value in self.settings.items() if name not in hidden} | {
            "serviceArn": self.arn,
            "clusterArn": self.cluster_arn,
            "status": self.status,
            "desiredCount": self.desired,
            "runningCount": running,
            "pendingCount": max(0, self.desired - running) if self.primary.rollout == "IN_PROGRESS" else 0,
            "taskDefinition": self.primary.definition["taskDefinitionArn"],
            "deployments": [each.described(self.desired) for each in self.deployments],
            "events": self.events[:100],
            "createdAt": self.created,
        }


_SERVICES: defaultdict[tuple[str, str], list[Service]] = defaultdict(list)
_STANDALONE: defaultdict[tuple[str, str], list[Task]] = defaultdict(list)
_STOPPED: defaultdict[tuple[str, str], list[Task]] = defaultdict(list)


def services() -> list[Service]:
    """Every service of the current account and Region, deleted ones too."""
    return _SERVICES[engine.account(), engine.region()]


def stopped() -> list[Task]:
    """Tasks that have stopped, whatever became of their services."""
    return _STOPPED[engine.account(), engine.region()]


def tasks() -> list[Task]:
    """Every task of the current account and Region, the stopped ones too."""
    of_services = (task for each in services() for task in each.tasks if task.status != "STOPPED")
    return [*of_services, *standalone(), *stopped()]


def standalone() -> list[Task]:
    """Tasks that no service started, until they have stopped."""
    return _STANDALONE[engine.account(), engine.region()]


def cluster_name(reference: str | None) -> str:
    """The name of a cluster, from its name or its ARN."""
    return (reference or "default").rpartition("/")[2]


def find_service(reference: str, cluster: str | None) -> Service:
    """A service by its name or ARN.

    Raises:
        ServiceError: there is none.
    """
    name = reference.rpartition("/")[2]
    for each in reversed(services()):
        if each.name == name and each.cluster_arn.endswith(f"/{cluster_name(cluster)}"):
            return each
    raise ServiceError("ServiceNotFoundException", "Service not found.")
