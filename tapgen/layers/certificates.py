"""Certificates: the private authority that says which service is which."""

from __future__ import annotations

from dataclasses import dataclass

from awacs import kms
from troposphere import Sub, Tags, Template, iam
from troposphere import acmpca as pca

from tapgen.kinds import Text
from tapgen.mesh.service_connect import Authority
from tapgen.parts.arns import SERVICE_CONNECT_POLICY
from tapgen.parts.context import arch, why
from tapgen.parts.policies import allow, document, trust_whatever_for
from tapgen.parts.roles import Roles

TEMPLATES = "arn:${AWS::Partition}:acm-pca:::template"
"""Source: https://docs.aws.amazon.com/privateca/latest/userguide/UsingTemplates.html"""

MANAGED = "AmazonECSManaged"
"""The tag without which ECS may issue nothing, and a service waits for ever.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
"""


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """A certificate authority of the environment's own, whose certificates are valid for seven days at most.

    Sources: https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """

    name: str
    key_arn: Text | None
    """What encrypts the keys that ECS makes for its proxies; None where ECS makes none."""
    roles: Roles

    @dataclass(frozen=True)
    class Outputs:
        authority: Authority

    def build(self, template: Template) -> Outputs:
        template.set_description("Certificates: the private authority that says which service is which.")
        arch(template, "One root authority for the environment, trusted by its services alone; deleted after them.")
        authority = template.add_resource(self._authority())
        certificate = template.add_resource(_root_certificate(authority))
        template.add_resource(
            pca.CertificateAuthorityActivation(
                "Activation",
                CertificateAuthorityArn=authority.ref(),
                Certificate=certificate.get_att("Certificate"),
                Status="ACTIVE",
            )
        )
        role = template.add_resource(self._role(self.key_arn)) if self.key_arn else None
        return self.Outputs(Authority(Text(authority.ref()), self.key_arn, Text(role.get_att("Arn")) if role else None))

    def _authority(self) -> pca.CertificateAuthority:
        return pca.CertificateAuthority(
            "Authority",
            Metadata=why(
                "The root of trust: whoever may issue here can be taken for any service.",
                f"The tag {MANAGED} must stay, or Service Connect gets no certificates.",
                mutable="must-never-change",
            ),
            Type="ROOT",
            UsageMode="SHORT_LIVED_CERTIFICATE",
            KeyAlgorithm="EC_prime256v1",
            SigningAlgorithm="SHA256WITHECDSA",
            Subject=pca.Subject(CommonName=f"{self.name} services"),
            Tags=Tags(**{MANAGED: "true"}),
        )

    def _role(self, key_arn: Text) -> iam.Role:
        """AWS's own policy for it, and the use of the key, which that policy leaves to us; nobody else may have it.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
        """
        use = [kms.Encrypt, kms.Decrypt, kms.GenerateDataKey, kms.GenerateDataKeyPair]
        role = self.roles.role(
            "ServiceConnectRole",
            "ECS issues and renews the certificates of its proxies with it.",
            trust_whatever_for("ecs.amazonaws.com"),
            iam.Policy(PolicyName="encrypt-keys", PolicyDocument=document(allow("EncryptKeys", use, [key_arn]))),
        )
        role.ManagedPolicyArns = [SERVICE_CONNECT_POLICY]
        return role


def _root_certificate(authority: pca.CertificateAuthority) -> pca.Certificate:
    return pca.Certificate(
        "RootCertificate",
        Metadata=why("The authority signs itself.", mutable="must-never-change"),
        CertificateAuthorityArn=authority.ref(),
        CertificateSigningRequest=authority.get_att("CertificateSigningRequest"),
        SigningAlgorithm="SHA256WITHECDSA",
        TemplateArn=Sub(f"{TEMPLATES}/RootCACertificate/V1"),
        Validity=pca.Validity(Type="YEARS", Value=10),
    )
