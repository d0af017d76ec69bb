"""Firewall: who may talk to whom; one security group for each service and job, one rule for each declared call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troposphere import Tags, Template, ec2

from tapgen.config.database import Database
from tapgen.config.firewall_names import ENDPOINTS, LOAD_BALANCER, TESTER, balancer_port_name, call_name, group_name
from tapgen.config.ingress import Ingress as IngressSettings
from tapgen.config.job import Job
from tapgen.config.mesh import Doors
from tapgen.config.service import Service
from tapgen.config.workload import Workload
from tapgen.kinds import SecurityGroupId
from tapgen.layers.network import Network
from tapgen.parts.context import arch, why


@dataclass(frozen=True, kw_only=True)
class Firewall:
    """Every security group and every rule, so that one file answers who may talk to whom.

    A rule between two services is a resource of its own, so services may call each other in circles. The ways out are
    inside the group, since a group that names none lets everything out. Between groups they would form circles too; so
    they name the VPC and the port, and the way in of the callee decides.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """

    services: Mapping[str, Service]
    doors: Doors
    """Where tasks of each service are reached."""
    jobs: Mapping[str, Job]
    ingress: IngressSettings | None
    """How the load balancer is reached; None where there is none."""
    tested: bool
    """Whether new versions are asked by a listener of their own."""
    endpoints: bool
    """Whether there are interface endpoints."""
    databases: Mapping[str, Database]
    network: Network.Outputs

    @dataclass(frozen=True)
    class Outputs:
        service_group_ids: Mapping[str, SecurityGroupId]
        job_group_ids: Mapping[str, SecurityGroupId]
        load_balancer_group_id: SecurityGroupId | None
        tester_group_id: SecurityGroupId | None
        endpoints_group_id: SecurityGroupId | None
        database_group_ids: Mapping[str, SecurityGroupId]

    def build(self, template: Template) -> Outputs:
        template.set_description(
            "Firewall: who may talk to whom; one security group per service, one rule per declared call."
        )
        arch(
            template,
            "internet -> load balancer -> services with a path; service -> services it calls, databases it uses;"
            " task -> declared egress.",
        )
        groups = {name: template.add_resource(self._service_group(service)) for name, service in self.services.items()}
        jobs = {name: template.add_resource(self._job_group(job)) for name, job in self.jobs.items()}
        balancer = self._balancer(template)
        tester = self._tester(template, self.ingress, balancer) if self.tested and self.ingress and balancer else None
        endpoints = template.add_resource(self._endpoints_group()) if self.endpoints else None
        databases = {name: template.add_resource(self._database_group(name)) for name in self.databases}
        if balancer:
            self._open_to_balancer(template, balancer, groups)
        for service in self.services.values():
            for callee in (self.services[name] for name in service.calls):
                for name, port in self.doors.called(callee).items():
                    title = call_name(service.name, callee.name, "" if name == callee.name else name)
                    text = f"{service.name} calls {callee.name}"
                    template.add_resource(
                        _way_in(title, _id(groups[service.name]), _id(groups[callee.name]), port, text)
                    )
        for workload in (*self.services.values(), *self.jobs.values()):
            for name in workload.connects:
                title, text = call_name(workload.name, name), f"{workload.name} connects to {name}"
                source, target = _id((groups | jobs)[workload.name]), _id(databases[name])
                template.add_resource(_way_in(title, source, target, self.databases[name].port, text))
        return self.Outputs(
            service_group_ids={name: _id(group) for name, group in groups.items()},
            job_group_ids={name: _id(group) for name, group in jobs.items()},
            load_balancer_group_id=balancer,
            tester_group_id=tester,
            endpoints_group_id=_id(endpoints) if endpoints else None,
            database_group_ids={name: _id(group) for name, group in databases.items()},
        )

    def _balancer(self, template: Template) -> SecurityGroupId | None:
        """The group of the load balancer, made with its ways out, or given: then its owner lets it out."""
        if not self.ingress:
            return None
        if given := self.ingress.existing:
            return SecurityGroupId(given.security_group)
        group = _id(template.add_resource(self._load_balancer_group(self.ingress)))
        # Resources too: where a port changes, the old way goes only after the new tasks have come.
        for port in sorted({port for service in self._public() for port in self.doors.balanced(service).values()}):
            template.add_resource(
                ec2.SecurityGroupEgress(
                    balancer_port_name(port),
                    GroupId=group,
                    IpProtocol="tcp",
                    FromPort=port,
                    ToPort=port,
                    CidrIp=self.network.cidr,
                    Description="Services with a path",
                )
            )
        return group

    def _tester(self, template: Template, ingress: IngressSettings, balancer: SecurityGroupId) -> SecurityGroupId:
        """The group of the function that asks new versions; nobody else reaches the listener for them."""
        port = ingress.test_port
        group = _id(
            template.add_resource(
                ec2.SecurityGroup(
                    group_name(TESTER),
                    Metadata=why("The function that asks new versions before they get requests. Nobody calls it here."),
                    GroupDescription="The function that asks new versions",
                    VpcId=self.network.vpc_id,
                    SecurityGroupEgress=[
                        _way_out("0.0.0.0/0", 443, "The APIs of ECS and EC2"),
                        _way_out(self.network.cidr, port, "The listener for new versions"),
                    ],
                )
            )
        )
        title, text = call_name(TESTER, LOAD_BALANCER), "New versions are asked before they get requests"
        template.add_resource(_way_in(title, group, balancer, port, text))
        return group

    def _public(self) -> list[Service]:
        return [service for service in self.services.values() if service.paths and service.port]

    def _open_to_balancer(
        self, template: Template, balancer: SecurityGroupId, groups: Mapping[str, ec2.SecurityGroup]
    ) -> None:
        for service in self._public():
            for purpose, port in self.doors.balanced(service).items():
                title = call_name(LOAD_BALANCER, service.name, purpose)
                text = f"The load balancer {'asks for the health of' if purpose else 'calls'} {service.name}"
                template.add_resource(_way_in(title, balancer, _id(groups[service.name]), port, text))

    def _service_group(self, service: Service) -> ec2.SecurityGroup:
        """What tasks of *service* may connect to: what the file says, and the services it calls."""
        callees = [self.services[name] for name in service.calls]
        called = sorted({port for callee in callees for port in self.doors.called(callee).values()})
        shape = [f"Calls: {', '.join(service.calls) or 'nobody'}."]
        if service.connects:
            shape.append(f"Connects to: {', '.join(service.connects)}.")
        return ec2.SecurityGroup(
            group_name(service.name),
            Metadata=why(" ".join([f"Tasks of {service.name}.", *shape])),
            GroupDescription=f"Tasks of {service.name}",
            VpcId=self.network.vpc_id,
            SecurityGroupEgress=[
                *(_way_out(way.cidr, way.port, "egress in tapgen.yaml") for way in service.egress),
                *(_way_out(self.network.cidr, port, "Services it calls") for port in called),
                *self._to_databases(service),
            ],
            Tags=Tags(Service=service.name),
        )

    def _job_group(self, job: Job) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            group_name(job.name),
            Metadata=why(f"Tasks of the job {job.name}. Nobody calls them."),
            GroupDescription=f"Tasks of the job {job.name}",
            VpcId=self.network.vpc_id,
            SecurityGroupEgress=[
                *(_way_out(way.cidr, way.port, "egress in tapgen.yaml") for way in job.egress),
                *self._to_databases(job),
            ],
            Tags=Tags(Service=job.name),
        )

    def _to_databases(self, workload: Workload) -> list[ec2.SecurityGroupRule]:
        ports = sorted({self.databases[name].port for name in workload.connects})
        return [_way_out(self.network.cidr, port, "Databases it uses") for port in ports]

    def _database_group(self, name: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            group_name(name),
            Metadata=why(f"Database {name}: answers who may connect, and never asks."),
            GroupDescription=f"Database {name}",
            VpcId=self.network.vpc_id,
            SecurityGroupEgress=[NOWHERE],
        )

    def _load_balancer_group(self, ingress: IngressSettings) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            group_name(LOAD_BALANCER),
            Metadata=why("The load balancer: the only thing that the internet can reach."),
            GroupDescription="The load balancer",
            VpcId=self.network.vpc_id,
            SecurityGroupIngress=[
                ec2.SecurityGroupRule(
                    IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp=cidr, Description="Clients of the platform"
                )
                for port in ingress.ports
                for cidr in ingress.allow
            ],
            SecurityGroupEgress=[NOWHERE],
        )

    def _endpoints_group(self) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            group_name(ENDPOINTS),
            Metadata=why("Interface endpoints: AWS's APIs inside the VPC. They answer, and never ask."),
            GroupDescription="Interface endpoints",
            VpcId=self.network.vpc_id,
            SecurityGroupIngress=[
                ec2.SecurityGroupRule(
                    IpProtocol="tcp",
                    FromPort=443,
                    ToPort=443,
                    CidrIp=self.network.cidr,
                    Description="HTTPS from the VPC",
                )
            ],
            SecurityGroupEgress=[NOWHERE],
        )


def _id(group: ec2.SecurityGroup) -> SecurityGroupId:
    return SecurityGroupId(group.get_att("GroupId"))


def _way_out(cidr: str, port: int, description: str) -> ec2.SecurityGroupRule:
    return ec2.SecurityGroupRule(IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp=cidr, Description=description)


def _way_in(
    title: str, source: SecurityGroupId, target: SecurityGroupId, port: int, text: str
) -> ec2.SecurityGroupIngress:
    return ec2.SecurityGroupIngress(
        title,
        GroupId=target,
        SourceSecurityGroupId=source,
        IpProtocol="tcp",
        FromPort=port,
        ToPort=port,
        Description=text,
    )


NOWHERE = _way_out("127.0.0.1/32", 443, "Nowhere")
"""A group that names no way out lets everything out."""
