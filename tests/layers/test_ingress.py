"""What becomes of the way in when the file says something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from troposphere import Template

from tapgen.config import ingress
from tapgen.kinds import SecurityGroupId, SubnetIds, Text, VpcId
from tapgen.layers.ingress import Ingress
from tapgen.layers.network import Network
from tapgen.parts.alarms import Alarms

NETWORK = Network.Outputs(VpcId("vpc-1"), "10.0.0.0/16", SubnetIds(["subnet-1"]), SubnetIds(["subnet-2"]))
CERTIFICATE = "arn:aws:acm:eu-west-1:111111111111:certificate/1"
HTTP = ingress.Ingress(protocol="http")
ENCRYPTED = [
    pytest.param(ingress.Ingress(hosted_zone="Z0123456789", domain="shop.example.com"), id="certificate of its own"),
    pytest.param(ingress.Ingress(certificate=CERTIFICATE), id="certificate given"),
]


def made(config: ingress.Ingress, hosts: Sequence[str] = ()) -> tuple[dict[str, Any], Ingress.Outputs]:
    """Every resource, and what the services get."""
    template = Template()
    alarms = Alarms(Text("arn:aws:sns:eu-west-1:111111111111:alerts"))
    ingress = Ingress(
        config=config,
        hosts=hosts,
        protect=False,
        alarms=alarms,
        network=NETWORK,
        group_id=SecurityGroupId("sg-1"),
        tests=False,
    )
    outputs = ingress.build(template)
    resources: dict[str, Any] = template.to_dict()["Resources"]
    return resources, outputs


def listeners(config: ingress.Ingress) -> dict[str, tuple[int, str, str]]:
    """Port, protocol and default action of every listener."""
    return {
        name: (properties["Port"], properties["Protocol"], properties["DefaultActions"][0]["Type"])
        for name, resource in made(config)[0].items()
        if resource["Type"].endswith("::Listener") and (properties := resource["Properties"])
    }


def test_without_encryption_port_80_serves() -> None:
    assert listeners(HTTP) == {"HttpListener": (80, "HTTP", "fixed-response")}
    assert made(HTTP)[1].listener_arn.to_dict() == {"Ref": "HttpListener"}


@pytest.mark.parametrize("config", ENCRYPTED)
def test_with_encryption_port_443_serves_and_port_80_leads_there(config: ingress.Ingress) -> None:
    assert listeners(config) == {
        "HttpListener": (80, "HTTP", "redirect"),
        "HttpsListener": (443, "HTTPS", "fixed-response"),
    }
    assert made(config)[1].listener_arn.to_dict() == {"Ref": "HttpsListener"}


@pytest.mark.parametrize("config", ENCRYPTED)
def test_moving_between_http_and_https_updates_in_place(config: ingress.Ingress) -> None:
    """CloudFormation makes a resource of a new name before it deletes the old one, which still has the port."""
    named = {port: name for name, (port, *_) in listeners(HTTP).items()}
    assert named.items() <= {port: name for name, (port, *_) in listeners(config).items()}.items()
    plain, encrypted = (made(each)[0]["HttpListener"]["Properties"] for each in (HTTP, config))
    assert plain["LoadBalancerArn"] == encrypted["LoadBalancerArn"], "another one would replace the listener"


OTHER = "arn:aws:acm:eu-west-1:111111111111:certificate/0a-b1"
ZONE = ingress.Ingress(hosted_zone="Z0123456789", domain="shop.example.com")


def test_every_host_is_a_name_of_the_certificate_and_has_a_record() -> None:
    resources, _ = made(ZONE, ["api.example.com", "*.shop.example.com"])
    names = ["shop.example.com", "api.example.com", "*.shop.example.com"]
    certificate = resources["Certificate"]["Properties"]
    assert [certificate["DomainName"], *certificate["SubjectAlternativeNames"]] == names
    zones = {each["DomainName"]: each["HostedZoneId"] for each in certificate["DomainValidationOptions"]}
    assert zones == dict.fromkeys(names, "Z0123456789")
    records = {title: each["Properties"] for title, each in resources.items() if title.startswith("Record")}
    assert {title: record["Name"] for title, record in records.items()} == {
        "Record": "shop.example.com",
        "RecordApiExampleCom": "api.example.com",
        "RecordWildcardShopExampleCom": "*.shop.example.com",
    }
    assert all(record["AliasTarget"] == records["Record"]["AliasTarget"] for record in records.values())


def test_without_a_zone_there_is_no_record() -> None:
    resources, _ = made(ingress.Ingress(certificate=CERTIFICATE), ["api.example.com"])
    assert not any(title.startswith("Record") for title in resources)


def test_more_certificates_belong_to_the_listener_by_their_own_ids() -> None:
    resources, _ = made(ingress.Ingress(certificate=CERTIFICATE, certificates=(OTHER,)))
    assert resources["HttpsListener"]["Properties"]["Certificates"] != []
    more = resources["Certificate0aB1"]["Properties"]
    assert more["ListenerArn"] == {"Ref": "HttpsListener"}
    arn = "arn:${AWS::Partition}:acm:${AWS::Region}:${AWS::AccountId}:certificate/0a-b1"
    assert more["Certificates"] == [{"CertificateArn": {"Fn::Sub": arn}}]


@pytest.mark.parametrize(
    ("said", "title", "fields", "to"),
    [
        (
            {"host": ("www.example.com",), "to_host": "example.com"},
            "RedirectWwwExampleCom",
            ["host-header"],
            {"Host": "example.com", "StatusCode": "HTTP_301"},
        ),
        (
            {"path": "/old", "to_path": "/new", "status": 302},
            "RedirectOld",
            ["path-pattern"],
            {"Path": "/new", "StatusCode": "HTTP_302"},
        ),
        (
            {"host": ("example.com",), "exact": True, "to_path": "/shop", "priority": 7},
            "RedirectExampleComExact",
            ["host-header", "path-pattern"],
            {"Path": "/shop", "StatusCode": "HTTP_301"},
        ),
    ],
)
def test_a_redirect_is_a_rule_of_the_listener_that_serves(
    said: dict[str, Any], title: str, fields: list[str], to: dict[str, str]
) -> None:
    resources, outputs = made(ingress.Ingress(protocol="http", redirects=(ingress.Redirect(**said),)))
    rule = resources[title]["Properties"]
    assert rule["ListenerArn"] == outputs.listener_arn.to_dict()
    assert [condition["Field"] for condition in rule["Conditions"]] == fields
    assert rule["Actions"] == [{"Type": "redirect", "RedirectConfig": to}]
    assert rule["Priority"] == said.get("priority", rule["Priority"])
