"""Environments over defaults: what each key is in one environment, and where the file says so.

From weak to strong: what the models say; `defaults`; the environment. For a service: `defaults.service`, the service
itself, `service` of the environment, the service in the environment; for a job likewise. Mappings are overlaid key by
key, lists replace each other, and `null` takes back what weaker ones say. `deployment` of `defaults` and of the
environment is the weakest that can be said of a service: whatever is said of services themselves is stronger.
"""

from __future__ import annotations

from functools import reduce

from tapgen.config.yaml.tree import Node

WORKLOADS = {"services": "service", "jobs": "job"}
"""Where single workloads are described, and what is said of all of them."""


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
    """All that the file says about one environment: its settings, and every service and job as it is there."""
    here = _mapping(file.items["environments"].items[name])
    settings = (overlay(file.items.get("defaults"), here) or here).items
    items = {key: node for key, node in settings.items() if key not in {*WORKLOADS.keys(), *WORKLOADS.values()}}
    items |= {kind: _workloads(file, here, kind) for kind in WORKLOADS}
    return Node(items, here.place, here.key, here.path)


def _workloads(file: Node, here: Node, kind: str) -> Node:
    """Every service, or every job, with all that holds for it in the environment *here*."""
    written = file.items.get(kind) or Node({}, here.place)
    layers = (file.items.get("defaults"), here)
    everywhere, in_here = (_said(layer.items.get(WORKLOADS[kind])) if layer else None for layer in layers)
    if kind == "services":
        everywhere = overlay(reduce(overlay, map(_deployment, layers)), everywhere)
    special = here.items[kind].items if kind in here.items else {}
    resolved = {}
    for key, workload in written.items.items():
        said = _said(special.get(key))
        resolved[key] = _called(reduce(overlay, [everywhere, _mapping(workload), in_here, said]), said or workload)
    found = {key: node for key, node in resolved.items() if node}
    return Node(found, written.place, written.key, written.path)


def _deployment(layer: Node | None) -> Node | None:
    """What is said of the deployment of every service."""
    said = layer and layer.items.get("deployment")
    return Node({"deployment": said}, said.place, said.key) if said else None


def _called(node: Node | None, name: Node) -> Node | None:
    """A workload is spoken of where the file names it, whatever `service` or `job` blocks were laid over it."""
    return node and Node(node.value, name.place, name.key, name.path)


def _mapping(node: Node) -> Node:
    """A key with nothing after it is an empty mapping: `worker:` alone is a service."""
    return node if node.value is not None else Node({}, node.place, node.key, node.path)


def _said(node: Node | None) -> Node | None:
    return node if node and node.value is not None else None
