"""Certificate authorities, by themselves and in templates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tapgen.localaws import gaps
from tests.localaws.account import Account
from tests.localaws.acmpca.pki import CONFIGURATION, SIGNING, TEMPLATE, Authority
from tests.localaws.readback import properties


def get(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def template(days: int = 3650, status: str = "ACTIVE", **tags: str) -> dict[str, Any]:
    """A root, its certificate, and its activation."""
    listed = [{"Key": key, "Value": value} for key, value in ({"AmazonECSManaged": "true"} | tags).items()]
    authority = {"Ref": "Authority"}
    return {
        "Resources": {
            "Authority": {
                "Type": "AWS::ACMPCA::CertificateAuthority",
                "Properties": {
                    "Type": "ROOT",
                    "UsageMode": "SHORT_LIVED_CERTIFICATE",
                    "Tags": listed,
                    **CONFIGURATION,
                },
            },
            "Certificate": {
                "Type": "AWS::ACMPCA::Certificate",
                "Properties": {
                    "CertificateAuthorityArn": authority,
                    "CertificateSigningRequest": get("Authority", "CertificateSigningRequest"),
                    "SigningAlgorithm": SIGNING,
                    "TemplateArn": f"{TEMPLATE}RootCACertificate/V1",
                    "Validity": {"Type": "DAYS", "Value": days},
                },
            },
            "Activation": {
                "Type": "AWS::ACMPCA::CertificateAuthorityActivation",
                "Properties": {
                    "CertificateAuthorityArn": authority,
                    "Certificate": get("Certificate", "Certificate"),
                    "Status": status,
                },
            },
        },
        "Outputs": {
            "Arn": {"Value": get("Authority", "Arn")},
            "Active": {"Value": {"Ref": "Activation"}},
            "Certificate": {"Value": get("Certificate", "Arn")},
            "Chain": {"Value": get("Activation", "CompleteCertificateChain")},
        },
    }


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def described(account: Account, arn: str) -> dict[str, Any]:
    return dict(account("acm-pca").describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"])


def test_a_root_comes_up_changes_and_goes(account: Account) -> None:
    pca, said = account("acm-pca"), outputs(account.create("s", template(team="one")))
    arn = said["Arn"]
    assert said["Active"] == arn == account.physical_id("s", "Authority")
    found = described(account, arn)
    assert (found["Status"], found["UsageMode"]) == ("ACTIVE", "SHORT_LIVED_CERTIFICATE")
    issued = pca.get_certificate(CertificateAuthorityArn=arn, CertificateArn=said["Certificate"])
    assert issued["Certificate"] == said["Chain"]
    assert "CertificateChain" not in issued

    changed = outputs(account.update("s", template(days=365, status="DISABLED", team="two")))
    assert changed["Arn"] == arn
    assert changed["Certificate"] != said["Certificate"]
    tags = {tag["Key"]: tag["Value"] for tag in pca.list_tags(CertificateAuthorityArn=arn)["Tags"]}
    assert tags == {"AmazonECSManaged": "true", "team": "two"}
    found = described(account, arn)
    assert found["Status"] == "DISABLED"
    root = x509.load_pem_x509_certificate(changed["Chain"].encode())
    assert found["NotAfter"] == root.not_valid_after_utc

    account.update("s", template(days=365, team="two"))
    assert described(account, arn)["Status"] == "ACTIVE"
    assert account.delete("s")["StackStatus"] == "DELETE_COMPLETE"
    found = described(account, arn)
    assert found["Status"] == "DELETED"
    assert "RestorableUntil" in found


def test_every_property_is_kept(account: Account) -> None:
    account.create("s", f"---\n{json.dumps(template())}")
    read = list(properties(account, "s"))
    lost = [each for each in read if not each.kept and not gaps.known(each.kind, each.name)]
    assert len(read) > 10
    assert not lost, json.dumps([(each.kind, each.name, each.wanted, each.found) for each in lost], default=str)


def test_without_its_activation_an_authority_is_disabled(account: Account) -> None:
    said = outputs(account.create("s", template()))
    alone = {"Resources": {"Authority": template()["Resources"]["Authority"]}}
    account.update("s", alone)
    assert described(account, said["Arn"])["Status"] == "DISABLED"


def test_an_active_authority_is_not_deleted(account: Account) -> None:
    account.create("s", {"Resources": {"Authority": template()["Resources"]["Authority"]}})
    arn = account.physical_id("s", "Authority")
    authority = Authority.__new__(Authority)
    authority.pca, authority.arn = account("acm-pca"), arn
    authority.activate()
    with pytest.raises(authority.pca.exceptions.InvalidStateException):
        authority.pca.delete_certificate_authority(CertificateAuthorityArn=arn)
    assert account.delete("s")["StackStatus"] == "DELETE_FAILED"


@pytest.mark.parametrize(
    ("algorithm", "signing", "kind"),
    [
        ("EC_secp384r1", "SHA384WITHECDSA", ec.EllipticCurvePublicKey),
        ("RSA_2048", "SHA256WITHRSA", rsa.RSAPublicKey),
    ],
)
def test_keys(account: Account, algorithm: str, signing: str, kind: type) -> None:
    configuration = CONFIGURATION | {"KeyAlgorithm": algorithm, "SigningAlgorithm": signing}
    authority = Authority(account, CertificateAuthorityConfiguration=configuration)
    assert authority.csr == authority.csr
    root = authority.certificate(authority.csr, "RootCACertificate", SigningAlgorithm=signing)
    assert isinstance(root.public_key(), kind)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    root.verify_directly_issued_by(root)


def test_an_algorithm_that_the_key_cannot_do(account: Account) -> None:
    with pytest.raises(ClientError, match="is not one for the key algorithm"):
        Authority(account, CertificateAuthorityConfiguration=CONFIGURATION | {"KeyAlgorithm": "RSA_2048"})


def test_certificates_that_are_not_imported(account: Account) -> None:
    authority, other = Authority(account), Authority(account).activate()
    root = other.get(other.issue(other.csr, "RootCACertificate"))["Certificate"]
    errors = authority.pca.exceptions
    with pytest.raises(errors.CertificateMismatchException):
        authority.install(root)
    with pytest.raises(errors.MalformedCertificateException):
        authority.install("nothing")
    signed = other.get(other.issue(authority.csr, "SubordinateCACertificate_PathLen0"))
    with pytest.raises(errors.InvalidRequestException):
        authority.install(signed["Certificate"], CertificateChain=signed["CertificateChain"].encode())
    assert authority.status() == "PENDING_CERTIFICATE"
    with pytest.raises(errors.InvalidStateException):
        authority.status("ACTIVE")


def test_tags_of_nothing(account: Account) -> None:
    pca = account("acm-pca")
    with pytest.raises(pca.exceptions.ResourceNotFoundException):
        pca.list_tags(CertificateAuthorityArn="arn:aws:acm-pca:eu-west-1:111111111111:certificate-authority/none")
