"""What tests do in an account of the local AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from tests.localaws.deploying import BUCKET, root_of, settled, upload

REGION = "eu-west-1"
CAPABILITIES = ["CAPABILITY_IAM"]


_MODELS = botocore.session.get_session().get_component("data_loader")


def _session() -> Any:
    """A session that shares the models of services, which are slow to read, with every other."""
    session = botocore.session.get_session()
    session.register_component("data_loader", _MODELS)
    return session


class Account:
    """One account, and clients of its services."""

    def __init__(self, environment: Mapping[str, str], number: str, token: str | None = None) -> None:
        self.number, self.token = number, token
        self.environment = {**environment, "AWS_ACCESS_KEY_ID": number}
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """A client of a service."""
        if service not in self._clients:
            session = boto3.session.Session(self.number, "local", self.token, REGION, botocore_session=_session())
            address = self.environment["AWS_ENDPOINT_URL"]
            once = Config(retries={"total_max_attempts": 1})
            self._clients[service] = session.client(service, endpoint_url=address, config=once)
        return self._clients[service]

    @cached_property
    def cloudformation(self) -> Any:
        """The client most tests use."""
        return self("cloudformation")

    def bucket(self) -> None:
        """Make the bucket for templates."""
        self("s3").create_bucket(Bucket=self.templates, CreateBucketConfiguration={"LocationConstraint": REGION})

    @property
    def templates(self) -> str:
        """Its name: buckets share one namespace across accounts."""
        return f"{BUCKET}-{self.number}"

    def upload(self, text: str) -> str:
        """The address of a template in S3."""
        return upload(self("s3"), REGION, text, self.templates)

    def create(self, name: str, template: Mapping[str, Any] | str, **more: Any) -> dict[str, Any]:
        """The stack, as soon as it is made or has failed."""
        body = template if isinstance(template, str) else json.dumps(template)
        self.cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **more)
        return self.settled(name)

    def update(self, name: str, template: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """The stack, as soon as it is another or has failed."""
        body = json.dumps(template)
        self.cloudformation.update_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **more)
        return self.settled(name)

    def delete(self, name: str, **more: Any) -> dict[str, Any]:
        """The stack, as soon as it is gone or has failed."""
        stack_id = self.stack(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name, **more)
        return self.settled(stack_id)

    def settled(self, name: str) -> dict[str, Any]:
        """The stack, as soon as nothing happens to it any more."""
        return settled(self.cloudformation, name)

    def deploy(self, name: str, folder: Path) -> dict[str, Any]:
        """A rendered platform, as a change set of all its stacks."""
        url = self.upload(root_of(folder, self("s3"), REGION, self.templates))
        change_set = self.cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=f"deploy-{time.monotonic_ns()}",
            ChangeSetType="CREATE",
            TemplateURL=url,
            IncludeNestedStacks=True,
            Capabilities=CAPABILITIES,
        )
        made = self.cloudformation.describe_change_set(ChangeSetName=change_set["Id"])
        assert made["Status"] == "CREATE_COMPLETE", made["StatusReason"]
        self.cloudformation.execute_change_set(ChangeSetName=change_set["Id"])
        return self.settled(name)

    def stack(self, name: str) -> dict[str, Any]:
        """The stack as it is."""
        stack: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return stack

    def child(self, stack: str, name: str) -> dict[str, Any]:
        """A nested stack, by its logical name."""
        return self.stack(self.physical_id(stack, name))

    def physical_id(self, stack: str, name: str) -> str:
        """The physical id of a resource."""
        found = self.cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=name)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def events(self, name: str) -> list[tuple[str, str, str]]:
        """What happened, oldest first: logical name, status, reason."""
        found = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return [(e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason", "")) for e in found[::-1]]

    def statuses(self, stack: str, name: str) -> list[str]:
        """The statuses that one resource, or the stack itself, went through."""
        return [status for resource, status, _ in self.events(stack) if resource == name]
