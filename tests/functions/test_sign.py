"""What the signer asks of the authority, and what it refuses; the calls are checked against AWS's own model."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.stub import Stubber
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.functions.cluster import load

AUTHORITY = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012"
CERTIFICATE = f"{AUTHORITY}/certificate/286535153982981100925020015808220737245"
TEMPLATE = "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1"
ENVIRONMENT = {
    "AUTHORITY": AUTHORITY,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_SECRET_ACCESS_KEY": "test",
    "DAYS": "7",
    "IDENTITY": "spiffe://shop-prod/payment",
    "TEMPLATE": TEMPLATE,
}
HEAD, FOOT = "-----BEGIN CERTIFICATE REQUEST-----\n", "-----END CERTIFICATE REQUEST-----\n"


def csr(*names: str) -> bytes:
    """A request in DER, which may ask for names."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "payment")])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        wanted = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name) for name in names])
        made = made.add_extension(wanted, critical=False)
    return made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)


def pem(der: bytes, before: str = "") -> str:
    """The same in PEM."""
    return f"{HEAD}{before}{base64.encodebytes(der).decode()}{FOOT}"


REQUEST = pem(csr())
WHICH = {"CertificateAuthorityArn": AUTHORITY, "CertificateArn": CERTIFICATE}
ASKED = {
    "CertificateAuthorityArn": AUTHORITY,
    "TemplateArn": TEMPLATE,
    "Csr": REQUEST.encode(),
    "ApiPassthrough": {
        "Subject": {"CommonName": "payment"},
        "Extensions": {"SubjectAlternativeNames": [{"UniformResourceIdentifier": "spiffe://shop-prod/payment"}]},
    },
    "SigningAlgorithm": "SHA256WITHECDSA",
    "Validity": {"Type": "DAYS", "Value": 7},
}
PEMS = {"Certificate": "the certificate", "CertificateChain": "the chain"}


@pytest.fixture(scope="module")
def loaded() -> ModuleType:
    """The function, in this process."""
    return load("sign", ENVIRONMENT)


@pytest.fixture
def authority(loaded: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What the authority answers, call by call; each must be as expected, and all must be made."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with Stubber(loaded.PCA) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_whatever_a_request_says_the_identity_is_the_service_s_own(
    loaded: ModuleType, authority: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    authority.add_response("issue_certificate", {"CertificateArn": CERTIFICATE}, ASKED)
    authority.add_client_error("get_certificate", "RequestInProgressException", expected_params=WHICH)
    authority.add_client_error("get_certificate", "RequestInProgressException", expected_params=WHICH)
    authority.add_response("get_certificate", PEMS, WHICH)  # to the waiter
    authority.add_response("get_certificate", PEMS, WHICH)
    answer = loaded.handler({"request": REQUEST, "identity": "spiffe://shop-prod/order", "DAYS": 365}, None)
    assert answer == {"certificate": "the certificate", "authority": "the chain"}
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("spiffe://shop-prod/payment: certificate 286535153982981100925020015808220737245 until 2")


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param({}, "no request", id="nothing"),
        pytest.param({"request": None}, "no request", id="null"),
        pytest.param({"request": [REQUEST]}, "no request", id="a list"),
        pytest.param({"request": ""}, "not one certificate request", id="empty"),
        pytest.param({"request": "PEM"}, "not one certificate request", id="text"),
        pytest.param({"request": pem(csr("spiffe://shop-prod/web"))}, "not its to choose", id="a name"),
        pytest.param({"request": pem(csr("spiffe://shop-prod/payment"))}, "not its to choose", id="its own name"),
        pytest.param({"request": pem(csr(), before="QUE=\n")}, "in DER", id="something before"),
        pytest.param({"request": pem(csr() + b"0")}, "in DER", id="something behind"),
        pytest.param({"request": pem(csr()[:-1])}, "in DER", id="cut"),
        pytest.param({"request": pem(b"\x30\x81\x03\x02\x01\x00")}, "in DER", id="a long length"),
        pytest.param({"request": pem(b"\x30\x80\x02\x01\x00\x00\x00")}, "in DER", id="no length"),
        pytest.param({"request": REQUEST + REQUEST}, "not one certificate request", id="two"),
        pytest.param({"request": REQUEST + "more"}, "not one certificate request", id="more behind"),
        pytest.param({"request": "more" + REQUEST}, "not one certificate request", id="more before"),
        pytest.param({"request": REQUEST.replace(" REQUEST", "")}, "not one certificate request", id="a certificate"),
        pytest.param({"request": REQUEST.replace("M", "é", 1)}, "not one certificate request", id="no base64"),
        pytest.param({"request": HEAD + "M" * 8192 + FOOT}, "may have 8192", id="too long"),
    ],
)
def test_it_refuses_what_is_not_one_request(
    loaded: ModuleType, authority: Any, event: dict[str, Any], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        loaded.handler(event, None)
    assert not capsys.readouterr().out


def test_a_request_may_be_as_long_as_the_limit(loaded: ModuleType) -> None:
    request = HEAD + "M" * (loaded.LARGEST - len(HEAD + FOOT)) + FOOT
    with pytest.raises(ValueError, match="in DER"):
        loaded.checked(request)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 400), value=st.integers(0, 255))
def test_whatever_is_changed_it_has_no_names_or_is_refused(loaded: ModuleType, at: int, value: int) -> None:
    der = bytearray(NAMED)
    der[at % len(der)] = value
    with pytest.raises(ValueError, match=r"in DER|not its to choose"):
        loaded.checked(pem(bytes(der)))


NAMED = csr("spiffe://shop-prod/web")


def test_what_the_authority_refuses_is_an_error(loaded: ModuleType, authority: Any) -> None:
    authority.add_client_error("issue_certificate", "MalformedCSRException", expected_params=ASKED)
    with pytest.raises(ClientError, match="MalformedCSRException"):
        loaded.handler({"request": REQUEST}, None)


def test_a_certificate_that_never_comes_is_an_error(loaded: ModuleType, authority: Any) -> None:
    authority.add_response("issue_certificate", {"CertificateArn": CERTIFICATE}, ASKED)
    for _ in range(20):
        authority.add_client_error("get_certificate", "RequestInProgressException", expected_params=WHICH)
    with pytest.raises(WaiterError, match="Max attempts"):
        loaded.handler({"request": REQUEST}, None)
