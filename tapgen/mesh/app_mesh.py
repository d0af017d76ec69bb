"""App Mesh, which AWS shut down on 2026-09-30: what its resources say, as plain data in the words of CloudFormation.

Every connection between two Envoys is mutual TLS with certificates from files: the callee lets in those that declared
the call, the caller believes nobody but the callee.

Sources: https://docs.aws.amazon.com/app-mesh/latest/userguide/mutual-tls.html ,
https://docs.aws.amazon.com/app-mesh/latest/userguide/tls.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_AppMesh.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tapgen.config.environment import Environment
from tapgen.config.listener import matches
from tapgen.config.mesh import APP_MESH_ADMIN, GATEWAY, GATEWAY_PORT, Doors, Mesh
from tapgen.config.service import Health, Service
from tapgen.config.workload import ContainerCheck
from tapgen.mesh.mutual.envoy import CERTIFICATES
from tapgen.mesh.mutual.proxy import identity
from tapgen.stack import logical_id

Spec = dict[str, Any]

ENVOY = "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.0-prod"
"""The last Envoy that AWS published: https://docs.aws.amazon.com/app-mesh/latest/userguide/envoy.html"""

ENVOY_USER = "1337"
"""Whose traffic is not sent through Envoy once more."""

READY = f"curl -s http://127.0.0.1:{APP_MESH_ADMIN}/server_info | grep state | grep -q LIVE"
"""https://docs.aws.amazon.com/app-mesh/latest/userguide/getting-started-ecs.html"""

OPEN_FILES = 15000

_FILES = f"{CERTIFICATES}/current"
_OWN = {"File": {"CertificateChain": f"{_FILES}/certificate.pem", "PrivateKey": f"{_FILES}/key.pem"}}
_AUTHORITY = {"File": {"CertificateChain": f"{_FILES}/authority.pem"}}


def behind_gateway(environment: Environment) -> Environment:
    """An environment as App Mesh wants it: a gateway alone is public, and calls the services that were.

    A load balancer shows no certificate, and an Envoy that asks for one lets it in nowhere.
    """
    public = environment.public
    if not environment.mesh.app_mesh or not public:
        return environment
    inside = {name: each.model_copy(update={"path": (), "host": ()}) for name, each in environment.services.items()}
    return environment.model_copy(update={"services": inside | {GATEWAY: _gateway_service(tuple(public))}})


def _gateway_service(public: tuple[str, ...]) -> Service:
    """Envoy writes its configuration to disk as it starts; the load balancer asks where Envoy itself answers."""
    check = ContainerCheck(command=("sh", "-c", READY), interval=10, start=60)
    return Service(
        name=GATEWAY,
        image=ENVOY,
        user=ENVOY_USER,
        read_only=False,
        open_files=OPEN_FILES,
        cpu=512,
        memory=1024,
        port=GATEWAY_PORT,
        path=("/",),
        calls=public,
        health=Health(path="/ready", port=APP_MESH_ADMIN, container=check),
    )


