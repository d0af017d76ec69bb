"""Which ways out the load balancer has, and when they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troposphere import Template

from tapgen.config import ingress
from tapgen.config.mesh import Doors
from tapgen.config.service import Health, Service
from tapgen.kinds import SubnetIds, VpcId
from tapgen.layers.firewall import Firewall
from tapgen.layers.network import Network

NETWORK = Network.Outputs(VpcId("vpc-1"), "10.7.0.0/16", SubnetIds(["subnet-1"]), SubnetIds(["subnet-2"]))
NOWHERE = ("tcp", 443, 443, "127.0.0.1/32")


def firewall(*services: Service) -> Mapping[str, Mapping[str, Any]]:
    """The properties of everything in the firewall, by type and name."""
    template = Template()
    named = {service.name: service for service in services}
    Firewall(
        services=named,
        doors=Doors("off", plain_balancer=True, services=named),
        jobs={},
        ingress=ingress.Ingress(protocol="http"),
        tested=False,
        endpoints=True,
        databases={},
        network=NETWORK,
    ).build(template)
    found: dict[str, dict[str, Any]] = {"SecurityGroup": {}, "SecurityGroupIngress": {}, "SecurityGroupEgress": {}}
    for name, resource in template.to_dict()["Resources"].items():
        found[resource["Type"].removeprefix("AWS::EC2::")][name] = resource["Properties"]
    return found


def way(rule: Any) -> tuple[Any, ...]:
    return rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["CidrIp"]


WEB = Service(name="web", port=8080, path=("/",))
SHOP = Service(name="shop", port=8080, path=("/shop",))
API = Service(name="api", port=8081, ports={"admin": 9090}, path=("/api",), calls=("internal",))
INTERNAL = Service(name="internal", port=8082)


def test_the_load_balancer_goes_to_each_port_of_a_path_once_and_to_no_other() -> None:
    made = firewall(WEB, SHOP, API, INTERNAL)
    out = made["SecurityGroupEgress"]
    assert {name: way(rule) for name, rule in out.items()} == {
        "LoadBalancerToPort8080": ("tcp", 8080, 8080, NETWORK.cidr),
        "LoadBalancerToPort8081": ("tcp", 8081, 8081, NETWORK.cidr),
    }
    assert all(rule["GroupId"] == {"Fn::GetAtt": ["LoadBalancerGroup", "GroupId"]} for rule in out.values())
    into = {name: rule["FromPort"] for name, rule in made["SecurityGroupIngress"].items()}
    assert into == {
        "LoadBalancerToWeb": 8080,
        "LoadBalancerToShop": 8080,
        "LoadBalancerToApi": 8081,
        "ApiToInternal": 8082,
    }


def test_another_port_changes_no_group_of_the_load_balancer_but_makes_a_way() -> None:
    """A group would change at once, before the new tasks have come; a way is made first, and the old goes last."""
    before, after = firewall(WEB), firewall(WEB.model_copy(update={"port": 9090}))
    assert before["SecurityGroup"] == after["SecurityGroup"]
    assert before["SecurityGroupEgress"].keys() == {"LoadBalancerToPort8080"}
    assert after["SecurityGroupEgress"].keys() == {"LoadBalancerToPort9090"}


def test_a_service_more_at_a_known_port_makes_no_way_out() -> None:
    assert firewall(WEB)["SecurityGroupEgress"] == firewall(WEB, SHOP)["SecurityGroupEgress"]


def test_no_group_lets_everything_out() -> None:
    """One that names no way out does."""
    groups = firewall(WEB, INTERNAL)["SecurityGroup"]
    out = {name: [way(rule) for rule in group["SecurityGroupEgress"]] for name, group in groups.items()}
    everywhere = [("tcp", 443, 443, "0.0.0.0/0")]
    assert out == {
        "WebGroup": everywhere,
        "InternalGroup": everywhere,
        "LoadBalancerGroup": [NOWHERE],
        "EndpointsGroup": [NOWHERE],
    }


def test_the_load_balancer_reaches_the_port_where_health_is_asked_for() -> None:
    asked = WEB.model_copy(update={"health": Health(port=8090)})
    made = firewall(asked, SHOP)
    assert list(made["SecurityGroupEgress"]) == ["LoadBalancerToPort8080", "LoadBalancerToPort8090"]
    into = {name: rule["FromPort"] for name, rule in made["SecurityGroupIngress"].items()}
    assert into == {"LoadBalancerToWeb": 8080, "LoadBalancerToWebHealth": 8090, "LoadBalancerToShop": 8080}
    same = WEB.model_copy(update={"health": Health(port=8080)})
    assert firewall(same, SHOP) == firewall(WEB, SHOP)
