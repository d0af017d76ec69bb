"""Service Connect: names, load balancing and, where wanted, TLS between services."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import AWSHelperFn, ecs

from tapgen.config.mesh import Doors, Mesh
from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.parts.present import present


@dataclass(frozen=True)
class Authority:
    """The private certificate authority of an environment, and how ECS gets certificates from it."""

    arn: Text
    key_arn: Text | None
    """What encrypts the keys that ECS makes; None where it makes none."""
    role_arn: Text | None
    """What ECS may do; None where it does nothing."""


@dataclass(frozen=True)
class Joining:
    """How a service joins Service Connect.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """

    service: Service
    config: Mesh
    doors: Doors
    authority: Authority | None

    def port_mappings(self) -> list[ecs.PortMapping]:
        """The named ports of the container that callers reach.

        Without an AppProtocol the proxy sees bytes, not requests: no metrics, no timeout for requests. It never
        changes. Envoy's own TLS is nothing but bytes.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
        """
        proxied = self.doors.mode == "mutual" and self.doors.joins(self.service)
        ports = self.doors.called(self.service) if proxied else self.service.listens
        return [
            ecs.PortMapping(
                **present(
                    Name=name,
                    ContainerPort=port,
                    Protocol="tcp",
                    AppProtocol=None if proxied else self.service.speaks(name),
                )
            )
            for name, port in ports.items()
        ]

    def configuration(
        self, namespace: AWSHelperFn, proxy_logs: ecs.LogConfiguration
    ) -> ecs.ServiceConnectConfiguration | None:
        """A service with ports can be called by its name; one that only calls others joins as their client.

        None where the service neither calls nor can be called, and where App Mesh is there: nobody is in both.

        Source: https://aws.amazon.com/blogs/containers/migrating-from-aws-app-mesh-to-amazon-ecs-service-connect/
        """
        if self.doors.mode == "app_mesh":
            return None
        called = self.doors.called(self.service)
        if not called and not self.service.calls:
            return None
        return ecs.ServiceConnectConfiguration(
            **present(
                Enabled=True,
                Namespace=namespace,
                LogConfiguration=proxy_logs,
                AccessLogConfiguration=self._access_logs(),
                Services=[self._endpoint(name) for name in called] or None,
            )
        )

    def _access_logs(self) -> ecs.ServiceConnectAccessLogConfiguration | None:
        """Where an Envoy of ours sees the requests, it records them."""
        if not self.config.access_logs or self.doors.mode == "mutual":
            return None
        return ecs.ServiceConnectAccessLogConfiguration(Format="JSON", IncludeQueryParameters="DISABLED")

    def _endpoint(self, port_name: str) -> ecs.ServiceConnectService:
        """Every port is found at the service's own name; ECS tells them apart by discovery names."""
        service, overridden = self.service.name, self.doors.overridden(self.service)
        return ecs.ServiceConnectService(
            **present(
                PortName=port_name,
                DiscoveryName=service if port_name == service else f"{service}-{port_name}",
                ClientAliases=[
                    ecs.ServiceConnectClientAlias(DnsName=service, Port=self.service.listens[port_name]),
                ],
                IngressPortOverride=self.doors.called(self.service)[port_name] if overridden else None,
                Timeout=self._timeout(),
                Tls=self._tls(),
            )
        )

    def _timeout(self) -> ecs.TimeoutConfiguration | None:
        """Where an Envoy of ours keeps the connections, it closes those that idle long before Service Connect does."""
        if self.doors.mode == "mutual":
            return None
        return ecs.TimeoutConfiguration(
            IdleTimeoutSeconds=self.config.idle_timeout, PerRequestTimeoutSeconds=self.config.request_timeout
        )

    def _tls(self) -> ecs.ServiceConnectTlsConfiguration | None:
        if not self.authority or self.doors.mode != "on":
            return None
        return ecs.ServiceConnectTlsConfiguration(
            IssuerCertificateAuthority=ecs.ServiceConnectTlsCertificateAuthority(AwsPcaAuthorityArn=self.authority.arn),
            KmsKey=self.authority.key_arn,
            RoleArn=self.authority.role_arn,
        )
