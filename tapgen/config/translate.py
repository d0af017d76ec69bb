"""What pydantic finds wrong, in the user's words and at the place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pydantic_core import ErrorDetails

from tapgen.config import schema
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.source import Source
from tapgen.config.yaml.tree import Keys, Node, find, is_hidden
from tapgen.errors import Place, Problem

KEY = "[key]"
"""How pydantic's path to a bad key of a mapping ends."""


def problems(details: Iterable[ErrorDetails], root: Node, source: Source, known: schema.Schema) -> Iterator[Problem]:
    """What pydantic found wrong with the data of *root*, under the schema *known*."""
    for detail in details:
        if problem := _problem(detail, root, source, known):
            yield problem


def label(path: Keys) -> str:
    """A path as it is spoken of: `services.payment.port`."""
    return ".".join(map(str, path)) or "the file"


def at_place(source: Source, path: Keys, place: Place, message: str, allowed: str = "", hint: str = "") -> Problem:
    """A problem of the value at *path* of the file."""
    return Problem(f"{label(path)}: {message}", source.shown(place), allowed, hint)


def show(value: object) -> str:
    """A value in a message: text in quotes and cut, anything large by its kind."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case str() if len(value) > 60:
            return repr(value[:60] + "...")
    return repr(value)


def _problem(detail: ErrorDetails, root: Node, source: Source, known: schema.Schema) -> Problem | None:
    loc: Keys = detail["loc"]
    is_key = loc[-1:] == (KEY,) and loc[-2] == detail["input"] and detail["type"].startswith("string")
    node, rest = find(root, loc[:-1] if is_key else loc)
    path = node.path + rest
    if is_key:
        message, allowed, hint = _bad_key(detail, schema.at(known, path[:-1]))
        return at_place(source, path[:-1], node.key or node.place, message, allowed, hint)
    match detail["type"]:
        case "missing" if rest:
            message, allowed, hint = _missing(schema.at(known, path), str(rest[-1]))
            return at_place(source, path[:-1], node.shown, message, allowed, hint)
        case "missing":
            return at_place(
                source, path, node.shown, "needs a value", "", schema.at(known, path).get("description", "")
            )
        case "extra_forbidden":
            return at_place(source, path, node.key or node.place, *_unknown(schema.at(known, path[:-1]), str(path[-1])))
    if rest or (detail["type"] == "too_short" and detail["input"]):
        return None  # the consequence of a problem of its own: a value that tapgen adds, an entry that does not count
    message, allowed, hint = EXPLAIN.get(detail["type"], _otherwise)(detail, schema.at(known, path))
    if is_hidden(path):
        message = message.partition(", not ")[0]
    if is_hidden(path) and detail["type"] == "string_pattern_mismatch":
        message, allowed = "is not a part of a secret", ", ".join(_parts(source.root))
        hint = "write `<secret>.username` or `<secret>.password`, or name what exists: `secret:name:key`, `/path`, ARN"
    return at_place(source, path, node.shown, message, allowed, hint)


def _parts(file: Node) -> list[str]:
    """The parts of the secrets and of the credentials that the file declares."""
    environments = file.items["environments"].items if "environments" in file.items else {}
    settings = [node for node in (file.items.get("defaults"), *environments.values()) if node]
    declared = [node.items.get(word) for node in settings for word in ("secrets", "databases")]
    names = dict.fromkeys(name for node in declared if node for name in node.items)
    return [f"{name}.{part}" for name in names for part in ("username", "password")]


Explanation = tuple[str, str, str]
"""What is wrong, what is allowed, what to do."""


def _missing(wanted: schema.Schema, key: str) -> Explanation:
    return f"the key `{key}` is missing", wanted.get("patternErrorMessage", ""), wanted.get("description", "")


def _unknown(here: schema.Schema, key: str) -> Explanation:
    if reason := here.get("refused", {}).get(key):
        return "is not possible here", "", reason
    keys = list(here.get("properties", {}))
    return "unknown key", ", ".join(keys), did_you_mean(key, keys)


def _bad_key(detail: ErrorDetails, mapping: schema.Schema) -> Explanation:
    if detail["type"] == "string_too_long":
        return f"the name {show(detail['input'])} is too long", f"at most {detail['ctx']['max_length']} characters", ""
    return (
        f"{show(detail['input'])} is not possible as a name",
        mapping.get("propertyNames", {}).get("patternErrorMessage", ""),
        "",
    )


def _wrong_type(wanted: str) -> Callable[[ErrorDetails, schema.Schema], Explanation]:
    def explain(detail: ErrorDetails, here: schema.Schema) -> Explanation:
        value, hint = detail["input"], ""
        if wanted == "text" and isinstance(value, int | float):
            hint = "put it in quotes"
        elif wanted == "a whole number" and isinstance(value, str) and value.isdecimal():
            hint = "write it without quotes" if str(int(value)) == value else "write it without leading zeros"
        elif wanted == "a list" and isinstance(value, str | int):
            hint = f"write it as a list: [{value}]"
        elif isinstance(value, str | int | float):
            hint = _below_its_key(here, value)
        return f"must be {wanted}, not {show(value)}", _allowed(here), hint

    return explain


def _allowed(here: schema.Schema) -> str:
    """The range of a number, or the keys of a mapping, or the range of its values where it has any keys."""
    if "maximum" in here:
        return _between(here)
    each = here.get("additionalProperties")
    if isinstance(each, dict) and "maximum" in each:
        return f"keys with {_between(each)} each"
    return ", ".join(here.get("properties", {}))


def _below_its_key(mapping: schema.Schema, value: object) -> str:
    """What to write in place of a value that belongs below a key of the mapping, where only one key can have it."""
    keys = [key for key, known in mapping.get("properties", {}).items() if value in known.get("enum", ())]
    return f"write it as a mapping: {{{keys[0]}: {value}}}" if len(keys) == 1 else ""


def _between(here: schema.Schema) -> str:
    low, high, above = here.get("minimum"), here.get("maximum"), here.get("exclusiveMinimum")
    return f"more than {above}, up to {high}" if low is None else f"{low} to {high}"


def _range(detail: ErrorDetails, here: schema.Schema) -> Explanation:
    message = f"{show(detail['input'])} is too {'high' if detail['type'].startswith('less') else 'low'}"
    return message, _between(here), ""


def _steps(detail: ErrorDetails, _here: schema.Schema) -> Explanation:
    return f"{show(detail['input'])} is between two steps", f"steps of {detail['ctx']['multiple_of']}", ""


def _choice(detail: ErrorDetails, here: schema.Schema) -> Explanation:
    choices, value = here.get("enum", [here.get("const")]), detail["input"]
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    if isinstance(value, str) and value in map(str, choices):
        hint = "write it without quotes"
    return f"{show(value)} is not possible", ", ".join(map(str, choices)), hint


def _pattern(detail: ErrorDetails, here: schema.Schema) -> Explanation:
    return f"{show(detail['input'])} is not possible", here.get("patternErrorMessage", ""), ""


def _length(detail: ErrorDetails, _here: schema.Schema) -> Explanation:
    context = detail["ctx"]
    if detail["type"] == "string_too_long":
        return f"{show(detail['input'])} is too long", f"at most {context['max_length']} characters", ""
    if detail["type"] == "too_long":
        return f"has {context['actual_length']} entries", f"at most {context['max_length']}", ""
    return "has no entry", f"at least {context['min_length']}", ""


def _custom(detail: ErrorDetails, _here: schema.Schema) -> Explanation:
    return f"{show(detail['input'])} {detail['ctx']['error']}", "", ""


def _otherwise(detail: ErrorDetails, _here: schema.Schema) -> Explanation:
    return f"{show(detail['input'])} is not possible: {detail['msg']}", "", ""


EXPLAIN: dict[str, Callable[[ErrorDetails, schema.Schema], Explanation]] = {
    "string_type": _wrong_type("text"),
    "int_type": _wrong_type("a whole number"),
    "float_type": _wrong_type("a number"),
    "bool_type": _wrong_type("true or false"),
    "tuple_type": _wrong_type("a list"),
    "dict_type": _wrong_type("a mapping of keys to values"),
    "model_type": _wrong_type("a mapping of keys to values"),
    "greater_than": _range,
    "greater_than_equal": _range,
    "less_than_equal": _range,
    "multiple_of": _steps,
    "literal_error": _choice,
    "string_pattern_mismatch": _pattern,
    "string_too_long": _length,
    "too_long": _length,
    "too_short": _length,
    "value_error": _custom,
}
"""How to explain each type of error that the models can raise."""
