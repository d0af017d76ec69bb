"""What the Envoy of a task does, as its command line says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from .contract import Mutation, below
from .reading import containers
from .resolved import Platform, sole

LOOPBACK = "127.0.0.1"
COMMAND = "Resources/TaskDefinition/Properties/ContainerDefinitions/envoy/Command/1"


class Envoy:
    """The Envoy beside a service: who gets in, who gets out, and where that leads."""

    def __init__(self, platform: Platform, service: str) -> None:
        self.container = containers(platform, service)["envoy"]
        option, text, *_ = self.container["Command"]
        assert option == "--config-yaml"
        self.configuration = yaml.safe_load(text)
        static = self.configuration["static_resources"]
        self._clusters = {each["name"]: each for each in static["clusters"]}
        self.listeners = {_address(each): each for each in static["listeners"]}
        assert len(self.listeners) == len(static["listeners"]), "two listeners at one address"

    def into(self) -> dict[int, Any]:
        """The listeners that others reach, by port."""
        return {port: each for (host, port), each in self.listeners.items() if host != LOOPBACK}

    def out(self) -> dict[int, Any]:
        """The listeners that only the task itself reaches, by port."""
        return {port: each for (host, port), each in self.listeners.items() if host == LOOPBACK}

    def cluster(self, listener: Any) -> Any:
        """The one place to which all that a listener takes is sent."""
        host = sole(_http(listener)["route_config"]["virtual_hosts"])
        assert host["domains"] == ["*"]
        assert host["routes"][-1]["match"] == {"prefix": "/"}, "some requests lead nowhere"
        (name,) = {route["route"]["cluster"] for route in host["routes"]}
        return self._clusters[name]

    def leads_to(self, listener: Any) -> tuple[str, int]:
        """Where that is."""
        endpoints = sole(self.cluster(listener)["load_assignment"]["endpoints"])
        return _address(sole(endpoints["lb_endpoints"])["endpoint"])


def tls(place: Any, kind: str) -> Any:
    """The TLS of a listener's connections, or of those to a cluster."""
    assert "transport_socket" in place, "in the clear"
    context = place["transport_socket"]["typed_config"]
    assert context["@type"].endswith(f".v3.{kind}")
    return context


def downstream(listener: Any) -> Any:
    return tls(sole(listener["filter_chains"]), "DownstreamTlsContext")


def peers(context: Any) -> set[str]:
    """Whose certificates are good: of the platform's authority alone, and with one of these names."""
    validation = context["common_tls_context"].get("combined_validation_context", {})
    authority = validation.get("validation_context_sds_secret_config", {})
    assert authority.get("name") == "authority", "no authority is asked"
    assert authority["sds_config"]["path_config_source"]["path"] == "/certificates/authority.yaml"
    accepted = validation["default_validation_context"]
    assert set(accepted) == {"match_typed_subject_alt_names"}, "more is accepted than names"
    names = accepted["match_typed_subject_alt_names"]
    assert all(name["san_type"] == "URI" and set(name["matcher"]) == {"exact"} for name in names)
    return {name["matcher"]["exact"] for name in names}


def versions(context: Any) -> tuple[str, str]:
    """The oldest and the newest version of TLS that is spoken."""
    parameters: Mapping[str, str] = context["common_tls_context"]["tls_params"]
    return parameters["tls_minimum_protocol_version"], parameters["tls_maximum_protocol_version"]


def shows(context: Any) -> str:
    """The name of the certificate that is shown."""
    return str(sole(context["common_tls_context"]["tls_certificate_sds_secret_configs"])["name"])


def told(service: str, path: str, value: Any = None) -> Mutation:
    """Set what stands at *path* of the listeners and clusters of a service's Envoy; take it away, without a value."""

    def change(templates: dict[str, Any]) -> None:
        command, index = below(templates, f"service-{service}/{COMMAND}".split("/"))
        told = yaml.safe_load(command[index])
        place, key = below(told["static_resources"], path.split("/"))
        if value is None:
            del place[key]
        else:
            place[key] = value
        command[index] = yaml.safe_dump(told)

    return change


def _http(listener: Any) -> Any:
    return sole(sole(listener["filter_chains"])["filters"])["typed_config"]


def _address(place: Any) -> tuple[str, int]:
    address = place["address"]["socket_address"]
    return address["address"], address["port_value"]
