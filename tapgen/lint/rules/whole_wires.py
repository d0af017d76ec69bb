"""E9103: what comes from another stack is used as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.stacks import Path, Stack, found, tree


class WholeWires(CloudFormationLintRule):
    """Looks into the nested templates too: only from above can be seen that a parameter comes from a stack."""

    id = "E9103"
    shortdesc = "No Select or Split over what comes from another stack"
    description = (
        "While a change set of nested stacks is made, outputs are not known yet: Select and Split over them fail"
    )
    source_url = "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/759"
    tags = ["tapgen", "nested stacks"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """In this template and in all that it nests."""
        return _in_stack(cfn, tree(cfn), frozenset())


def _in_stack(cfn: Template, stack: Stack, wired: Collection[str]) -> list[RuleMatch]:
    matches = [
        found(
            cfn,
            stack,
            path,
            f"{path[-1]} over {wire}, which comes from another stack: give the element an output of its own",
        )
        for path, wire in _cut(stack, stack.template, wired, [])
    ]
    for child in stack.children.values():
        parameters = {name for name, value in child.given.items() if _wire(stack, value, wired)}
        matches += _in_stack(cfn, child, parameters)
    return matches


def _cut(stack: Stack, node: object, wired: Collection[str], path: Path) -> Iterator[tuple[Path, str]]:
    """The places where a wire is taken apart, and the wire."""
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in parts:
        wire = None
        if (
            key in ("Fn::Select", "Fn::Split")
            and isinstance(value, list)
            and len(value) == 2
            and not isinstance(value[1], list)
        ):
            wire = _wire(stack, value[1], wired)
        if wire:
            yield [*path, key], wire
        else:
            yield from _cut(stack, value, wired, [*path, key])


def _wire(stack: Stack, node: object, wired: Collection[str]) -> str | None:
    """The first value in *node* that comes from another stack."""
    match node:
        case {"Ref": str(name)} if name in wired:
            return name
        case {"Fn::GetAtt": [str(name), str(attribute)]} if name in stack.children and attribute.startswith("Outputs."):
            return f"{name}.{attribute}"
        case {"Fn::Sub": str(text) | [str(text), *_]} if any(f"${{{name}}}" in text for name in wired) or any(
            f"${{{name}.Outputs." in text for name in stack.children
        ):
            return text
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next((wire for part in parts if (wire := _wire(stack, part, wired))), None)
