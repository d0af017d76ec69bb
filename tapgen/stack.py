"""The contract between layers: what one stack makes, another may use, and nobody writes the plumbing.

A layer fills one template and returns what it offers, a frozen dataclass of wires. `Root.nest` makes that template a
nested stack and hands the same dataclass back as the other stacks see it:

    network = root.nest("network", Network(env.network))     # inside the layer    vpc_id is !Ref Vpc
    root.nest("firewall", Firewall(env.services, network))   # in any other        vpc_id is !Ref NetworkVpcId

Outputs, Parameters and the root's `Parameters:` follow from the wires that the finished templates refer to. A layer
can only be given what was nested before it, so a circle cannot be written; a wire that nobody uses leaves no parameter.

Where a wire may stand: as a property; in the text of a `Sub`, as `Sub(f"https://{ingress.dns_name}/")`; in an awacs
policy; in a JSON body, as `Sub(json.dumps(body, default=Wire.__str__))`; in a mapping, one output for each key. Order
without data is `after=`. Not: one element of a list (`Fn::Select` over a wire breaks the change sets of nested stacks,
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/759): give that element a wire of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar, cast

from troposphere import AWSHelperFn, GetAtt, Join, Output, Parameter, Ref, Template
from troposphere.cloudformation import Stack

Expression = AWSHelperFn | str

EVERYWHERE = frozenset({"AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"})
"""What means the same in every stack of an account and Region, so that it needs no parameter."""

Body = dict[str, Any]
"""A template as plain data, ready to be written."""


class Wire(AWSHelperFn):
    """One value of a known CloudFormation type, spelled for the stack that holds it.

    Where it is made it wraps a local expression, `VpcId(vpc.ref())`; in every other stack it is a `Ref` to a parameter,
    and `origin` is how the root spells it. Around plain text, `VpcId("vpc-0a1b")`, it is the same everywhere.
    """

    type: ClassVar[str] = "String"

    def __init__(self, value: Expression, origin: AWSHelperFn | None = None) -> None:
        self.data = value
        self.origin = origin

    def __str__(self) -> str:
        """The wire inside the text of a `Sub`.

        Raises:
            TypeError: it is a computed value, which no `${Name}` can spell.
        """
        match self.to_dict():
            case str(text):
                return text.replace("${", "${!")
            case {"Ref": name}:
                return f"${{{name}}}"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"${{{name}.{attribute}}}"
        raise TypeError(
            f"a {type(self).__name__} that is computed cannot stand in a text: name it in the map of the Sub"
        )


class Wires(Wire):
    """Several values: joined with commas between stacks, a list again where they arrive, and used there as a whole."""

    type = "CommaDelimitedList"

    def __init__(self, values: AWSHelperFn | Sequence[Expression], origin: AWSHelperFn | None = None) -> None:
        self.data = values
        self.origin = origin

    def __str__(self) -> str:
        raise TypeError(f"{type(self).__name__} cannot stand in a text: Join it in the map of the Sub")


W = TypeVar("W", bound=Wire)
Offer = TypeVar("Offer")
Offer_co = TypeVar("Offer_co", covariant=True)


class Layer(Protocol[Offer_co]):
    """What one nested template is made of: a frozen dataclass of all it needs."""

    def build(self, template: Template) -> Offer_co:
        """Fill *template* and say what it offers to others: wires, mappings, plain values, dataclasses of these."""


class Root:
    """The root template and those nested in it."""

    def __init__(
        self,
        description: str,
        finish: Callable[[str, Template], None] | None = None,
        amend: Callable[[str, Body], Body] | None = None,
    ) -> None:
        """Begin a root.

        Args:
            description: what the root template says it is.
            finish: gets the name and the template of each stack when its resources are complete.
            amend: gets the same of each nested stack as plain data, and gives back what is to be nested.
        """
        self.template = Template(Description=description)
        self.offers: dict[str, Any] = {}
        """What each nested stack offers, as the others see it."""

        self._finish = finish or (lambda _name, _template: None)
        self._amend = amend or (lambda _name, body: body)
        self._nested: dict[str, Body] = {}
        self._wires: dict[str, Wire] = {}

    def templates(self) -> dict[str, Body]:
        """Every template by its file name: the root, and the others in the order of nesting."""
        self._finish("root", self.template)
        return {"root": self.template.to_dict()} | self._nested

    def given(self, kind: type[W], name: str, value: AWSHelperFn) -> W:
        """What the root knows by itself and other stacks may use: a parameter, or a pseudo parameter of its own."""
        return self._wire(kind, name, value)

    def parameter(self, kind: type[W], name: str, **said: Any) -> W:
        """What is known only when the platform is deployed: a parameter of the root too; *said*, what it says of it."""
        self.template.add_parameter(Parameter(name, Type=kind.type, **said))
        return self._wire(kind, name, Ref(name))

    def output(self, name: str, value: Wire) -> None:
        """Show a value to whoever deploys the platform.

        Raises:
            ValueError: *value* is composed of wires; the root knows them under other names, so a layer must compose it.
        """
        if value.origin is None and (foreign := self._wires.keys() & set(names(value.to_dict()))):
            raise ValueError(f"output {name} is composed of {', '.join(sorted(foreign))}: let a layer do that")
        self.template.add_output(Output(name, Value=value.origin or value))

    def nest(self, name: str, layer: Layer[Offer], after: Iterable[str] = ()) -> Offer:
        """Make *layer* a nested stack, deployed after the stacks whose wires it refers to and after those named.

        A layer that makes nothing, since all that it offers exists already, leaves no stack.

        Raises:
            ValueError: a name is taken twice, or *after* names a stack that is not nested yet.
            TypeError: the layer offers a list of wires.
        """
        template, known = Template(), dict(self._wires)
        offer = cast("Offer", self._outside(layer.build(template), template, logical_id(name), ""))
        self.offers[name] = offer
        if not template.resources:
            return offer
        self._finish(name, template)
        # Outputs are written by now: a wire may be used in an output alone.
        body = self._amend(name, template.to_dict())
        used = set(names(body))
        wires = {title: wire for title, wire in known.items() if title in used}
        if clash := wires.keys() & template.resources.keys():
            raise ValueError(f"{name}: both a resource and a wire are called {', '.join(sorted(clash))}")
        if wires:
            body["Parameters"] = {title: {"Type": wire.type} for title, wire in wires.items()}
        self._embed(name, {title: wire.origin for title, wire in wires.items()}, after)
        self._nested[name] = body
        return offer

    def adopt(
        self,
        name: str,
        parameters: Mapping[str, AWSHelperFn | str],
        outputs: Mapping[str, type[W]],
        after: Iterable[str] = (),
    ) -> dict[str, W]:
        """Nest a template that somebody else writes into `{name}.yaml`, and give back its outputs as wires.

        Raises:
            ValueError: a name is taken twice, or *after* names a stack that is not nested yet.
        """
        self._embed(name, parameters, after)
        stack = logical_id(name)
        return {
            each: self._wire(kind, stack + each, GetAtt(stack, f"Outputs.{each}")) for each, kind in outputs.items()
        }

    def __contains__(self, name: str) -> bool:
        """Whether a stack of that name is nested already."""
        return logical_id(name) in self.template.resources

    def _embed(self, name: str, parameters: Mapping[str, AWSHelperFn | str | None], after: Iterable[str]) -> None:
        nested = Stack(
            logical_id(name), TemplateURL=f"{name}.yaml", DeletionPolicy="Delete", UpdateReplacePolicy="Delete"
        )
        if parameters:
            nested.Parameters = dict(parameters)
        implied = set(names(nested.to_dict()))
        empty = {earlier for earlier in self.offers if earlier not in self}
        waits = [logical_id(each) for each in after if logical_id(each) not in implied and each not in empty]
        if unknown := set(waits) - self.template.resources.keys():
            raise ValueError(f"{name}: {', '.join(sorted(unknown))} is not nested yet")
        if waits:
            nested.DependsOn = waits
        self.template.add_resource(nested)

    def _outside(self, value: Any, template: Template, stack: str, path: str) -> Any:
        """*value* as the other stacks see it: what this stack makes becomes a wire, anything else stays what it is."""
        match value:
            case Wire(origin=None) if not EVERYWHERE.issuperset(names(value.to_dict())):
                title = logical_id(path)
                template.add_output(Output(title, Value=Join(",", value.data) if isinstance(value, Wires) else value))
                return self._wire(type(value), stack + title, GetAtt(stack, f"Outputs.{title}"))
            case Mapping():
                return {key: self._outside(item, template, stack, f"{path}-{key}") for key, item in value.items()}
            case _ if is_dataclass(value) and not isinstance(value, type):
                parts = {
                    f.name: self._outside(getattr(value, f.name), template, stack, f"{path}-{f.name}")
                    for f in fields(value)
                }
                return replace(value, **parts)
            case list() | tuple() if any(isinstance(item, Wire) for item in value):
                culprit, found = stack + logical_id(path), type(value).__name__
                raise TypeError(f"{culprit}: offer Wires, or a mapping whose keys name them, not a {found}")
        return value

    def _wire(self, kind: type[W], name: str, origin: AWSHelperFn) -> W:
        if name in self._wires:
            raise ValueError(f"two wires are called {name}: rename an output, a stack or a service")
        self._wires[name] = wire = kind(Ref(name), origin)
        return wire


def logical_id(name: str) -> str:
    """A CloudFormation name for one of ours: `service-payment` and `service.payment` are `ServicePayment`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split("[^A-Za-z0-9]+", name))


def names(node: object) -> Iterator[str]:
    """Every logical name that *node*, a template or a part of one, refers to; `${Name}` in any text counts."""
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": [text, dict(given)]}:
            yield from (name for name in names(text) if name not in given)
            yield from names(list(given.values()))
        case dict():
            yield from names(list(node.values()))
        case list():
            for item in node:
                yield from names(item)
        case str(text):
            yield from re.findall(r"\$\{([^!.}][^.}]*)", text)
