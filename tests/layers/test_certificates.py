"""The authority of an environment, and what ECS may do with it where it gets certificates itself."""

from __future__ import annotations

from typing import Any

import pytest
from troposphere import Template

from tapgen.kinds import Text
from tapgen.layers.certificates import Certificates
from tapgen.mesh.service_connect import Authority
from tapgen.parts.roles import Roles

KEY = Text("arn:key")


def built(key_arn: Text | None) -> tuple[dict[str, Any], Authority]:
    template = Template()
    outputs = Certificates(name="shop-live", key_arn=key_arn, roles=Roles("/shop/live/")).build(template)
    resources: dict[str, Any] = template.to_dict()["Resources"]
    return resources, outputs.authority


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return built(KEY)[0]


@pytest.fixture(scope="module")
def authority(resources: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = resources["Authority"]["Properties"]
    return properties


def test_service_connect_gets_certificates_of_an_authority_that_is_marked_for_it(authority: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html."""
    assert {"Key": "AmazonECSManaged", "Value": "true"} in authority["Tags"]


def test_certificates_live_for_a_week_and_not_for_years(authority: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html."""
    assert authority["UsageMode"] == "SHORT_LIVED_CERTIFICATE"


def test_keys_are_such_as_service_connect_takes(authority: dict[str, Any]) -> None:
    """RSA with 2048 bits, or ECDSA with 256.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """
    assert (authority["KeyAlgorithm"], authority["SigningAlgorithm"]) == ("EC_prime256v1", "SHA256WITHECDSA")


def test_the_authority_signs_itself_and_is_told_so(resources: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-acmpca-certificateauthorityactivation.html."""
    itself = {"Ref": "Authority"}
    root, activation = (resources[title]["Properties"] for title in ("RootCertificate", "Activation"))
    assert root["CertificateAuthorityArn"] == activation["CertificateAuthorityArn"] == itself
    assert root["CertificateSigningRequest"] == {"Fn::GetAtt": ["Authority", "CertificateSigningRequest"]}
    assert root["TemplateArn"] == {"Fn::Sub": "arn:${AWS::Partition}:acm-pca:::template/RootCACertificate/V1"}
    assert root["SigningAlgorithm"] == resources["Authority"]["Properties"]["SigningAlgorithm"]
    assert activation["Certificate"] == {"Fn::GetAtt": ["RootCertificate", "Certificate"]}
    assert activation["Status"] == "ACTIVE"


def test_ecs_may_have_the_role_and_nobody_else(resources: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html."""
    role = resources["ServiceConnectRole"]["Properties"]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted == {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
    managed = "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
    assert role["ManagedPolicyArns"] == [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/service-role/{managed}"}]


def test_ecs_may_use_the_key_of_its_secrets(resources: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html."""
    (policy,) = resources["ServiceConnectRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    actions = {f"kms:{verb}" for verb in ("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyPair")}
    assert (set(statement["Action"]), statement["Resource"]) == (actions, ["arn:key"])


@pytest.mark.parametrize(
    ("key", "role"),
    [(KEY, {"Fn::GetAtt": ["ServiceConnectRole", "Arn"]}), (None, None)],
    ids=["by ECS", "by agents of ours"],
)
def test_where_ecs_gets_no_certificates_it_has_no_role(key: Text | None, role: dict[str, Any] | None) -> None:
    resources, authority = built(key)
    assert ("ServiceConnectRole" in resources) is (role is not None)
    assert authority.key_arn == key
    found = authority.role_arn
    assert (found if found is None else found.to_dict()) == role
