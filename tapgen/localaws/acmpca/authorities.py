"""Certificate authorities: their keys, what state they are in, and what may be done to them then.

https://docs.aws.amazon.com/privateca/latest/userguide/PcaCreateCa.html
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tapgen.localaws import moto_services
from tapgen.localaws.acmpca.names import distinguished
from tapgen.localaws.kept import keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

if TYPE_CHECKING:
    from moto.acmpca.models import CertificateAuthority

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_KEYS: dict[str, Callable[[], Key]] = {
    "RSA_2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA_3072": lambda: rsa.generate_private_key(65537, 3072),
    "RSA_4096": lambda: rsa.generate_private_key(65537, 4096),
    "EC_prime256v1": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC_secp384r1": lambda: ec.generate_private_key(ec.SECP384R1()),
    "EC_secp521r1": lambda: ec.generate_private_key(ec.SECP521R1()),
}
_SIGNING: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    f"{name}WITH{signing}": (family, algorithm)
    for name, algorithm in (("SHA256", hashes.SHA256()), ("SHA384", hashes.SHA384()), ("SHA512", hashes.SHA512()))
    for signing, family in (("RSA", "RSA"), ("ECDSA", "EC"))
}


def find(arn: str) -> CertificateAuthority:
    """A certificate authority.

    Raises:
        ServiceError: there is none of that ARN.
    """
    found = moto_services.authority(arn)
    if not found:
        raise ServiceError("ResourceNotFoundException", f"Could not find certificate authority {arn}.")
    return found


def in_state(authority: CertificateAuthority, *states: str) -> None:
    """Go on with an authority in one of these states.

    Raises:
        ServiceError: it is in another.
    """
    if authority.status not in states:
        text = f"The certificate authority {authority.arn} is not in a valid state: {authority.status}"
        raise ServiceError("InvalidStateException", text)


def digest(signing: str, key: str) -> hashes.HashAlgorithm:
    """What a signature is made over, by an algorithm that the key can do.

    Raises:
        ServiceError: it cannot.
    """
    family, algorithm = _SIGNING.get(signing, ("", hashes.SHA256()))
    if family != key.partition("_")[0] or key not in _KEYS:
        text = f"The signing algorithm {signing} is not one for the key algorithm {key}."
        raise ServiceError("InvalidArgsException", text)
    return algorithm


def chain(authority: CertificateAuthority) -> str:
    """The certificates of those above an authority; nobody is above a root."""
    return base64.b64decode(authority.certificate_chain or b"").decode()


@operation("acm-pca", "CreateCertificateAuthority")
async def create_certificate_authority(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_CreateCertificateAuthority.html."""
    wanted = request["CertificateAuthorityConfiguration"]
    algorithm = digest(wanted["SigningAlgorithm"], wanted["KeyAlgorithm"])
    subject = distinguished(wanted["Subject"])
    made = await proceed(request)
    authority = find(made["CertificateAuthorityArn"])
    authority.usage_mode = request.get("UsageMode", "GENERAL_PURPOSE")
    key = await asyncio.to_thread(_KEYS[wanted["KeyAlgorithm"]])
    authority.private_bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(authority.password),
    )
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    builder = x509.CertificateSigningRequestBuilder(subject).add_extension(constraints, critical=True)
    csr = builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)  # type: ignore[arg-type]
    keep(authority.arn, Csr=csr.decode().strip())
    return made


@operation("acm-pca", "GetCertificateAuthorityCsr")
async def get_certificate_authority_csr(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_GetCertificateAuthorityCsr.html."""
    return {"Csr": kept(find(request["CertificateAuthorityArn"]).arn)["Csr"]}


@operation("acm-pca", "DescribeCertificateAuthority")
async def describe_certificate_authority(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_DescribeCertificateAuthority.html."""
    found = (await proceed(request))["CertificateAuthority"]
    more = {name: value for name, value in kept(found["Arn"]).items() if name != "Csr"}
    return {"CertificateAuthority": found | more}


@operation("acm-pca", "ImportCertificateAuthorityCertificate")
async def import_certificate(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_ImportCertificateAuthorityCertificate.html."""
    authority = find(request["CertificateAuthorityArn"])
    in_state(authority, "PENDING_CERTIFICATE", "ACTIVE", "DISABLED", "EXPIRED")
    try:
        certificate = x509.load_pem_x509_certificate(request["Certificate"])
    except ValueError as error:
        raise ServiceError("MalformedCertificateException", str(error)) from error
    if certificate.public_key() != authority.key.public_key():
        text = "The certificate is not one for the key of the certificate authority."
        raise ServiceError("CertificateMismatchException", text)
    root = authority.certificate_authority_type == "ROOT"
    if root != _self_signed(certificate):
        text = "Only a self-signed certificate can be imported as a root CA, and as no other."
        raise ServiceError("InvalidRequestException", text)
    if root == bool(request.get("CertificateChain")):
        raise ServiceError("InvalidRequestException", "A subordinate CA must have a certificate chain, a root CA none.")
    return await proceed(request)


def _self_signed(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


@operation("acm-pca", "UpdateCertificateAuthority")
async def update_certificate_authority(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_UpdateCertificateAuthority.html."""
    in_state(find(request["CertificateAuthorityArn"]), "ACTIVE", "DISABLED")
    if request.get("Status", "ACTIVE") not in ("ACTIVE", "DISABLED"):
        raise ServiceError("InvalidArgsException", "A certificate authority can be made ACTIVE or DISABLED.")
    return await proceed(request)


@operation("acm-pca", "DeleteCertificateAuthority")
async def delete_certificate_authority(request: Fields, proceed: Proceed) -> Fields:
    """An active one must be disabled first.

    https://docs.aws.amazon.com/privateca/latest/APIReference/API_DeleteCertificateAuthority.html
    """
    authority = find(request["CertificateAuthorityArn"])
    in_state(authority, "PENDING_CERTIFICATE", "CREATING", "EXPIRED", "DISABLED", "FAILED")
    answered = await proceed(request)
    days = timedelta(days=request.get("PermanentDeletionTimeInDays", 30))
    keep(authority.arn, RestorableUntil=datetime.now(UTC) + days)
    return answered


@operation("acm-pca", "ListTags", "TagCertificateAuthority", "UntagCertificateAuthority")
async def tags(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_TagCertificateAuthority.html."""
    find(request["CertificateAuthorityArn"])
    return await proceed(request)
