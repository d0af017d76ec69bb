"""One environment as it will be: what the rules judge and the layers are made from."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from tapgen.config.data import Stored, remaining
from tapgen.config.hatch import OwnStack
from tapgen.config.image_names import AGENT, COLLECTOR, ENVOY
from tapgen.config.job import Job
from tapgen.config.mesh import Doors
from tapgen.config.model import EnvironmentSettings
from tapgen.config.service import Service
from tapgen.config.types import Name
from tapgen.config.workload import Workload, containers, secrets
from tapgen.config.yaml.tree import Keys


class Environment(EnvironmentSettings):
    """One environment with every default and overlay applied."""

    platform: Name
    """The name of the platform."""

    name: Name
    """The name of the environment."""

    services: dict[Name, Service]  # type: ignore[assignment]  # each complete, where the file says only what differs
    """Every service, complete."""

    jobs: dict[Name, Job] = Field({})  # type: ignore[assignment]
    """Every job, complete."""

    stacks: dict[Name, OwnStack] = Field({})  # type: ignore[assignment]  # each read
    """Every template of the user's own."""

    mirrors: dict[str, str] = Field({})
    """The digests of other images than those of workloads, once they are in the registry, by name: of side-cars
    (`web.proxy`), and of what tapgen brings (`tapgen.placeholder`)."""

    @property
    def workloads(self) -> dict[Keys, Workload]:
        """Everything that runs as tasks, by its path in the file."""
        services: dict[Keys, Workload] = {("services", name): service for name, service in self.services.items()}
        return services | {("jobs", name): job for name, job in self.jobs.items()}

    @property
    def image_owners(self) -> dict[str, Workload]:
        """The services and jobs that have an image of their own, by name."""
        return {each.name: each for each in self.workloads.values() if each.repository == each.name}

    @property
    def digests(self) -> dict[str, str]:
        """The digests of all images that are in the registry, by name."""
        own = {each.repository: each.digest for each in self.workloads.values() if each.digest}
        return own | self.mirrors

    @property
    def public(self) -> dict[str, Service]:
        """The services that the internet reaches: those with a path or a host."""
        return {name: service for name, service in self.services.items() if service.paths}

    @property
    def tested(self) -> dict[str, Service]:
        """The services whose new versions are asked before they get requests."""
        return {name: each for name, each in self.public.items() if each.two_groups and each.deployment.test.enabled}

    @property
    def has_test_listener(self) -> bool:
        """Whether the load balancer, which is ours, has a listener for new versions alone."""
        return not self.ingress.existing and any(service.two_groups for service in self.public.values())

    def minutes_to_deploy(self, name: str) -> int:
        """Minutes that a new version of a service may take: its test, the steps of its requests, and the bake."""
        said = self.services[name].deployment
        return said.minutes + (said.test.minutes if name in self.tested else 0)

    @property
    def read_from(self) -> set[str]:
        """The services of AWS that hold what exists already, and tasks get."""
        every = (container for workload in self.workloads.values() for _, container in containers(workload))
        return {existing.service for container in every for existing in container.existing.values()}

    def beside(self, workload: Workload) -> list[str]:
        """The images that tapgen itself brings to run beside a workload."""
        proxied = isinstance(workload, Service) and self.doors.joins(workload)
        mesh = {"mutual": [ENVOY, AGENT], "app_mesh": [AGENT]}.get(self.mesh.mode, []) if proxied else []
        return [*([COLLECTOR] if workload.telemetry else []), *mesh]

    @property
    def doors(self) -> Doors:
        """Where tasks of each service are reached."""
        domain = f"{self.stack_name}.internal" if self.mesh.app_mesh else ""
        return Doors(self.mesh.mode, self.ingress.protocol == "http", self.services, domain)

    @property
    def stored(self) -> dict[str, Mapping[str, Stored]]:
        """All that holds data, by its word in the file and by name."""
        return {
            "tables": self.tables,
            "buckets": self.buckets,
            "queues": self.queues,
            "databases": self.databases,
        }

    @property
    def has_credentials(self) -> bool:
        """Whether the platform makes secrets: those of the file, or those for its databases."""
        return bool(self.secrets or remaining(self.databases))

    @property
    def rotating(self) -> dict[str, list[str]]:
        """The secrets that rotate, by the services that have some."""
        rotate = {name for name, secret in self.secrets.items() if secret.rotate_days} | self.databases.keys()
        used = {name: secrets(service) for name, service in self.services.items()}
        found = {name: [secret for secret in held if secret in rotate] for name, held in used.items()}
        return {name: held for name, held in found.items() if held}

    @property
    def usable(self) -> dict[str, str]:
        """The data that services may use, by name, with their word in the file."""
        return {
            name: word
            for word, entries in self.stored.items()
            for name, stored in entries.items()
            if not stored.retired and not stored.delete
        }

    @property
    def role_path(self) -> str:
        """The path of the roles of its workloads."""
        return f"/{self.platform}/{self.name}/"

    @property
    def preview_name(self) -> str:
        """What everything is called that has to do with what nobody has merged yet; no environment can be called so."""
        return f"preview.{self.name}"

    @property
    def stack_name(self) -> str:
        """What the root stack is called."""
        return f"{self.platform}-{self.name}"
