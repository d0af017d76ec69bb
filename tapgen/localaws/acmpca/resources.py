"""Certificate authorities in templates, and what makes them active.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ACMPCA.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.protocol import Fields
from tapgen.localaws.shapes import fit

_SERVICE = "acm-pca"
_CONFIGURATION = ("CsrExtensions", "KeyAlgorithm", "SigningAlgorithm", "Subject")


@provides("AWS::ACMPCA::CertificateAuthority")
class CertificateAuthority(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-acmpca-certificateauthority.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make one, which waits for its certificate."""
        given = wanted.properties | {"Tags": wanted.tags()}
        configuration = {name: given.pop(name) for name in _CONFIGURATION if name in given}
        properties = given | {"CertificateAuthorityConfiguration": configuration}
        own = fit(_SERVICE, "CreateCertificateAuthority", properties, Type="CertificateAuthorityType")
        arn = (await call(_SERVICE, "CreateCertificateAuthority", **own))["CertificateAuthorityArn"]
        wanted.born(arn)
        csr = (await call(_SERVICE, "GetCertificateAuthorityCsr", CertificateAuthorityArn=arn))["Csr"]
        return Made(arn, {"Arn": arn, "CertificateSigningRequest": csr})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Tag it otherwise, and let it revoke otherwise."""
        named = {"CertificateAuthorityArn": before.physical_id}
        tags = wanted.tags()
        before_tags = (await call(_SERVICE, "ListTags", **named)).get("Tags", [])
        if gone := [tag for tag in before_tags if tag not in tags]:
            await call(_SERVICE, "UntagCertificateAuthority", Tags=gone, **named)
        if tags:
            await call(_SERVICE, "TagCertificateAuthority", Tags=tags, **named)
        revocation = wanted.properties.get("RevocationConfiguration", {})
        if revocation != before.properties.get("RevocationConfiguration", {}):
            own = fit(_SERVICE, "UpdateCertificateAuthority", named | {"RevocationConfiguration": revocation})
            await call(_SERVICE, "UpdateCertificateAuthority", **own)
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Delete it, if it is not active any more."""
        await call(_SERVICE, "DeleteCertificateAuthority", CertificateAuthorityArn=resource.physical_id)


@provides("AWS::ACMPCA::Certificate")
class Certificate(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-acmpca-certificate.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Have a certificate issued."""
        own = fit(_SERVICE, "IssueCertificate", wanted.properties, CertificateSigningRequest="Csr")
        arn = (await call(_SERVICE, "IssueCertificate", **own))["CertificateArn"]
        named = {"CertificateAuthorityArn": own["CertificateAuthorityArn"], "CertificateArn": arn}
        found = await call(_SERVICE, "GetCertificate", **named)
        return Made(f"{arn}|{own['CertificateAuthorityArn']}", {"Arn": arn, "Certificate": found["Certificate"]})

    async def delete(self, resource: Resource) -> None:
        """Forget it: what was issued stays valid."""


@provides("AWS::ACMPCA::CertificateAuthorityActivation")
class Activation(Provider):
    """Its `Ref` is the ARN of the certificate authority.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-acmpca-certificateauthorityactivation.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Install the certificate, which makes the authority active."""
        return await self._bring(wanted, {})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Install another certificate, or make it active or not."""
        return await self._bring(wanted, before.properties)

    async def delete(self, resource: Resource) -> None:
        """Disable the authority."""
        await _make(resource.physical_id, "DISABLED")

    async def _bring(self, wanted: Wanted, before: Fields) -> Made:
        arn, status = wanted.properties["CertificateAuthorityArn"], wanted.properties.get("Status", "ACTIVE")
        certificates = {name: wanted.properties.get(name) for name in ("Certificate", "CertificateChain")}
        given = {name: text for name, text in certificates.items() if text}
        if any(before.get(name) != text for name, text in certificates.items()):
            await call(_SERVICE, "ImportCertificateAuthorityCertificate", CertificateAuthorityArn=arn, **given)
        await _make(arn, status)
        return Made(arn, {"CompleteCertificateChain": "\n".join(text.strip() for text in given.values())})


async def _make(arn: str, status: str) -> None:
    await call(_SERVICE, "UpdateCertificateAuthority", CertificateAuthorityArn=arn, Status=status)
