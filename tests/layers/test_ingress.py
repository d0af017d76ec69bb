"""What becomes of the way in when the file says something else."""

from __future__ import annotations

from typing import Any

import pytest
from troposphere import Template

from tapgen.config import model
from tapgen.kinds import SecurityGroupId, SubnetIds, Text, VpcId
from tapgen.layers.ingress import Ingress
from tapgen.layers.network import Network
from tapgen.parts.alarms import Alarms

NETWORK = Network.Outputs(VpcId("vpc-1"), "10.0.0.0/16", SubnetIds(["subnet-1"]), SubnetIds(["subnet-2"]))
CERTIFICATE = "arn:aws:acm:eu-west-1:111111111111:certificate/1"
HTTP = model.Ingress(protocol="http")
ENCRYPTED = [
    pytest.param(model.Ingress(hosted_zone="Z0123456789", domain="shop.example.com"), id="certificate of its own"),
    pytest.param(model.Ingress(certificate=CERTIFICATE), id="certificate given"),
]


def made(config: model.Ingress) -> tuple[dict[str, Any], Ingress.Outputs]:
    """Every resource, and what the services get."""
    template = Template()
    alarms = Alarms(Text("arn:aws:sns:eu-west-1:111111111111:alerts"))
    ingress = Ingress(config=config, protect=False, alarms=alarms, network=NETWORK, group_id=SecurityGroupId("sg-1"))
    outputs = ingress.build(template)
    resources: dict[str, Any] = template.to_dict()["Resources"]
    return resources, outputs


def listeners(config: model.Ingress) -> dict[str, tuple[int, str, str]]:
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
def test_with_encryption_port_443_serves_and_port_80_leads_there(config: model.Ingress) -> None:
    assert listeners(config) == {
        "HttpListener": (80, "HTTP", "redirect"),
        "HttpsListener": (443, "HTTPS", "fixed-response"),
    }
    assert made(config)[1].listener_arn.to_dict() == {"Ref": "HttpsListener"}


@pytest.mark.parametrize("config", ENCRYPTED)
def test_moving_between_http_and_https_updates_in_place(config: model.Ingress) -> None:
    """CloudFormation makes a resource of a new name before it deletes the old one, which still has the port."""
    named = {port: name for name, (port, *_) in listeners(HTTP).items()}
    assert named.items() <= {port: name for name, (port, *_) in listeners(config).items()}.items()
    plain, encrypted = (made(each)[0]["HttpListener"]["Properties"] for each in (HTTP, config))
    assert plain["LoadBalancerArn"] == encrypted["LoadBalancerArn"], "another one would replace the listener"
