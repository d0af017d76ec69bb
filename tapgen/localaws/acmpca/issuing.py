"""Issuing certificates, by the templates that say what is in them.

https://docs.aws.amazon.com/privateca/latest/userguide/template-definitions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tapgen.localaws.acmpca import validity
from tapgen.localaws.acmpca.authorities import chain, digest, find, in_state
from tapgen.localaws.acmpca.names import alternative, distinguished
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

if TYPE_CHECKING:
    from moto.acmpca.models import CertificateAuthority

_SHORT = timedelta(days=7)
_TEMPLATE = re.compile(r"arn:aws[a-z-]*:acm-pca:::template/(?P<name>[^/]+?)(?P<api>_APIPassthrough)?/V1")
_ROOT = "RootCACertificate"
_PATH_LENGTHS = {_ROOT: None, **{f"SubordinateCACertificate_PathLen{length}": length for length in range(4)}}
_PURPOSES = {
    "EndEntityCertificate": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    "EndEntityClientAuthCertificate": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "EndEntityServerAuthCertificate": (ExtendedKeyUsageOID.SERVER_AUTH,),
}
_DEFAULT = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"


@dataclass(frozen=True)
class _Subject:
    """Whom a certificate is for.

    Names given in the API come before those of the request, if the template lets them through; otherwise they are
    ignored: https://docs.aws.amazon.com/privateca/latest/userguide/template-order-of-operations.html.
    """

    name: x509.Name
    others: x509.SubjectAlternativeName | None

    @classmethod
    def of(cls, csr: x509.CertificateSigningRequest, passed: Fields) -> _Subject:
        given = passed.get("Extensions", {}).get("SubjectAlternativeNames")
        return cls(
            distinguished(passed["Subject"]) if passed.get("Subject") else csr.subject,
            alternative(given) if given else _alternative(csr),
        )


@operation("acm-pca", "IssueCertificate")
async def issue_certificate(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html."""
    authority, csr = find(request["CertificateAuthorityArn"]), _request(request["Csr"])
    template = _TEMPLATE.fullmatch(request.get("TemplateArn", _DEFAULT))
    name = template["name"] if template else ""
    if not template or name not in _PATH_LENGTHS | _PURPOSES:
        raise ServiceError("InvalidArgsException", f"The template is invalid: {request['TemplateArn']}")
    if name == _ROOT and csr.public_key() != authority.key.public_key():
        raise ServiceError("InvalidArgsException", "A root certificate is for the key of its certificate authority.")
    in_state(authority, "ACTIVE", *(("PENDING_CERTIFICATE",) if name == _ROOT else ()))
    algorithm = digest(request["SigningAlgorithm"], authority.certificate_authority_configuration["KeyAlgorithm"])
    now = datetime.now(UTC)
    ends = validity.end(request["Validity"], now)
    _refuse_longer(authority, name, ends, now)
    subject = _Subject.of(csr, request.get("ApiPassthrough", {}) if template["api"] else {})
    serial = uuid4()
    builder = x509.CertificateBuilder(
        subject.name if name == _ROOT or not authority.certificate else authority.certificate.subject,
        subject.name,
        csr.public_key(),
        serial.int,
        validity.start(request.get("ValidityNotBefore"), now),
        ends,
    )
    for extension, critical in _extensions(name, csr, authority):
        builder = builder.add_extension(extension, critical=critical)
    if subject.others:
        builder = builder.add_extension(subject.others, critical=not list(subject.name))
    arn = f"{authority.arn}/certificate/{serial.hex}"
    authority.issued_certificates[arn] = builder.sign(authority.key, algorithm).public_bytes(Encoding.PEM)  # type: ignore[arg-type]
    above = "" if name == _ROOT else f"{authority.certificate_bytes.decode().strip()}\n{chain(authority)}"
    authority.issued_certificates_certificate_chains[arn] = above.strip().encode()
    return {"CertificateArn": arn}


@operation("acm-pca", "GetCertificate")
async def get_certificate(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_GetCertificate.html."""
    authority, arn = find(request["CertificateAuthorityArn"]), request["CertificateArn"]
    if arn not in authority.issued_certificates:
        raise ServiceError("ResourceNotFoundException", f"Could not find certificate {arn}.")
    above = authority.issued_certificates_certificate_chains[arn].decode()
    found = {"Certificate": authority.issued_certificates[arn].decode().strip()}
    return found | ({"CertificateChain": above} if above else {})


def _request(pem: bytes) -> x509.CertificateSigningRequest:
    """A signing request; one without any name is refused, whatever the API says beside it."""
    try:
        csr = x509.load_pem_x509_csr(pem)
        sound = csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ServiceError("MalformedCSRException", str(error)) from error
    if not sound or not (list(csr.subject) or _alternative(csr)):
        raise ServiceError("MalformedCSRException", "A CSR must be signed and provide a name.")
    return csr


def _alternative(csr: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName | None:
    try:
        return csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _refuse_longer(authority: CertificateAuthority, template: str, ends: datetime, now: datetime) -> None:
    """No certificate outlives that of its authority, nor seven days where the authority is for short-lived ones.

    https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html; the code of the error:
    https://docs.aws.amazon.com/acm/latest/userguide/exceptions.html#private-certificate-exceptions
    """
    if template in _PURPOSES and authority.usage_mode == "SHORT_LIVED_CERTIFICATE" and ends > now + _SHORT:
        raise ServiceError("ValidationException", "A short-lived certificate cannot be valid for more than 7 days.")
    if template != _ROOT and authority.certificate and ends > authority.certificate.not_valid_after_utc:
        text = "The certificate validity specified exceeds the certificate authority validity"
        raise ServiceError("ValidationException", text)


def _extensions(
    template: str, csr: x509.CertificateSigningRequest, authority: CertificateAuthority
) -> list[tuple[x509.ExtensionType, bool]]:
    """What a template says beside the names, and whether it is critical."""
    ca = template in _PATH_LENGTHS
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=_PATH_LENGTHS.get(template)), ca),
        (x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False),
        (_usage(ca=ca), True),
    ]
    if template != _ROOT:
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False))
    if not ca:
        found.append((x509.ExtendedKeyUsage(_PURPOSES[template]), False))
    return found


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
