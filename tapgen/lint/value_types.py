"""What type of value an expression gives, as far as cfn-lint's schemas know, and which parameter takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cfnlint.helpers import REGION_PRIMARY
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError
from cfnlint.schema.resolver import RefResolutionError

from tapgen.lint.literal import mapping
from tapgen.lint.stacks import Stack, origin


@dataclass(frozen=True)
class ValueType:
    """What is known of a value."""

    formats: frozenset[str] = frozenset()
    """cfn-lint's names for what it may be, as `AWS::EC2::VPC.Id`; none when that is not known."""

    shape: Literal["one", "joined", "list"] = "one"
    """One value, several joined with commas, or a list."""

    def __str__(self) -> str:
        what = " or ".join(sorted(self.formats)) or "something"
        return what if self.shape == "one" else f"a list of {what}"


UNKNOWN = ValueType()


def misfit(value: ValueType, parameter: str) -> str:
    """Why a parameter of this type does not take such a value; empty when it does, or when nobody can know."""
    if value.shape == "list":
        return f"gets {value}, but nested stacks take texts only: join it with commas"
    element = parameter.removeprefix("List<").removesuffix(">")
    if not element.startswith("AWS::EC2::"):
        return f"is {parameter}, but gets {value}" if element == "Number" and value.formats else ""
    several = parameter != element
    if (value.shape == "joined" and not several) or (value.formats and _format(element) not in value.formats):
        return f"is {parameter}, but gets {value}"
    return ""


def type_of(stack: Stack, value: object) -> ValueType:
    """The type of a value in a template of this stack."""
    stack, value = origin(stack, value)
    match value:
        case {"Fn::Join": [",", [_, _, *_] as parts]}:
            return ValueType(_common(stack, parts), "joined")
        case {"Fn::Join": [",", {} as parts]}:
            return ValueType(type_of(stack, parts).formats, "joined")
        case {"Ref": str(name)} if name in mapping(stack.template.get("Parameters")):
            return _of_parameter(str(mapping(stack.template["Parameters"][name]).get("Type")))
        case {"Ref": str(name)}:
            return _of_schema(_reference(stack, name))
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return _of_schema(_attribute(stack, name, attribute))
    return UNKNOWN


def _common(stack: Stack, parts: Sequence[object]) -> frozenset[str]:
    each = {type_of(stack, part).formats for part in parts}
    return each.pop() if len(each) == 1 else frozenset()


def _of_parameter(parameter: str) -> ValueType:
    element = parameter.removeprefix("List<").removesuffix(">")
    formats = frozenset([_format(element)]) if element.startswith("AWS::EC2::") else frozenset[str]()
    return ValueType(formats, "list" if parameter.startswith("List<") or parameter == "CommaDelimitedList" else "one")


def _format(parameter: str) -> str:
    """cfn-lint writes `AWS::EC2::VPC.Id` where a parameter's type is `AWS::EC2::VPC::Id`."""
    owner, _, name = parameter.rpartition("::")
    return f"{owner}.{name.replace('GroupName', 'Name')}"


def _of_schema(schema: Mapping[str, Any]) -> ValueType:
    one = mapping(schema.get("items")) if schema.get("type") == "array" else schema
    formats = (mapping(option).get("format") for option in (one, *one.get("anyOf", ())))
    known = frozenset(str(name) for name in formats if str(name).startswith("AWS::"))
    return ValueType(known, "one" if one is schema else "list")


def _reference(stack: Stack, name: str) -> Mapping[str, Any]:
    try:
        return mapping(PROVIDER_SCHEMA_MANAGER.get_type_ref(_resource_type(stack, name), REGION_PRIMARY))
    except ResourceNotFoundError:
        return {}


def _attribute(stack: Stack, name: str, attribute: str) -> Mapping[str, Any]:
    resource = _resource_type(stack, name)
    try:
        pointer = PROVIDER_SCHEMA_MANAGER.get_type_getatts(resource, REGION_PRIMARY).get(attribute)
        resolver = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION_PRIMARY, resource).resolver
        return mapping(resolver.resolve_cfn_pointer(pointer)) if pointer else {}
    except (ResourceNotFoundError, RefResolutionError):
        return {}


def _resource_type(stack: Stack, name: str) -> str:
    return str(mapping(mapping(stack.template.get("Resources")).get(name)).get("Type"))
