"""App Mesh in templates: named, and kept by CloudFormation alone, since AWS itself answers for it no more.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_AppMesh.html
"""

from __future__ import annotations

from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource


@provides("AWS::AppMesh::GatewayRoute")
@provides("AWS::AppMesh::Mesh")
@provides("AWS::AppMesh::VirtualGateway")
@provides("AWS::AppMesh::VirtualNode")
@provides("AWS::AppMesh::VirtualService")
class Named(Provider):
    """What has an ARN that says its name, after the names of all that it is in.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsappmesh.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Name it."""
        kind = wanted.kind.rpartition("::")[2]
        way = ["Mesh", *(["VirtualGateway"] if kind == "GatewayRoute" else []), *([kind] if kind != "Mesh" else [])]
        names = {f"{each}Name": wanted.properties.get(f"{each}Name") or wanted.title() for each in way}
        path = "/".join(f"{each[:1].lower()}{each[1:]}/{names[f'{each}Name']}" for each in way)
        arn = f"arn:aws:appmesh:{engine.region()}:{engine.account()}:{path}"
        return Made(arn, names | {"Arn": arn, "Uid": str(uuid4())})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Keep what it says now."""
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Forget it."""
