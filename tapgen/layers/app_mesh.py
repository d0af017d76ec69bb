"""App Mesh: which service may call which, as the Envoys beside them learn it from AWS; shut down on 2026-09-30."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troposphere import GetAtt, Template, appmesh, servicediscovery

from tapgen.config.mesh import GATEWAY
from tapgen.config.service import Service
from tapgen.kinds import Text, VpcId
from tapgen.mesh.app_mesh import Members, gateway_routes
from tapgen.parts.context import arch, why
from tapgen.stack import logical_id


@dataclass(frozen=True, kw_only=True)
class AppMesh:
    """The mesh, a virtual node for each service that has a part in it, the gateway, and the names in Cloud Map.

    Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html
    """

    members: Members
    public: Mapping[str, Service]
    """The services that the gateway leads to, with their paths."""
    vpc_id: VpcId

    @dataclass(frozen=True)
    class Outputs:
        envoys: Mapping[str, Text]
        """What the Envoy of each service stands for in the mesh, an ARN."""
        registries: Mapping[str, Text]
        """Where the tasks of each service that is called are found, an ARN."""

    def build(self, template: Template) -> Outputs:
        template.set_description("App Mesh: which service may call which. AWS shut App Mesh down on 2026-09-30.")
        arch(
            template,
            "internet -> load balancer -> gateway -> services with a path; service -> services it calls; all but the"
            " first in mutual TLS.",
        )
        mesh = template.add_resource(
            appmesh.Mesh(
                "Mesh",
                Metadata=why("What no virtual node declares as its backend, Envoy lets no task reach."),
                MeshName=self.members.trust_domain,
                Spec=appmesh.MeshSpec(EgressFilter=appmesh.EgressFilter(Type="DROP_ALL")),
            )
        )
        registries = self._registries(template)
        envoys = {each.name: self._node(template, mesh, each) for each in self.members.nodes}
        for service in self.members.called:
            template.add_resource(self._virtual_service(mesh, service))
        if gateway := self.members.gateway:
            envoys[GATEWAY] = self._gateway(template, mesh, gateway)
        return self.Outputs(envoys, registries)

    def _registries(self, template: Template) -> Mapping[str, Text]:
        """ECS says which tasks there are; an address is all that a name of Cloud Map needs.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
        """
        namespace = template.add_resource(
            servicediscovery.PrivateDnsNamespace(
                "Namespace",
                Metadata=why("Names of services inside the VPC.", mutable="must-never-change"),
                Name=self.members.doors.domain,
                Vpc=self.vpc_id,
            )
        )
        found = {
            service.name: template.add_resource(
                servicediscovery.Service(
                    f"{logical_id(service.name)}Registry",
                    Name=service.name,
                    DnsConfig=servicediscovery.DnsConfig(
                        NamespaceId=namespace.ref(),
                        RoutingPolicy="MULTIVALUE",
                        DnsRecords=[servicediscovery.DnsRecord(Type="A", TTL=10)],
                    ),
                    HealthCheckCustomConfig=servicediscovery.HealthCheckCustomConfig(FailureThreshold=1),
                )
            )
            for service in self.members.called
        }
        return {name: Text(registry.get_att("Arn")) for name, registry in found.items()}

    def _node(self, template: Template, mesh: appmesh.Mesh, service: Service) -> Text:
        node = template.add_resource(
            appmesh.VirtualNode(
                _node_title(service),
                MeshName=mesh.get_att("MeshName"),
                VirtualNodeName=service.name,
                Spec=appmesh.VirtualNodeSpec.from_dict("Spec", self.members.node(service)),
            )
        )
        return Text(node.get_att("Arn"))

    def _virtual_service(self, mesh: appmesh.Mesh, service: Service) -> appmesh.VirtualService:
        """Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/virtual_services.html ."""
        node = GetAtt(_node_title(service), "VirtualNodeName")
        provider = appmesh.VirtualServiceProvider(VirtualNode=appmesh.VirtualNodeServiceProvider(VirtualNodeName=node))
        return appmesh.VirtualService(
            _service_title(service),
            MeshName=mesh.get_att("MeshName"),
            VirtualServiceName=self.members.doors.host(service),
            Spec=appmesh.VirtualServiceSpec(Provider=provider),
        )

    def _gateway(self, template: Template, mesh: appmesh.Mesh, gateway: Service) -> Text:
        made = template.add_resource(
            appmesh.VirtualGateway(
                "Gateway",
                MeshName=mesh.get_att("MeshName"),
                VirtualGatewayName=GATEWAY,
                Spec=appmesh.VirtualGatewaySpec.from_dict("Spec", self.members.gateway_spec(gateway)),
            )
        )
        for service in self.public.values():
            name = GetAtt(_service_title(service), "VirtualServiceName")
            target = {"VirtualService": {"VirtualServiceName": name}}
            for title, match, rewrite in gateway_routes(service):
                route = {"Match": match, "Action": {"Target": target, "Rewrite": rewrite}}
                template.add_resource(
                    appmesh.GatewayRoute(
                        f"GatewayRoute{title}",
                        MeshName=mesh.get_att("MeshName"),
                        VirtualGatewayName=made.get_att("VirtualGatewayName"),
                        Spec=appmesh.GatewayRouteSpec.from_dict("Spec", {"HttpRoute": route}),
                    )
                )
        return Text(made.get_att("Arn"))


def _node_title(service: Service) -> str:
    return f"{logical_id(service.name)}Node"


def _service_title(service: Service) -> str:
    return f"{logical_id(service.name)}Service"
