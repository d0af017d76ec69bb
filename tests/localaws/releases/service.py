"""One service of a rendered platform, and what its clients see of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.localaws.account import Account


@dataclass
class Seen:
    """What a client has seen that asked again and again."""

    shares: list[int] = field(default_factory=list)
    """Percent of the requests for the group that had none of them at first."""

    answers: list[int] = field(default_factory=list)
    fewest: int = 1000
    """Targets that worked at the same time."""


class Service:
    """A service of the platform."""

    def __init__(self, account: Account, stack: str, name: str) -> None:
        self.account, self.stack, self.name = account, stack, name
        self.ecs, self.elb = account("ecs"), account("elbv2")

    @cached_property
    def arn(self) -> str:
        return self.physical("Service")

    @property
    def cluster(self) -> str:
        return self.arn.split("/")[1]

    @cached_property
    def groups(self) -> list[str]:
        names = ["TargetGroup"] if self.name == "rolling" else ["TargetGroup", "AlternateTargetGroup"]
        return [self.physical(name) for name in names]

    @cached_property
    def rule(self) -> str:
        return self.physical("ListenerRuleRolling" if self.name == "rolling" else "ProductionRule")

    @cached_property
    def host(self) -> str:
        return str(self.elb.describe_load_balancers()["LoadBalancers"][0]["DNSName"])

    def physical(self, name: str) -> str:
        """The id of one of its resources."""
        return self.account.physical_id(self.stack, name)

    def described(self) -> dict[str, Any]:
        """It, as ECS knows it."""
        return dict(self.ecs.describe_services(cluster=self.cluster, services=[self.arn])["services"][0])

    def deployments(self) -> list[dict[str, Any]]:
        """All that there were, the newest first."""
        found = self.ecs.list_service_deployments(cluster=self.cluster, service=self.arn)["serviceDeployments"]
        return [dict(each) for each in found]

    def deployment(self) -> dict[str, Any]:
        """The newest."""
        newest = self.deployments()[0]["serviceDeploymentArn"]
        return dict(self.ecs.describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"][0])

    def versions(self) -> list[str]:
        """What `VERSION` says in each task that runs."""
        tasks = self.ecs.list_tasks(cluster=self.cluster, serviceName=self.arn.rpartition("/")[2])["taskArns"]
        found = self.ecs.describe_tasks(cluster=self.cluster, tasks=tasks)["tasks"]
        return sorted(self._version(each["taskDefinitionArn"]) for each in found)

    def scale(self, tasks: int) -> None:
        """Want another number of tasks, as Application Auto Scaling does."""
        self.ecs.update_service(cluster=self.cluster, service=self.arn, desiredCount=tasks)

    def _version(self, definition: str) -> str:
        found = self.ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        variables = found["containerDefinitions"][0]["environment"]
        return next((each["value"] for each in variables if each["name"] == "VERSION"), "")

    def weights(self, rule: str = "") -> dict[str, int]:
        """The groups that a rule leads to, that of clients if no other is named."""
        action = self.elb.describe_rules(RuleArns=[rule or self.rule])["Rules"][0]["Actions"][0]
        return {each["TargetGroupArn"]: each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]}

    @property
    def live(self) -> str:
        """The group that all clients are led to."""
        (found,) = [group for group, weight in self.weights().items() if weight]
        return found

    def healthy(self, group: str) -> int:
        """The targets of a group that work."""
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return sum(each["TargetHealth"]["State"] == "healthy" for each in found)

    @contextmanager
    def asked(self) -> Iterator[Seen]:
        """Have a client ask for its path, again and again, as long as the context lasts."""
        seen, over, live = Seen(), threading.Event(), self.live

        def ask() -> None:
            while not over.wait(0.05):
                self._look(seen, live)

        client = threading.Thread(target=ask)
        client.start()
        try:
            yield seen
        finally:
            over.set()
            client.join()
        self._look(seen, live)

    def _look(self, seen: Seen, live: str) -> None:
        """Ask once, and look at the rule before and after: no step is so short that it is missed."""
        self._look_at_rule(seen, live)
        with closing(HTTPConnection(urlsplit(self.account.environment["AWS_ENDPOINT_URL"]).netloc)) as connection:
            connection.request("GET", f"/{self.name}", headers={"Host": self.host})
            seen.answers.append(connection.getresponse().status)
        self._look_at_rule(seen, live)
        seen.fewest = min(seen.fewest, sum(map(self.healthy, self.groups)))

    def _look_at_rule(self, seen: Seen, live: str) -> None:
        share = sum(weight for group, weight in self.weights().items() if group != live)
        if seen.shares[-1:] != [share]:
            seen.shares.append(share)
