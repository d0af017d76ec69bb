"""E9103: what comes from another stack is used as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where


class WholeWires(TreeRule):
    """Looks into the nested templates from above: only there can be seen that a parameter comes from a stack."""

    id = "E9103"
    shortdesc = "No Select or Split over what comes from another stack"
    description = "While a change set of nested stacks is made, outputs are not known yet: Select and Split then fail"
    source_url = "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/759"
    tags = ["tapgen", "nested stacks"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """In the template and in all that it nests."""
        yield from _in_stack(root, frozenset())


def _in_stack(stack: Stack, wired: Collection[str]) -> Iterator[tuple[Stack, Where, str]]:
    for path, wire in _cuts(stack, stack.template, wired):
        yield stack, path, f"{path[-1]} over {wire}, which comes from another stack: give the part an output of its own"
    for child in stack.children.values():
        yield from _in_stack(child, {name for name, value in child.given.items() if _wire(stack, value, wired)})


def _cuts(stack: Stack, node: object, wired: Collection[str]) -> Iterator[tuple[Where, str]]:
    """The places where a wire is taken apart, and the wire."""
    for key, value in _parts(node):
        match key, value:
            # The elements of a list that stands there are wires of their own.
            case "Fn::Select" | "Fn::Split", [_, {} as whole] if wire := _wire(stack, whole, wired):
                yield [key], wire
            case _:
                yield from (([key, *path], wire) for path, wire in _cuts(stack, value, wired))


def _wire(stack: Stack, node: object, wired: Collection[str]) -> str | None:
    """The first value in a part of a template that comes from another stack."""
    match node:
        case {"Ref": str(name)} if name in wired:
            return name
        case {"Fn::GetAtt": [str(name), str(attribute)]} if name in stack.nested:
            return f"{name}.{attribute}"
        case {"Fn::Sub": str(text) | [str(text), *_]}:
            for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
                if name in wired or name.partition(".")[0] in stack.nested:
                    return f"${{{name}}}"
    return next((wire for _, part in _parts(node) if (wire := _wire(stack, part, wired))), None)


def _parts(node: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)
