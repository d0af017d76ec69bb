"""How a service proves who it is: the agent that fetches its certificates, who may sign them, and an alarm."""

from __future__ import annotations

from dataclasses import dataclass

from awacs import acm_pca, awslambda
from awacs.aws import Condition, StringEquals
from troposphere import Sub, Template, cloudwatch, iam
from troposphere import awslambda as functions

from tapgen.config.image_names import AGENT, CONTAINERS
from tapgen.config.service import Service
from tapgen.config.workload import ContainerCheck, ContainerSettings
from tapgen.kinds import Text
from tapgen.layers.certificates import TEMPLATES
from tapgen.layers.workload.container import Container, health_check
from tapgen.layers.workload.foundation import Foundation
from tapgen.mesh.mutual import program
from tapgen.mesh.mutual.envoy import CERTIFICATES
from tapgen.mesh.mutual.proxy import identity
from tapgen.mesh.service_connect import Authority
from tapgen.parts.alarms import Threshold, computed, metric
from tapgen.parts.functions import Functions, Program
from tapgen.parts.policies import allow, document

VOLUME = "tapgen_certificates"
"""With an underscore, which no volume of the file has: nobody else gets at the key."""

DAY = 24 * 3600
RENEWED, STALE = 0.4, 0.7
"""After which share of its life a certificate is replaced, and after which it should have been long ago."""


@dataclass(frozen=True)
class Identity:
    """Who one service is, and how its tasks prove it."""

    config: Service
    on: Foundation
    authority: Authority
    admin: int
    """Where Envoy tells its own state."""
    renewed: float = RENEWED
    """After which share of its life the agent replaces a certificate."""

    @property
    def name(self) -> str:
        """Who the service is, in its certificates."""
        return identity(self.on.trust_domain, self.config.name)

    def signer(self, template: Template) -> functions.Function:
        """The only one who may issue certificates with the name of this service, and no others.

        IAM can limit the template of a certificate and not its names. So the name stands in the function, which
        refuses a request for any other, and tasks of a service may call its own function alone.

        Sources: https://docs.aws.amazon.com/privateca/latest/userguide/UsingTemplates.html ,
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsprivatecertificateauthority.html
        """
        kind = f"{TEMPLATES}/EndEntityCertificate_APIPassthrough/V1"
        only = Condition(StringEquals("acm-pca:TemplateArn", Sub(kind)))
        program = Program(
            title="Signer",
            name="sign",
            purpose=f"Issues certificates that say {self.name}, whatever a request says.",
            environment={
                "AUTHORITY": self.authority.arn,
                "IDENTITY": self.name,
                "TEMPLATE": Sub(kind),
                "DAYS": str(self.on.mesh.certificate_days),
            },
            statements=(
                allow("IssueCertificates", [acm_pca.IssueCertificate], [self.authority.arn], only),
                allow("FetchCertificates", [acm_pca.GetCertificate], [self.authority.arn]),
            ),
        )
        return Functions(self.on.roles, self.on.log_groups, self.on.alarms).add(template, program)

    def policy(self, signer: functions.Function) -> iam.Policy:
        """What its tasks may do: ask the signer of the service, and no other."""
        ask = allow("AskItsOwnSigner", [awslambda.InvokeFunction], [signer.get_att("Arn")])
        return iam.Policy(PolicyName="certificates", PolicyDocument=document(ask))

    def alarm(self, tasks: Text) -> cloudwatch.Alarm:
        """Tells of tasks whose certificate was not renewed in time, or whose agent says nothing at all.

        Every agent reports once a minute, as long as its certificate is fresh; days are left when one is not. Of many
        reports a few may be late.
        """
        quarter = {"Period": 900}
        running = metric(
            "ECS/ContainerInsights",
            "RunningTaskCount",
            {"ClusterName": self.on.cluster.name, "ServiceName": tasks},
            "Average",
        )
        fresh = metric(self.on.metrics_namespace, "FreshCertificates", {"Service": Text(self.config.name)}, "Sum")
        days = self.on.mesh.certificate_days * (1 - STALE)
        return self.on.alarms.alarm(
            "StaleCertificates",
            f"Tasks of {self.config.name} have not renewed their certificates; they expire in {days:g} days or less.",
            computed("0.98 * running - FILL(fresh, 0) / 15", running=running | quarter, fresh=fresh | quarter),
            Threshold("GreaterThanOrEqualToThreshold", 0.5, minutes=45),
        )

    def agent(self, signer: functions.Function) -> Container:
        """It runs as root without any capability, since a volume belongs to root; it can do nothing else with that.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
        """
        days = self.on.mesh.certificate_days
        invoke = "https://lambda.${AWS::Region}.${AWS::URLSuffix}/2015-03-31/functions"
        current = f"{CERTIFICATES}/current/certificate.pem"
        return Container(
            name=CONTAINERS[AGENT],
            config=ContainerSettings(),
            user="0:0",
            image=self.on.images.beside(AGENT),
            command=program.command(),
            variables={
                "SIGNER_URL": Sub(f"{invoke}/{Text(signer.ref())}/invocations"),
                "DIRECTORY": CERTIFICATES,
                "SERVICE_NAME": self.config.name,
                "METRICS_NAMESPACE": self.on.metrics_namespace,
                "RENEW_AFTER": str(round(days * DAY * self.renewed)),
                "STALE_AFTER": str(round(days * DAY * STALE)),
                "ENVOY_ADMIN": f"http://127.0.0.1:{self.admin}",
            },
            health=health_check(ContainerCheck(interval=5, timeout=3, start=60), ["CMD", "test", "-s", current]),
            essential=False,
            writes={VOLUME: CERTIFICATES},
            restarts=True,
            sessions=False,
        )
