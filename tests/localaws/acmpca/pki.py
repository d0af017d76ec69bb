"""What tests do with certificate authorities: make one, ask it for certificates, and read those."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.localaws.account import Account

TEMPLATE = "arn:aws:acm-pca:::template/"
SIGNING = "SHA256WITHECDSA"
CONFIGURATION = {
    "KeyAlgorithm": "EC_prime256v1",
    "SigningAlgorithm": SIGNING,
    "Subject": {"CommonName": "shop", "Locality": "Bern"},
}


def request(common_name: str = "", *names: x509.GeneralName) -> str:
    """A signing request of a new key."""
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder(x509.Name(subject))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    csr = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


class Authority:
    """A certificate authority, pending until it is activated."""

    def __init__(self, account: Account, **more: Any) -> None:
        self.pca = account("acm-pca")
        made = self.pca.create_certificate_authority(
            **{"CertificateAuthorityConfiguration": CONFIGURATION, "CertificateAuthorityType": "ROOT"} | more
        )
        self.arn = made["CertificateAuthorityArn"]

    @property
    def csr(self) -> str:
        """Its own signing request."""
        return str(self.pca.get_certificate_authority_csr(CertificateAuthorityArn=self.arn)["Csr"])

    def issue(self, csr: str, template: str = "EndEntityCertificate", days: int = 1, **more: Any) -> str:
        """The ARN of a new certificate."""
        given = {
            "CertificateAuthorityArn": self.arn,
            "Csr": csr.encode(),
            "SigningAlgorithm": SIGNING,
            "TemplateArn": f"{TEMPLATE}{template}/V1",
            "Validity": {"Type": "DAYS", "Value": days},
        }
        return str(self.pca.issue_certificate(**given | more)["CertificateArn"])

    def get(self, arn: str) -> dict[str, str]:
        """A certificate and its chain."""
        return dict(self.pca.get_certificate(CertificateAuthorityArn=self.arn, CertificateArn=arn))

    def certificate(self, *args: Any, **more: Any) -> x509.Certificate:
        """A new certificate."""
        return x509.load_pem_x509_certificate(self.get(self.issue(*args, **more))["Certificate"].encode())

    def activate(self, days: int = 3650) -> Authority:
        """Install a root certificate."""
        root = self.get(self.issue(self.csr, "RootCACertificate", days))
        self.install(root["Certificate"])
        return self

    def install(self, certificate: str, **more: Any) -> None:
        """Import a certificate of its own."""
        self.pca.import_certificate_authority_certificate(
            CertificateAuthorityArn=self.arn, Certificate=certificate.encode(), **more
        )

    def status(self, status: str | None = None) -> str:
        """Its status; made another before, if one is given."""
        if status:
            self.pca.update_certificate_authority(CertificateAuthorityArn=self.arn, Status=status)
        return str(self.described()["Status"])

    def described(self) -> dict[str, Any]:
        """What the API says of it."""
        found = self.pca.describe_certificate_authority(CertificateAuthorityArn=self.arn)
        return dict(found["CertificateAuthority"])


def names(certificate: x509.Certificate) -> list[str]:
    """The other names that a certificate is for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(each.value) for each in found]