@dataclass(frozen=True)
class Members:
    """Whoever is in the mesh of an environment."""

    mesh: Mesh
    doors: Doors
    trust_domain: str

    @property
    def nodes(self) -> list[Service]:
        """The services that have a part in the mesh."""
        return [each for each in self.doors.services.values() if self.doors.joins(each) and each.name != GATEWAY]

    @property
    def called(self) -> list[Service]:
        """Those of them that somebody calls."""
        return [service for service in self.nodes if self.doors.callers(service)]

    @property
    def gateway(self) -> Service | None:
        """How the internet gets in, if it does."""
        return self.doors.services.get(GATEWAY)

    def node(self, service: Service) -> Spec:
        """A virtual node: where its Envoy listens and for whom, and whom it calls.

        Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/virtual_nodes.html
        """
        backends = [self._backend(self.doors.services[callee]) for callee in service.calls]
        spec: Spec = {"Backends": backends} if backends else {}
        if self.doors.callers(service):
            cloud_map = {"NamespaceName": self.doors.domain, "ServiceName": service.name}
            spec |= {"Listeners": [self._listener(service)], "ServiceDiscovery": {"AWSCloudMap": cloud_map}}
        return spec | self._logging()

    def gateway_spec(self, gateway: Service) -> Spec:
        """A virtual gateway: TLS from the load balancer, which believes any certificate, mutual TLS to the services.

        It has one policy for all that it calls.

        Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/virtual_gateways.html
        """
        listener = {
            "PortMapping": {"Port": GATEWAY_PORT, "Protocol": "http"},
            "TLS": {"Mode": "STRICT", "Certificate": _OWN},
        }
        spec: Spec = {"Listeners": [listener], "BackendDefaults": {"ClientPolicy": self._policy(gateway.calls)}}
        return spec | self._logging()

    def _listener(self, service: Service) -> Spec:
        """Without names of its own to look for, Envoy would take any certificate of the authority."""
        validation = self._validation(self.doors.callers(service))
        seconds = {"PerRequest": self.mesh.request_timeout, "Idle": self.mesh.idle_timeout}
        timeouts = {name: {"Value": value, "Unit": "s"} for name, value in seconds.items()}
        return {
            "PortMapping": {"Port": service.port, "Protocol": service.protocol},
            "TLS": {"Mode": "STRICT", "Certificate": _OWN, "Validation": validation},
            "Timeout": {service.protocol.upper(): timeouts},
            **({"HealthCheck": _health_check(service)} if service.health_port == service.port else {}),
        }

    def _backend(self, callee: Service) -> Spec:
        service = {"VirtualServiceName": self.doors.host(callee), "ClientPolicy": self._policy([callee.name])}
        return {"VirtualService": service}

    def _policy(self, callees: Sequence[str]) -> Spec:
        return {"TLS": {"Enforce": True, "Certificate": _OWN, "Validation": self._validation(callees)}}

    def _validation(self, names: Sequence[str]) -> Spec:
        exact = [identity(self.trust_domain, name) for name in names]
        return {"Trust": _AUTHORITY, "SubjectAlternativeNames": {"Match": {"Exact": exact}}}

    def _logging(self) -> Spec:
        """Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/envoy-logs.html ."""
        return {"Logging": {"AccessLog": {"File": {"Path": "/dev/stdout"}}}} if self.mesh.access_logs else {}


def _health_check(service: Service) -> Spec:
    """How Envoys that call it find out which tasks work; they can ask at the port of the listener alone.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-appmesh-virtualnode-healthcheck.html
    """
    check = service.health.target
    return {
        "Protocol": service.protocol,
        **({"Path": service.health_path} if service.protocol != "grpc" else {}),
        "IntervalMillis": check.interval * 1000,
        "TimeoutMillis": min(check.timeout, 60) * 1000,
        "HealthyThreshold": check.healthy,
        "UnhealthyThreshold": check.unhealthy,
    }


def gateway_routes(service: Service) -> Iterator[tuple[str, Spec, Spec]]:
    """The requests that the gateway hands to a public service: the title of each route, its match, and its rewrite.

    The longest prefix wins. One that does not end in a slash would match `/xy` for `/x`, so a path and what is below it
    are two routes. Whoever is called sees the name and the path that the client said.

    Sources: https://docs.aws.amazon.com/app-mesh/latest/userguide/gateway-routes.html ,
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-appmesh-gatewayroute-httpgatewayrouterewrite.html
    """
    name = {"Hostname": {"DefaultTargetHostname": "DISABLED"}}
    for match in matches(service):
        for host in match.hosts or ("",):
            title = logical_id(f"{service.name}-at-{host.replace('*', 'any')}{match.path}")
            hostname = {"Suffix": host[1:]} if host.startswith("*") else {"Exact": host}
            said: Spec = {"Hostname": hostname} if host else {}
            below = match.path.rstrip("/") + "/"
            strip = service.strip_prefix and match.path != "/"
            rewrite = {"Value": "/"} if strip else {"DefaultPrefix": "DISABLED"}
            yield f"{title}Below", said | {"Prefix": below}, name | {"Prefix": rewrite}
            if match.path != "/":
                rewritten = {"Path": {"Exact": "/"}} if strip else {}
                yield title, said | {"Path": {"Exact": match.path}}, name | rewritten


def ignored_ports(service: Service, databases: Sequence[int]) -> list[int]:
    """Where tasks connect to without Envoy: whatever is no call. Envoy would let nothing of it out.

    Source: https://docs.aws.amazon.com/app-mesh/latest/APIReference/API_EgressFilter.html
    """
    return sorted({way.port for way in service.egress} | set(databases))
