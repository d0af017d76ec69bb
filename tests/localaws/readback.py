"""What services say of the resources of a stack, beside what its templates ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tapgen.parse import parse
from tests.localaws import database_readers, network_readers, service_readers
from tests.localaws.account import REGION, Account
from tests.localaws.matching import ANYTHING, look, matches

READERS = network_readers.READERS | service_readers.READERS | database_readers.READERS


@dataclass(frozen=True)
class Property:
    """A property as it was asked for, and as its service says it is."""

    stack: str
    resource: str
    kind: str
    name: str
    wanted: Any
    found: Any

    @property
    def kept(self) -> bool:
        """Whether it is what was asked for."""
        return matches(self.wanted, self.found)


def properties(account: Account, root: str) -> Iterator[Property]:
    """Every property of every resource of a stack and those within."""
    cloudformation = account.cloudformation
    stack = account.stack(root)
    template = parse(cloudformation.get_template(StackName=root)["TemplateBody"])
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    listed = {
        name for name, each in template.get("Parameters", {}).items() if each["Type"].startswith(("List", "Comma"))
    }
    resources = cloudformation.list_stack_resources(StackName=root)["StackResourceSummaries"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    known = {
        "AWS::StackName": stack["StackName"],
        "AWS::Region": REGION,
        "AWS::AccountId": account.number,
        "AWS::Partition": "aws",
    }
    known |= {name: value.split(",") if name in listed else value for name, value in parameters.items()} | ids
    for name, physical_id in ids.items():
        definition = template["Resources"][name]
        kind = definition["Type"]
        if kind == "AWS::CloudFormation::Stack":
            yield from properties(account, physical_id)
            continue
        wanted = resolved(definition.get("Properties", {}), known)
        found = READERS[kind](account, physical_id, wanted) if kind in READERS else {}
        yield from (
            Property(stack["StackName"], name, kind, key, value, look(found, key)) for key, value in wanted.items()
        )


def resolved(node: Any, known: dict[str, Any]) -> Any:
    """A part of a template, as far as it can be resolved from outside."""
    match node:
        case {"Ref": name}:
            return known.get(name, ANYTHING)
        case {"Fn::Sub": str(text)}:
            names = re.findall(r"\$\{([^!}]+)\}", text)
            if any(not isinstance(known.get(name), str) for name in names):
                return ANYTHING
            return re.sub(r"\$\{([^!}]+)\}", lambda found: known[found[1]], text).replace("${!", "${")
        case dict() if any(key.startswith("Fn::") for key in node):
            return ANYTHING
        case dict():
            return {key: resolved(value, known) for key, value in node.items()}
        case list():
            return [resolved(item, known) for item in node]
    return node
