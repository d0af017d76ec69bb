"""A team's repository, and what its members do with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapgen.config.read import read
from tapgen.deploy.artifacts import artifacts
from tapgen.init import init
from tapgen.render import render
from tapgen.write import write
from tests.localaws.account import CAPABILITIES, REGION, Account

VENV = Path(sys.executable).parents[1]

SMALL = """\
name: shop
services:
  web: {port: 8080, path: /web, calls: [api]}
  api: {port: 8081, cpu: 512, memory: 1024}
environments:
  dev:
    account: "ACCOUNT"
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
    text: str

    def lacks(self, *wanted: str) -> list[str]:
        """Which of these words it did not say."""
        return [each for each in wanted if each not in self.text]


@dataclass(frozen=True)
class Repository:
    """A team's repository, and an account of a local AWS of its own."""

    folder: Path
    environment: Mapping[str, str]
    aws: Account

    def write(self, text: str, name: str = "tapgen.yaml") -> None:
        """Say something else in a file, render, and commit."""
        (self.folder / name).write_text(text, encoding="utf-8")
        write(render(read(self.folder / "tapgen.yaml")), self.folder / "templates_out")
        self.commit()

    def edit(self, old: str, new: str) -> None:
        """Replace something in tapgen.yaml, render, and commit."""
        text = (self.folder / "tapgen.yaml").read_text("utf-8")
        assert old in text
        self.write(text.replace(old, new))

    def use(self, **digests: str) -> None:
        """Name images in tapgen.images.yaml, render, and commit."""
        lines = [f"  {service}: {digest}" for service, digest in digests.items()]
        self.write("\n".join(["dev:", *lines, ""]) if lines else "", "tapgen.images.yaml")

    def commit(self) -> None:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        assert self.run("git", "add", "--all").code == 0
        assert self.run("git", *who, "commit", "--quiet", "--allow-empty", "-m", "as it is").code == 0

    def make(self, *words: str, **environment: str) -> Done:
        """Run a target of the Makefile that tapgen ships."""
        return self.run("make", "--no-print-directory", f"VENV={VENV}", "LOCK=", *words, **environment)

    def deploy(self, *words: str, **environment: str) -> Done:
        """Run what the Makefile runs, for its exit code."""
        return self.run(str(VENV / "bin" / "tapgen-deploy"), *words, **environment)

    def run(self, *command: str, **environment: str) -> Done:
        """Run a command in the repository; a variable without a value is taken away."""
        process = self.start(*command, **environment)
        text, _ = process.communicate()
        return Done(process.returncode, text)

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Begin a command, and do not wait for its end."""
        wanted = {name: value for name, value in {**self.environment, **environment}.items() if value}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=wanted,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def begin(self) -> subprocess.Popen[str]:
        """Begin to deploy."""
        return self.start(str(VENV / "bin" / "tapgen-deploy"), "deploy", "-e", "dev")

    def deployed(self) -> Done:
        """Deploy, which must succeed."""
        done = self.deploy("deploy", "-e", "dev")
        assert done.code == 0, done.text
        return done

    def prepared(self) -> None:
        """Have what deployments need, without the CLI, whose start takes most of the time."""
        for name in ("bootstrap", "registry"):
            made = self.aws.create(f"shop-{name}", (self.folder / "templates_out" / f"{name}.yaml").read_text("utf-8"))
            assert made["StackStatus"] == "CREATE_COMPLETE"

    def registered(self) -> None:
        """Have the repositories of other services, without the CLI."""
        text = (self.folder / "templates_out" / "registry.yaml").read_text("utf-8")
        self.aws.cloudformation.update_stack(StackName="shop-registry", TemplateBody=text)
        assert self.aws.settled("shop-registry")["StackStatus"] == "UPDATE_COMPLETE"

    def ready_made(self) -> None:
        """Have an environment that is deployed as it is checked in, and all that it needs, without the CLI."""
        self.prepared()
        self.made()

    def made(self) -> None:
        """Have an environment that is deployed as it is checked in, without the CLI, where all is there for it."""
        (bucket,) = [each["Name"] for each in self.aws("s3").list_buckets()["Buckets"]]
        texts = {path: text for path, text in self.checked_in().items() if path.startswith("dev/")}
        sent = artifacts(texts, bucket, REGION, "aws")
        for key, text in sent.texts.items():
            self.aws("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
        tags = {"Environment": "dev", "Service": "shop", "ManagedBy": "tapgen"}
        self.aws.cloudformation.create_stack(
            StackName="shop-dev",
            TemplateURL=sent.root_url,
            Capabilities=CAPABILITIES,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        assert self.aws.settled("shop-dev")["StackStatus"] == "CREATE_COMPLETE"

    def checked_in(self) -> dict[str, str]:
        """Every template, by path."""
        folder = self.folder / "templates_out"
        return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.yaml")}

    def stacks(self) -> dict[str, str]:
        """The state of every stack that is there, by name."""
        pages = self.aws.cloudformation.get_paginator("describe_stacks").paginate()
        found = {each["StackName"]: each["StackStatus"] for page in pages for each in page["Stacks"]}
        return {name: status for name, status in found.items() if status != "DELETE_COMPLETE"}

    @property
    def status(self) -> str:
        """The state of the root stack."""
        return self.stacks().get("shop-dev", "")

    def until(self, *statuses: str) -> None:
        """Wait until the root stack is in one of these states."""
        end = time.monotonic() + 60
        while self.status not in statuses:
            assert time.monotonic() < end, self.status
            time.sleep(0.05)

    def nested(self) -> dict[str, str]:
        """The ids of the nested stacks, by the names of their templates."""
        summaries = self.aws.cloudformation.list_stack_resources(StackName="shop-dev")["StackResourceSummaries"]
        found = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries}
        names = [path.stem for path in (self.folder / "templates_out" / "dev").glob("*.yaml") if path.stem != "root"]
        titles = {name: "".join(part.capitalize() for part in name.split("-")) for name in names}
        return {name: found[title] for name, title in titles.items() if title in found}

    def bodies(self) -> dict[str, str]:
        """The template of every stack of the environment, as AWS has it, by the name of its file."""
        named = {"root": "shop-dev", **self.nested()}
        return {
            name: self.aws.cloudformation.get_template(StackName=id_)["TemplateBody"] for name, id_ in named.items()
        }

    def physical(self, stack: str, logical_id: str) -> str:
        """The id of a resource of the nested stack of a template."""
        found = self.aws.cloudformation.describe_stack_resource(
            StackName=self.nested()[stack], LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def service(self, name: str) -> dict[str, Any]:
        """An ECS service as it is."""
        arn = self.physical(f"service-{name}", "Service")
        (found,) = self.aws("ecs").describe_services(cluster=arn.split("/")[1], services=[arn])["services"]
        return dict(found)

    def rollout(self, name: str) -> dict[str, Any]:
        """The newest deployment of an ECS service."""
        service = self.service(name)
        where = {"cluster": service["clusterArn"], "service": service["serviceArn"]}
        newest = self.aws("ecs").list_service_deployments(**where)["serviceDeployments"][0]["serviceDeploymentArn"]
        (found,) = self.aws("ecs").describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"]
        return dict(found)

    def rest(self, name: str) -> None:
        """Wait until a service is not being deployed any more."""
        end = time.monotonic() + 60
        while "finishedAt" not in self.rollout(name):
            assert time.monotonic() < end, self.rollout(name)
            time.sleep(0.05)

    def container(self, name: str) -> dict[str, Any]:
        """The container of a service as it is."""
        definition = self.aws("ecs").describe_task_definition(taskDefinition=self.service(name)["taskDefinition"])
        (found,) = definition["taskDefinition"]["containerDefinitions"]
        return dict(found)

    def push(self, service: str, **behaviour: str) -> str:
        """Push an image whose manifest says how it behaves on a local AWS, and give its digest."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:0", "size": 2},
            "layers": [],
            "annotations": {f"com.tapgen.local.{key.replace('_', '-')}": value for key, value in behaviour.items()},
        }
        image = self.aws("ecr").put_image(
            repositoryName=f"shop/{service}",
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=manifest["mediaType"],
            imageTag="-".join(["v", *behaviour]),
        )
        return str(image["image"]["imageId"]["imageDigest"])


def repository(folder: Path, client: Mapping[str, str], number: str, text: str = SMALL) -> Repository:
    """A repository as `tapgen init` begins it, with a platform of its own, rendered and committed."""
    init(folder, "shop")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
    made = Repository(folder, {**clean, **client, "AWS_ACCESS_KEY_ID": number}, Account(client, number))
    assert made.run("git", "init", "--quiet").code == 0
    made.write(text.replace("ACCOUNT", number))
    return made
