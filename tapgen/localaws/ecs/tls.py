"""Service Connect with TLS: who signs the certificates of a service, and as whom ECS asks for them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.ecs.roles import find_role, lets_ecs_in
from tapgen.localaws.protocol import Fields, ServiceError

_MANAGED = {"Key": "AmazonECSManaged", "Value": "true"}


async def check_tls(mesh: Fields) -> None:
    """Whether ECS can have certificates issued, with the authority and the role that are named.

    AWS takes a service of which this is not so, and lets it hang, and its stack with it. Here it is refused at once:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html.

    Raises:
        ServiceError: it cannot.
    """
    for tls in (service["tls"] for service in mesh.get("services", []) if "tls" in service):
        await _authority(tls["issuerCertificateAuthority"].get("awsPcaAuthorityArn", ""))
        await _role(tls.get("roleArn", ""))
        if key := tls.get("kmsKey"):
            await call("kms", "DescribeKey", KeyId=key)


async def _authority(arn: str) -> None:
    """It must be there, be active, and have the tag that the role's managed policy asks for.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity.html
    """
    try:
        found = await call("acm-pca", "DescribeCertificateAuthority", CertificateAuthorityArn=arn)
        tags = (await call("acm-pca", "ListTags", CertificateAuthorityArn=arn)).get("Tags", [])
    except ServiceError as error:
        raise _refusal(f"The certificate authority {arn} does not exist.") from error
    if found["CertificateAuthority"]["Status"] != "ACTIVE":
        raise _refusal(f"The certificate authority {arn} is not ACTIVE.")
    if _MANAGED not in tags:
        raise _refusal(f"The certificate authority {arn} does not have the tag AmazonECSManaged with the value true.")


async def _role(arn: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html."""
    role = await find_role(arn)
    if not role:
        raise _refusal(f"The role {arn} of Service Connect TLS does not exist.")
    if not lets_ecs_in(role):
        raise _refusal(f"Amazon ECS may not assume the role {arn} of Service Connect TLS.")


def _refusal(text: str) -> ServiceError:
    return ServiceError("InvalidParameterException", text)
