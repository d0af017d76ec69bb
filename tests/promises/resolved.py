"""The templates of one environment with every wire followed to its end."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Mapping
from typing import Any

Templates = Mapping[str, Any]
"""The parsed templates of one environment, by the names of their stacks."""


class Example:
    """The templates of an environment, and as many copies as there are changes to try."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self._pickled = pickle.dumps(templates)

    def copy(self) -> dict[str, Any]:
        """Templates to change; much faster than `copy.deepcopy`."""
        copied: dict[str, Any] = pickle.loads(self._pickled)
        return copied


def sole(items: Iterable[Any]) -> Any:
    """The one thing that there must be."""
    found = list(items)
    assert len(found) == 1, found
    return found[0]


def allowed(policy: Any) -> list[Any]:
    """The statements of a policy that allow something."""
    return [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]


class Platform:
    """One environment as it would be deployed.

    A reference is spelled the same wherever it stands: `${keys.LogsKey.Arn}` is an attribute of a resource, in
    whatever stack, `${network.Vpc}` its `Ref`, and `${AWS::Region}` a pseudo parameter. A wire between stacks is
    followed through the parameter, the root and the output to what it stands for. The root has the parameters that are
    *given*, and the defaults of the others.
    """

    def __init__(self, name: str, templates: Templates, given: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.templates = templates
        self._given = given or {}
        self._nested = {
            logical_id: nested["Properties"]["TemplateURL"].removesuffix(".yaml")
            for logical_id, nested in templates["root"]["Resources"].items()
        }
        self._resolved: dict[tuple[str, str], Any] = {}

    @property
    def services(self) -> list[str]:
        return [stack.removeprefix("service-") for stack in self.templates if stack.startswith("service-")]

    def resource(self, stack: str, title: str) -> Any:
        """One resource, resolved."""
        resources = self.templates[stack].get("Resources", {})
        assert title in resources, f"there is no {title} in {stack}"
        if (stack, title) not in self._resolved:
            self._resolved[stack, title] = self.resolve(stack, resources[title])
        return self._resolved[stack, title]

    def all(self, kind: str, stack: str | None = None) -> dict[str, Any]:
        """Every resource of a type, by address, of one stack or of all."""
        return {
            f"{name}.{title}": self.resource(name, title)
            for name in ([stack] if stack else self.templates)
            for title, resource in self.templates[name].get("Resources", {}).items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str, stack: str | None = None) -> dict[str, Any]:
        """The properties of every resource of a type, by address."""
        return {address: resource.get("Properties", {}) for address, resource in self.all(kind, stack).items()}

    def only(self, kind: str, stack: str) -> Any:
        """The properties of the one resource of a type in a stack."""
        return sole(self.properties(kind, stack).values())

    def at(self, reference: str) -> Any:
        """The resource that a reference such as `${keys.LogsKey.Arn}` leads to."""
        found = re.fullmatch(r"\$\{([^.]+)\.([^.}]+)[^}]*\}", reference)
        assert found, f"{reference} leads to no resource"
        return self.resource(*found.groups())

    def resolve(self, stack: str, node: Any) -> Any:
        """*node* of *stack* with every reference spelled as above."""
        match node:
            case {"Ref": str(name)}:
                return self._reference(stack, name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return f"${{{stack}.{name}.{attribute}}}"
            case {"Fn::Sub": str(text)}:
                return self._text(stack, text)
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(str(self.resolve(stack, part)) for part in parts)
            case {"Fn::If": [str(condition), met, unmet]}:
                return self.resolve(stack, met if self._holds(stack, condition) else unmet)
            case dict():
                return {key: self.resolve(stack, value) for key, value in node.items()}
            case list():
                return [self.resolve(stack, item) for item in node]
        return node

    def _holds(self, stack: str, condition: str) -> bool:
        match self.templates[stack].get("Conditions", {}).get(condition):
            case {"Fn::Equals": [one, another]}:
                return bool(self.resolve(stack, one) == self.resolve(stack, another))
        raise AssertionError(f"{stack} does not say when {condition} holds")

    def _reference(self, stack: str, name: str) -> Any:
        template = self.templates[stack]
        if name in template.get("Parameters", {}):
            value = self._chosen(name) if stack == "root" else self._passed(stack, name)
            listed = template["Parameters"][name]["Type"].startswith(("List<", "CommaDelimitedList"))
            return value.split(",") if listed else value
        return f"${{{name}}}" if name.startswith("AWS::") else f"${{{stack}.{name}}}"

    def _passed(self, stack: str, parameter: str) -> str:
        """What the root gives *stack* for *parameter*."""
        title = sole(title for title, nested in self._nested.items() if nested == stack)
        given = self.templates["root"]["Resources"][title]["Properties"].get("Parameters", {})
        declared = self.templates[stack]["Parameters"][parameter]
        if parameter not in given and "Default" in declared:
            return str(declared["Default"])
        assert parameter in given, f"the root does not give {parameter} to {stack}"
        match given[parameter]:
            case str(text):
                return text
            case {"Ref": str(name)}:
                return f"${{{name}}}" if name.startswith("AWS::") else self._chosen(name)
            case {"Fn::Sub": str(text)}:
                return text
            case {"Fn::GetAtt": [str(sibling), str(output)]}:
                return self.output(self._nested[sibling], output.removeprefix("Outputs."))
        raise AssertionError(f"{stack} gets {given[parameter]} for {parameter}")

    def _chosen(self, parameter: str) -> str:
        """What the root itself gets for a parameter."""
        declared = self.templates["root"].get("Parameters", {})
        assert parameter in declared, f"the root has no parameter {parameter}"
        value = self._given.get(parameter, declared[parameter].get("Default"))
        assert value in declared[parameter].get("AllowedValues", [value]), f"{parameter} cannot be {value}"
        return str(value)

    def output(self, stack: str, name: str) -> str:
        """What *stack* offers under *name*."""
        outputs = self.templates[stack].get("Outputs", {})
        assert name in outputs, f"{stack} has no output {name}"
        value = self.resolve(stack, outputs[name]["Value"])
        further = re.fullmatch(r"\$\{root\.([^.}]+)\.Outputs\.([^}]+)\}", value)
        return self.output(self._nested[further[1]], further[2]) if further else str(value)

    def _text(self, stack: str, text: str) -> str:
        def spelled(found: re.Match[str]) -> str:
            name, _, attribute = found[1].partition(".")
            if attribute:
                return f"${{{stack}.{name}.{attribute}}}"
            return str(self._reference(stack, name))

        return re.sub(r"\$\{([^!}]+)\}", spelled, text)
