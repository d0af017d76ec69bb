"""Templates of the user's own, nested beside ours: wires go in by the names of parameters, and come out by outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.config.hatch import OwnStack
from tapgen.config.references import Reference, parts, references
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.tree import Keys
from tapgen.kinds import Text
from tapgen.parts.references import offered
from tapgen.stack import Root, Wire, Wires

LISTS = ("List<", "CommaDelimitedList")
"""How the types of parameters begin that take several values."""


def nest(root: Root, stacks: Mapping[str, OwnStack]) -> tuple[dict[str, dict[str, Text]], list[Complaint]]:
    """Nest each after what it refers to. Gives what each offers, by name, and what does not fit."""
    complaints = list(_nest_all(root, stacks))
    return {name: root.offers[name] for name in stacks if stacks[name].stack in root}, complaints


def _nest_all(root: Root, stacks: Mapping[str, OwnStack]) -> Iterator[Complaint]:
    waiting = dict(stacks)
    while waiting:
        ready = [name for name, stack in waiting.items() if not _needs(stack) & waiting.keys()]
        if not ready:
            name, circle = next(iter(waiting)), ", ".join(waiting)
            yield Complaint(("stacks", name), f"waits for itself: in a circle are {circle}", at_key=True)
            return
        for name in ready:
            stack = waiting.pop(name)
            if name in root.offers:
                message = "is the name of a layer, and what that offers is called by it"
                yield Complaint(("stacks", name), message, "", "rename it", at_key=True)
            else:
                yield from _nest(root, stack, stacks)


def _needs(stack: OwnStack) -> set[str]:
    """The names that a stack refers to, layers or others of its kind."""
    referred = (reference.name for said in stack.parameters.values() for reference in references(said))
    return {*referred, *stack.after}


def _nest(root: Root, stack: OwnStack, stacks: Mapping[str, OwnStack]) -> Iterator[Complaint]:
    known = offered(root.offers)
    complaints = [*_misplaced(stack, root.offers), *_missing(stack)]
    for name, said in stack.parameters.items():
        complaints += _misfits(stack, name, said, known)
    yield from complaints
    parameters = {} if complaints else {name: _value(said, known) for name, said in stack.parameters.items()}
    after = [stacks[name].stack if name in stacks else name for name in stack.after if name in root.offers]
    root.offers[stack.name] = root.adopt(stack.stack, parameters, dict.fromkeys(stack.outputs, Text), after)


def _misplaced(stack: OwnStack, offers: Mapping[str, Any]) -> Iterator[Complaint]:
    for position, name in enumerate(stack.after):
        if name not in offers:
            path = ("stacks", stack.name, "after", position)
            hint = did_you_mean(name, offers)
            yield Complaint(path, f"{name} is nothing that comes before it", ", ".join(offers), hint)


def _missing(stack: OwnStack) -> Iterator[Complaint]:
    for name in stack.required:
        if name not in stack.parameters:
            message = f"{name} of {stack.template} has no default, and gets no value"
            yield Complaint(("stacks", stack.name, "parameters"), message, "", f"write {name} and its value here")


def _misfits(stack: OwnStack, name: str, said: str, known: Mapping[str, Any]) -> Iterator[Complaint]:
    """What is wrong with a parameter."""
    path: Keys = ("stacks", stack.name, "parameters", name)
    referred = references(said)
    unknown = [reference for reference in referred if reference.path not in known]
    if name not in stack.declared:
        hint = did_you_mean(name, stack.declared)
        message = f"is no parameter of {stack.template}"
        yield Complaint(path, message, ", ".join(stack.declared), hint, at_key=True)
    elif unknown:
        hint = did_you_mean(unknown[0].path, known)
        yield Complaint(path, f"nothing before it offers {unknown[0]}", ", ".join(known), hint)
    elif referred and len(list(parts(said))) > 1:
        hint = "hand the value over alone, and compose the text in the template, with Sub"
        yield Complaint(path, "holds more than a reference", "", hint)
    elif referred:
        yield from _kind(path, stack.declared[name], known[referred[0].path])


def _kind(path: Keys, declared: str, value: Any) -> Iterator[Complaint]:
    """A list goes to a list, and one value to one."""
    several, kind = isinstance(value, Wires), value.type if isinstance(value, Wire) else Text.type
    if several and not declared.startswith(LISTS):
        message = f"is a list, and the parameter one value, {declared}"
        yield Complaint(path, message, "", f"declare the parameter as {kind}, or as CommaDelimitedList")
    elif not several and declared.startswith(LISTS):
        message = f"is one value, and the parameter a list, {declared}"
        yield Complaint(path, message, "", f"declare the parameter as {kind}")


def _value(said: str, known: Mapping[str, Any]) -> Any:
    """The value of a parameter as the root spells it."""
    (value,) = [known[part.path] if isinstance(part, Reference) else part for part in parts(said)] or [""]
    if isinstance(value, Wires) and not value.origin:
        return ",".join(map(str, value.data))  # of what exists already
    return (value.origin or value) if isinstance(value, Wire) else value
