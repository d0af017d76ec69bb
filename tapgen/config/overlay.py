"""Environments over defaults: what each key is in one environment, and where the file says so.

From weak to strong: what the models say; `defaults`; the environment. For a service: `defaults.service`, the service
itself, `service` of the environment, the service in the environment. Mappings are overlaid key by key, lists replace
each other, and `null` takes back what weaker ones say.
"""

from __future__ import annotations

from functools import reduce

from tapgen.config.yaml.tree import Node


def overlay(weak: Node | None, strong: Node | None) -> Node | None:
    """One over the other; nothing is left where *strong* is `null`."""
    if strong is None:
        return weak
    if strong.value is None:
        return None
    if not isinstance(strong.value, dict):
        return strong
    below = weak.items if weak else {}
    keys = dict.fromkeys([*below, *strong.value])
    merged = ((key, overlay(below.get(key), strong.value.get(key))) for key in keys)
    return Node({key: node for key, node in merged if node}, strong.place, strong.key, strong.path)


def environment(file: Node, name: str) -> Node:
    """All that the file says about one environment: its settings, and in `services` every service as it is there."""
    here = _mapping(file.items["environments"].items[name])
    defaults = file.items.get("defaults")
    settings = (overlay(defaults, here) or here).items
    services = file.items.get("services") or Node({}, here.place)
    everywhere, in_here = (_said(layer.items.get("service")) if layer else None for layer in (defaults, here))
    special = here.items["services"].items if "services" in here.items else {}
    resolved = {}
    for key, service in services.items.items():
        said = _said(special.get(key))
        resolved[key] = _called(reduce(overlay, [everywhere, _mapping(service), in_here, said]), said or service)
    items = {key: node for key, node in settings.items() if key not in {"service", "services"}}
    items["services"] = Node(
        {key: node for key, node in resolved.items() if node}, services.place, services.key, services.path
    )
    return Node(items, here.place, here.key, here.path)


def _called(node: Node | None, name: Node) -> Node | None:
    """A service is spoken of where the file names it, whatever `service` blocks were laid over it."""
    return node and Node(node.value, name.place, name.key, name.path)


def _mapping(node: Node) -> Node:
    """A key with nothing after it is an empty mapping: `worker:` alone is a service."""
    return node if node.value is not None else Node({}, node.place, node.key, node.path)


def _said(node: Node | None) -> Node | None:
    return node if node and node.value is not None else None
