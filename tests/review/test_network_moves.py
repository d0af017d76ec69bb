"""Another block for the VPC of `prod`: what is replaced, counted a second time by a walk that knows no `tapgen.review`.

The walk reads the templates and AWS's schemas as JSON. It asks of every resource, again and again until nothing is new,
whether a property that only a new resource can have is another text, or leads to what is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.parse import parse
from tapgen.render import render
from tapgen.review.review import review

PROJECT = Path(__file__).parents[2]
TASK = "AWS::ECS::TaskDefinition"
Place = tuple[str, str]
Bodies = dict[str, Any]


def templates(prod: str = "") -> dict[str, str]:
    """What the example platform is for `prod`, with more said about its network."""
    text = (PROJECT / "tapgen.yaml").read_text()
    assert text.count("nat: per-az") == 1
    file = compose(text.replace("nat: per-az", f"nat: per-az{prod}").encode(), "tapgen.yaml")
    images = compose(b"{}", "tapgen.images.yaml")
    return {path: text for path, text in render(understand(file, images)).items() if path.startswith("prod/")}


class Walk:
    """What is replaced, and what is in some cases."""

    def __init__(self, before: Bodies, after: Bodies) -> None:
        self.before, self.after = before, after
        self.replaced: set[Place] = set()
        self.moved: set[Place] = set()
        self.stacks = {
            each["Properties"]["TemplateURL"]: title for title, each in after["root.yaml"]["Resources"].items()
        }
        size = -1
        while size != len(self.moved):
            size = len(self.moved)
            for path, body in after.items():
                for title, resource in body["Resources"].items():
                    self.visit(path, title, resource)

    def visit(self, path: str, title: str, resource: Any) -> None:
        old = self.before[path]["Resources"][title].get("Properties", {})
        new = resource.get("Properties", {})
        for word, sets in (
            ("createOnlyProperties", (self.replaced, self.moved)),
            ("conditionalCreateOnlyProperties", (self.moved,)),
        ):
            for pointer in described(resource["Type"]).get(word, ()):
                keys = pointer.removeprefix("/properties/").split("/")
                was, becomes = list(picked(old, keys)), list(picked(new, keys))
                if was != becomes or any(self.leads(path, name) for name in names(becomes)):
                    for each in sets:
                        each.add((path, title))

    def leads(self, path: str, name: str) -> bool:
        """Whether a name in a template comes to something that is replaced."""
        title, _, attribute = name.partition(".")
        if title in self.after[path].get("Parameters", {}):
            if path == "root.yaml":
                return False
            nested = self.after["root.yaml"]["Resources"][self.stacks[path]]["Properties"]
            return any(self.leads("root.yaml", each) for each in names(nested.get("Parameters", {}).get(title)))
        if attribute.startswith("Outputs."):
            child = self.after[path]["Resources"][title]["Properties"]["TemplateURL"]
            value = self.after[child]["Outputs"][attribute.removeprefix("Outputs.")]["Value"]
            return any(self.leads(child, each) for each in names(value))
        return (path, title) in self.moved


@cache
def described(kind: str) -> Any:
    """AWS's own words about a type, as cfn-lint ships them."""
    spec = find_spec("cfnlint")
    assert spec
    assert spec.origin
    schemas = Path(spec.origin).parent / "data/schemas"
    name = json.loads((schemas / "providers/us-east-1.json").read_text()).get(kind)
    return json.loads((schemas / f"resources/{name}.json").read_text()) if name else {}


def picked(node: Any, keys: list[str]) -> Iterator[Any]:
    """What stands where a pointer of a schema leads."""
    if not keys:
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from picked(item, keys[1:] if keys[0] == "*" else keys)
    elif isinstance(node, dict) and keys[0] in node:
        yield from picked(node[keys[0]], keys[1:])


def names(node: Any) -> Iterator[str]:
    """Every name that a value speaks of: `Vpc`, `Network.Outputs.VpcId`."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [name, attribute]}:
            yield f"{name}.{attribute}"
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{([A-Za-z][^}:]*)\}", text)
        case dict():
            for value in node.values():
                yield from names(value)
        case list():
            for item in node:
                yield from names(item)


def test_every_replacement_in_every_stack_is_found() -> None:
    before, after = templates(), templates(', cidr: "10.8.0.0/16"')
    bodies = [{path.removeprefix("prod/"): parse(text) for path, text in each.items()} for each in (before, after)]
    walk = Walk(*bodies)
    kinds = {place: bodies[1][place[0]]["Resources"][place[1]]["Type"] for place in walk.replaced}
    wanted = {
        f"prod/{path.removesuffix('.yaml')}.{title}".replace("prod/root.", "prod.")
        for (path, title), kind in kinds.items()
        if kind != TASK
    }
    found = review(before, after)
    assert set(found.replaced) == wanted
    assert len({address.partition(".")[0] for address in wanted}) > 5, "it goes through most of the stacks"
    revised = {address for address, each in found.outcomes.items() if each.effect.name == "REVISION"}
    assert revised == {
        f"prod/{path.removesuffix('.yaml')}.{title}" for (path, title), kind in kinds.items() if kind == TASK
    }
