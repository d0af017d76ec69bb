"""A change set as a tree, for whoever decides about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tapgen.deploy.changes import Change, ChangeSet
from tapgen.deploy.stacks import NESTED
from tapgen.deploy.words import thing

_MARKS = {"Add": "+", "Remove": "-", "Import": "<"}

_COUNTED = {"Add": "to create", "Remove": "to delete", "Import": "to import"}

_REPLACEMENTS = {"True": "is replaced", "Conditional": "may be replaced", "False": "changes in place"}


def outline(found: ChangeSet, title: str) -> str:
    """Draw what would change, stack by stack, and count it."""
    rows = list(_rows(found, "  "))
    counts = Counter(_word(each) for each in found.walk() if each.type != NESTED)
    total = ", ".join(f"{count} {word}" for word, count in counts.items()) or "nothing but stacks"
    return "\n".join([title, *rows, total])


def _rows(found: ChangeSet, indent: str) -> Iterator[str]:
    for change in found.changes:
        yield f"{indent}{_mark(change)} {thing(change.type)} {change.logical_id}{_why(change)}"
        if change.nested:
            yield from _rows(change.nested, indent + "  ")


def _mark(change: Change) -> str:
    if change.replacement == "True":
        return "!"
    return "?" if change.replacement == "Conditional" else _MARKS.get(change.action, "~")


def _why(change: Change) -> str:
    if change.action != "Modify" or change.type == NESTED:
        return ""
    properties = f" ({', '.join(filter(None, change.why))})" if any(change.why) else ""
    return f"  {_REPLACEMENTS.get(change.replacement, 'changes')}{properties}"


def _word(change: Change) -> str:
    if change.action in _COUNTED:
        return _COUNTED[change.action]
    return {"True": "to replace", "Conditional": "to replace perhaps"}.get(change.replacement, "to change")
