"""Endpoints: AWS's APIs inside the VPC, for what tasks really call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import Sub, Tags, Template, ec2

from tapgen.kinds import SecurityGroupId
from tapgen.layers.network import Network
from tapgen.parts.context import arch, why
from tapgen.stack import logical_id

OLDER_REGIONS = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
"""Opened by 2023-12-23: in later ones Fargate needs all three endpoints of ECS.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html ; which Regions those are is not
listed there, and is taken from their announcements.
"""

ECS = "Fargate of the newer Regions talks to ECS itself."


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Interface endpoints, one address in each zone.

    Source of what tasks need: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
    """

    name: str
    region: str
    secrets: bool
    """Whether tasks get secrets."""
    telemetry: bool
    """Whether tasks send traces and metrics."""
    exec: bool
    """Whether commands may be executed in containers."""
    parameters: bool
    """Whether tasks get parameters of Parameter Store."""
    signers: bool
    """Whether tasks ask functions for certificates."""
    queues: bool
    """Whether tasks use queues."""
    tests: bool
    """Whether a function inside the VPC asks new versions."""
    network: Network.Outputs
    group_id: SecurityGroupId

    def build(self, template: Template) -> None:
        template.set_description("Endpoints: AWS's APIs inside the VPC, for what tasks really call.")
        arch(template, "Tasks reach these APIs without leaving the VPC; paid by the hour and zone.")
        for api, purpose in self._called():
            template.add_resource(
                ec2.VPCEndpoint(
                    f"{logical_id(api)}Endpoint",
                    Metadata=why(purpose),
                    VpcEndpointType="Interface",
                    ServiceName=Sub(f"com.amazonaws.${{AWS::Region}}.{api}"),
                    VpcId=self.network.vpc_id,
                    SubnetIds=self.network.private_subnet_ids,
                    SecurityGroupIds=[self.group_id],
                    PrivateDnsEnabled=True,
                    Tags=Tags(Name=f"{self.name}-{api}"),
                )
            )

    def _called(self) -> Sequence[tuple[str, str]]:
        called = [
            ("ecr.api", "Fargate asks for the right to pull an image."),
            ("ecr.dkr", "Fargate pulls images; their layers come through the S3 endpoint."),
            ("logs", "Containers write their logs."),
            ("ecs-agent", "Service Connect tells its proxies where services are."),
        ]
        newer = self.region not in OLDER_REGIONS
        if newer:
            called.append(("ecs-telemetry", "Fargate of the newer Regions sends its telemetry."))
        if newer or self.tests:
            called.append(("ecs", ECS if newer else "Whoever asks a new version looks for an older one."))
        if self.tests:
            called.append(("ec2", "Whoever asks a new version looks for the load balancer."))
        if self.secrets:
            called.append(("secretsmanager", "Fargate fetches the secrets of a starting task."))
        if self.parameters:
            called.append(("ssm", "Fargate fetches the parameters of a starting task."))
        if self.queues:
            called.append(("sqs", "Tasks send and receive messages."))
        if self.signers:
            called.append(("lambda", "Tasks ask for their certificates."))
        if self.telemetry:
            called.append(("xray", "Collectors send traces."))
        if self.exec:
            called += [
                ("ssmmessages", "Sessions of execute-command."),
                ("kms", "Sessions of execute-command are encrypted."),
            ]
        return called
