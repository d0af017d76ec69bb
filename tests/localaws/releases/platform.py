"""A rendered platform on a local AWS where tasks really run, and what becomes of it with each deployment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tapgen.config.read import IMAGES, read
from tapgen.deploy.artifacts import artifacts
from tapgen.render import render
from tests.localaws.account import CAPABILITIES, REGION, Account
from tests.localaws.deploying import PATIENCE, settled
from tests.localaws.releases.service import Service

STACK = "shop-dev"
STEPS = {"rolling": [0], "blue-green": [0, 100], "canary": [0, 10, 100], "linear": [0, 40, 80, 100]}
"""The services with a path, each named like its strategy, and how many percent of the requests new versions get."""

COLOURED = [name for name in STEPS if name != "rolling"]
SHORT, LONG = 8, 600
"""Minutes that are long enough to be seen, and minutes that no test waits for but CloudFormation allows."""

MISSING = f"sha256:{'0' * 64}"
"""An image that nobody has pushed."""

_WRONG = {
    "TaskDefinition": ("ContainerDefinitions.app.Environment.PATH_PREFIXES.Value", "/elsewhere"),
    "Service": ("DeploymentConfiguration.LifecycleHooks.0.HookDetails.minutes", 0),
}


@dataclass(frozen=True)
class Release:
    """What is to run."""

    versions: Mapping[str, int] = field(default_factory=dict)
    step: int = SHORT
    """Minutes between two steps."""

    bake: int = SHORT
    """Minutes that old tasks stay after the last."""

    missing: Sequence[str] = ()
    """Services whose image is not there."""

    wrong: Sequence[str] = ()
    """Services that answer 404 for their own paths; who tests them does not wait until they do better."""


class Platform:
    """A service for each strategy; before them `api`, which they call, and after them a worker, which calls them."""

    def __init__(self, folder: Path, account: Account, network: str) -> None:
        self.folder, self.account, self.network = folder, account, network
        self.numbers, self.now = count(1), Release()
        account.bucket()
        account.cloudformation.create_stack(**self._said(self.now))
        assert self.settled() == "CREATE_COMPLETE", account.events(STACK)
        self.services = {name: Service(account, self.nested(name), name) for name in [*STEPS, "api", "mail"]}

    def nested(self, name: str) -> str:
        """The stack of a service."""
        return self.account.physical_id(STACK, f"Service{name.title().replace('-', '')}")

    def next(self, *names: str, **said: Any) -> Release:
        """Versions of some services that there have not been yet."""
        versions = {name: next(self.numbers) for name in names}
        return Release({**self.now.versions, **versions}, **said)

    def begin(self, release: Release) -> None:
        """Begin to deploy, with the colours that were said before, as `make deploy` does."""
        names = [f"LiveColor{name.title().replace('-', '')}" for name in COLOURED]
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in names]
        self.account.cloudformation.update_stack(**self._said(release), Parameters=kept)

    def deploy(self, release: Release) -> str:
        """What becomes of the stack."""
        self.begin(release)
        return self.settled(release)

    def settled(self, release: Release | None = None) -> str:
        """What has become of the stack, as soon as nothing happens to it any more."""
        status = str(settled(self.account.cloudformation, STACK, PATIENCE)["StackStatus"])
        if release and status == "UPDATE_COMPLETE":
            self.now = release
        return status

    def why(self, name: str) -> str:
        """What CloudFormation says about the last service that did not become what it was to be."""
        events = reversed(self.account.events(self.nested(name)))
        return next(why for resource, status, why in events if (resource, status) == ("Service", "UPDATE_FAILED"))

    def _said(self, release: Release) -> dict[str, Any]:
        sent = artifacts(self._rendered(release), self.account.templates, REGION, "aws")
        for key, text in sent.texts.items():
            self.account("s3").put_object(Bucket=self.account.templates, Key=key, Body=text.encode())
        return {"StackName": STACK, "TemplateURL": sent.root_url, "Capabilities": CAPABILITIES}

    def _rendered(self, release: Release) -> dict[str, str]:
        file = self.folder / "tapgen.yaml"
        file.write_text(json.dumps(self._file(release)), "utf-8")
        (self.folder / IMAGES).write_text(json.dumps({"dev": dict.fromkeys(release.missing, MISSING)}), "utf-8")
        return {path: text for path, text in render(read(file)).items() if path.startswith("dev/")}

    def _file(self, release: Release) -> dict[str, Any]:
        one = {"tasks": {"min": 1, "max": 2}}
        balanced = {
            name: {
                "port": port,
                "path": f"/{name}",
                "calls": ["api"],
                "tasks": {"min": 2, "max": 4},
                "deployment": {"strategy": name},
            }
            for port, name in enumerate(STEPS, 8080)
        }
        services: dict[str, dict[str, Any]] = balanced | {
            "api": {"port": 8090} | one,
            "mail": {"calls": [*STEPS]} | one,
        }
        for name, version in release.versions.items():
            services[name]["env"] = {"VERSION": str(version)}
        deployment = {
            "bake_minutes": release.bake,
            "canary": {"percent": 10, "minutes": release.step},
            "linear": {"percent": 40, "minutes": release.step},
            "test": {"times": 2},
        }
        services["api"]["deployment"] = {"strategy": "blue-green"}
        environment = {
            "account": self.account.number,
            "region": REGION,
            "protect": False,
            "network": {"cidr": self.network, "nat": "single", "zones": 2, "flow_logs": "off"},
            "ingress": {"protocol": "http", "access_logs": False},
            "deployment": deployment,
            "overrides": [
                {"layer": f"service-{name}", "resource": resource, "path": path, "set": value, "why": "To be refused."}
                for name in release.wrong
                for resource, (path, value) in _WRONG.items()
            ],
        }
        return {"name": "shop", "services": services, "environments": {"dev": environment}}
