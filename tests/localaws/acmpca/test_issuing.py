"""Certificates say what their template, the API and the request say, in this order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from tapgen.localaws.acmpca import validity
from tests.localaws.account import Account
from tests.localaws.acmpca.pki import Authority, names, request

CSR = ("its-own", x509.DNSName("own.example.com"))
GIVEN = {
    "Subject": {"CommonName": "api", "Organization": "Shop"},
    "Extensions": {
        "SubjectAlternativeNames": [{"UniformResourceIdentifier": "spiffe://shop/api"}, {"DnsName": "api.shop"}]
    },
}


@pytest.fixture
def authority(account: Account) -> Authority:
    return Authority(account).activate()


def refused(code: str, authority: Authority, *args: Any, **more: Any) -> str:
    with pytest.raises(ClientError) as error:
        authority.issue(*args, **more)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value.response["Error"]["Message"])


def test_names_of_the_api_come_before_those_of_the_request(authority: Authority) -> None:
    found = authority.certificate(request(*CSR), "EndEntityCertificate_APIPassthrough", ApiPassthrough=GIVEN)
    assert found.subject.rfc4514_string() == "CN=api,O=Shop"
    assert names(found) == ["spiffe://shop/api", "api.shop"]


def test_what_the_api_leaves_out_is_that_of_the_request(authority: Authority) -> None:
    found = authority.certificate(
        request(*CSR), "EndEntityCertificate_APIPassthrough", ApiPassthrough={"Extensions": GIVEN["Extensions"]}
    )
    assert found.subject.rfc4514_string() == "CN=its-own"
    assert names(found) == ["spiffe://shop/api", "api.shop"]


@pytest.mark.parametrize("more", [{}, {"ApiPassthrough": GIVEN}])
def test_other_templates_let_nothing_of_the_api_through(authority: Authority, more: dict[str, Any]) -> None:
    found = authority.certificate(request(*CSR), **more)
    assert found.subject.rfc4514_string() == "CN=its-own"
    assert names(found) == ["own.example.com"]


def test_a_certificate_is_for_servers_and_clients_and_no_authority(authority: Authority) -> None:
    found = authority.certificate(request(*CSR)).extensions
    purposes = found.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = found.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.key_encipherment, usage.value.key_cert_sign) == (
        True,
        True,
        False,
    )


def test_it_is_verified_by_its_chain(authority: Authority) -> None:
    got = authority.get(authority.issue(request(*CSR)))
    leaf, root = (x509.load_pem_x509_certificate(got[name].encode()) for name in ("Certificate", "CertificateChain"))
    verifier = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName("own.example.com"))
    assert verifier.verify(leaf, []) == [leaf, root]
    assert isinstance(root.public_key(), ec.EllipticCurvePublicKey)
    assert root.subject.rfc4514_string() == "CN=shop,L=Bern"
    own = authority.pca.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)
    assert own["Certificate"] == got["CertificateChain"]
    assert "CertificateChain" not in own


def test_an_authority_below_another_is_in_the_chain(account: Account, authority: Authority) -> None:
    below = Authority(account, CertificateAuthorityType="SUBORDINATE")
    signed = authority.get(authority.issue(below.csr, "SubordinateCACertificate_PathLen0"))
    with pytest.raises(ClientError, match="must have a certificate chain"):
        below.install(signed["Certificate"])
    below.install(signed["Certificate"], CertificateChain=signed["CertificateChain"].encode())
    leaf = below.get(below.issue(request(*CSR), Validity={"Type": "ABSOLUTE", "Value": in_seconds(60)}))
    assert leaf["CertificateChain"] == f"{signed['Certificate']}\n{signed['CertificateChain']}"


def in_seconds(seconds: int) -> int:
    return int(datetime.now(UTC).timestamp()) + seconds


@pytest.mark.parametrize("kind", ["ABSOLUTE", "END_DATE", "DAYS"])
def test_it_ends_when_it_is_said_to(authority: Authority, kind: str) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    values = {"ABSOLUTE": int(end.timestamp()), "END_DATE": int(end.strftime("%y%m%d%H%M%S")), "DAYS": 2}
    found = authority.certificate(request(*CSR), Validity={"Type": kind, "Value": values[kind]})
    assert abs(found.not_valid_after_utc - end) < timedelta(seconds=30)
    assert found.not_valid_before_utc < datetime.now(UTC) - timedelta(minutes=59)


NOW = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "end"),
    [
        ("END_DATE", 491231235959, "2049-12-31T23:59:59"),
        ("END_DATE", 20491231235959, "2049-12-31T23:59:59"),
        ("ABSOLUTE", 2524608000, "2050-01-01T00:00:00"),
        ("MONTHS", 1, "2024-02-29T12:00:00"),
        ("MONTHS", 11, "2024-12-31T12:00:00"),
        ("YEARS", 1, "2025-01-31T12:00:00"),
    ],
)
def test_ends(kind: str, value: int, end: str) -> None:
    assert validity.end({"Type": kind, "Value": value}, NOW).isoformat() == f"{end}+00:00"


def test_validities_that_are_refused(authority: Authority) -> None:
    csr = request(*CSR)
    text = refused("ValidationException", authority, csr, days=3651)
    assert text == "The certificate validity specified exceeds the certificate authority validity"
    for kind, value in (("ABSOLUTE", in_seconds(-5)), ("END_DATE", 991231), ("EPOCHS", 1)):
        refused("InvalidArgsException", authority, csr, Validity={"Type": kind, "Value": value})
    refused("InvalidArgsException", authority, csr, ValidityNotBefore={"Type": "DAYS", "Value": 1})


def test_short_lived_certificates(account: Account) -> None:
    authority = Authority(account, UsageMode="SHORT_LIVED_CERTIFICATE").activate(days=3650)
    assert authority.described()["UsageMode"] == "SHORT_LIVED_CERTIFICATE"
    authority.issue(request(*CSR), days=7)
    assert "7 days" in refused("ValidationException", authority, request(*CSR), days=8)


def test_requests_that_are_refused(authority: Authority) -> None:
    refused("MalformedCSRException", authority, "nothing")
    refused("MalformedCSRException", authority, request())
    refused("InvalidArgsException", authority, request(*CSR), "Nothing")
    refused("InvalidArgsException", authority, request(*CSR), "RootCACertificate")
    refused("InvalidArgsException", authority, request(*CSR), SigningAlgorithm="SHA256WITHRSA")
    refused("ResourceNotFoundException", authority, request(*CSR), CertificateAuthorityArn=f"{authority.arn[:-1]}x")
    with pytest.raises(authority.pca.exceptions.ResourceNotFoundException):
        authority.get(f"{authority.arn}/certificate/0")


@pytest.mark.parametrize(
    "passed",
    [
        {"Subject": {"Country": "Switzerland"}},
        {"Subject": {"CommonName": "a", "CustomAttributes": [{"ObjectIdentifier": "2.5.4.3", "Value": "b"}]}},
        {"Extensions": {"SubjectAlternativeNames": [{"DnsName": "a", "Rfc822Name": "a@example.com"}]}},
        {"Extensions": {"SubjectAlternativeNames": [{"DnsName": "ä"}]}},
    ],
)
def test_names_that_are_refused(authority: Authority, passed: dict[str, Any]) -> None:
    refused(
        "InvalidArgsException",
        authority,
        request(*CSR),
        "EndEntityCertificate_APIPassthrough",
        ApiPassthrough=passed,
    )


def test_only_an_active_authority_issues(account: Account) -> None:
    authority = Authority(account)
    refused("InvalidStateException", authority, request(*CSR))
    assert authority.activate().status("DISABLED") == "DISABLED"
    refused("InvalidStateException", authority, request(*CSR))
    assert authority.status("ACTIVE") == "ACTIVE"
    authority.issue(request(*CSR))
