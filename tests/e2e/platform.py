"""A team's repository, and what its members do with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapgen.init import init

VENV = Path(sys.executable).parents[1]

SMALL = """\
name: shop
services:
  web: {port: 8080, path: /web, calls: [api]}
  api: {port: 8081, cpu: 512, memory: 1024}
environments:
  dev:
    account: "%(account)s"
    region: eu-west-1
    protect: false
    network: {nat: single, zones: 2, flow_logs: "off"}
    ingress: {protocol: http, access_logs: false}
"""
"""As little as there can be, so that a deployment takes as little time as it can."""


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"


@dataclass(frozen=True)
class Repository:
    """A team's repository, and an account of a local AWS of its own."""

    folder: Path
    environment: Mapping[str, str]
    account: str
    changes: dict[str, str] = field(default_factory=dict)

    def write(self, text: str, name: str = "tapgen.yaml") -> None:
        """Say something else in a file, render, and commit."""
        (self.folder / name).write_text(text, encoding="utf-8")
        self.render()

    def edit(self, old: str, new: str) -> None:
        """Replace something in tapgen.yaml, render, and commit."""
        text = (self.folder / "tapgen.yaml").read_text("utf-8")
        assert old in text
        self.write(text.replace(old, new))

    def render(self) -> None:
        done = self.run(sys.executable, "-m", "tapgen", "--quiet", "render")
        assert done.code == 0, done.text
        self.commit()

    def commit(self) -> None:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        assert self.run("git", "add", "--all").code == 0
        assert self.run("git", *who, "commit", "--quiet", "--allow-empty", "-m", "as it is").code == 0

    def make(self, *words: str, **environment: str) -> Done:
        """Run a target of the Makefile that tapgen ships."""
        return self.run("make", f"VENV={VENV}", "LOCK=", *words, **environment)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Begin what `make` would run, and do not wait."""
        command = [str(VENV / "bin" / "tapgen-deploy"), *words]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def deploy(self, *words: str, **environment: str) -> Done:
        """Run `tapgen-deploy` itself, for its exit code."""
        return self.run(str(VENV / "bin" / "tapgen-deploy"), *words, **environment)

    def run(self, *command: str, **environment: str) -> Done:
        wanted = {name: value for name, value in {**self.environment, **environment}.items() if value}
        done = subprocess.run(
            command, cwd=self.folder, env=wanted, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def client(self, service: str) -> Any:
        """How the services' own APIs are asked."""
        import boto3

        return boto3.client(
            service,
            region_name="eu-west-1",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.account,
            aws_secret_access_key="local",
        )

    def prepared(self) -> None:
        """Make what deployments need."""
        for step in ("bootstrap", "registry"):
            done = self.deploy(step)
            assert done.code == 0, done.text

    def deployed(self) -> Done:
        """Deploy, which must succeed."""
        done = self.deploy("deploy", "-e", "dev")
        assert done.code == 0, done.text
        return done

    def stacks(self) -> dict[str, dict[str, Any]]:
        """Every stack that is there, by name."""
        pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
        found = [each for page in pages for each in page["Stacks"]]
        return {each["StackName"]: each for each in found if each["StackStatus"] != "DELETE_COMPLETE"}

    def root(self) -> dict[str, Any]:
        return self.stacks()["shop-dev"]

    def nested(self) -> dict[str, str]:
        """The names of the nested stacks, by the names of their templates."""
        summaries = self.client("cloudformation").list_stack_resources(StackName="shop-dev")["StackResourceSummaries"]
        found = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries}
        names = [path.stem for path in (self.folder / "templates_out" / "dev").glob("*.yaml") if path.stem != "root"]
        return {name: found["".join(part.capitalize() for part in name.split("-"))] for name in names}

    def physical(self, stack: str, logical_id: str) -> str:
        """The id of a resource of the nested stack of a template."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.nested()[stack], LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def service(self, name: str) -> dict[str, Any]:
        """An ECS service as it is."""
        arn = self.physical(f"service-{name}", "Service")
        (found,) = self.client("ecs").describe_services(cluster=arn.split("/")[1], services=[arn])["services"]
        return dict(found)

    def push(self, service: str, **behaviour: str) -> str:
        """Push an image whose manifest says how it behaves on a local AWS, and give its digest."""
        annotations = {f"com.tapgen.local.{key.replace('_', '-')}": value for key, value in behaviour.items()}
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": "sha256:" + "a" * 64,
                "size": 2,
            },
            "layers": [],
            "annotations": annotations,
        }
        tag = "-".join(["v", *behaviour.values()])[:60].replace(" ", "-").replace(":", "-")
        image = self.client("ecr").put_image(
            repositoryName=f"shop/{service}",
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=manifest["mediaType"],
            imageTag=tag,
        )
        return str(image["image"]["imageId"]["imageDigest"])

    def use(self, digests: Mapping[str, str]) -> None:
        """Name images in tapgen.images.yaml, render, and commit."""
        lines = [f"  {service}: {digest}" for service, digest in digests.items()]
        self.write("\n".join(["dev:", *lines, ""]) if lines else "", "tapgen.images.yaml")


def repository(folder: Path, environment: Mapping[str, str], account: str, text: str = SMALL) -> Repository:
    """A repository as `tapgen init` begins it, with a platform of its own, rendered and committed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
    local = {**clean, **environment, "AWS_ACCESS_KEY_ID": account, "PYTHONDONTWRITEBYTECODE": "1"}
    init(folder, "shop")
    made = Repository(folder, local, account)
    assert made.run("git", "init", "--quiet").code == 0
    made.write(text % {"account": account} if "%(" in text else text)
    return made


def words(done: Done, wanted: Sequence[str]) -> list[str]:
    """Which of the *wanted* words a command did not say."""
    return [each for each in wanted if each not in done.text]
