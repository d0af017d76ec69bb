"""What all models share: the base class, and the small types that a single value can have."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

T = TypeVar("T")


class Words(BaseModel):
    """A mapping of the file. Unknown keys are refused, values are never converted, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, protected_namespaces=())


def _network(value: str) -> str:
    try:
        IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"is not an IPv4 network: {error}") from None
    return value


def _digits(value: object) -> object:
    return str(value) if type(value) is int else value


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _digits(value)


List = Annotated[tuple[T, ...], Strict(False)]
"""A YAML list, read as a tuple, since a frozen model holds nothing that can change."""

Name = Annotated[str, Field(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=63)]
"""Lower-case letters, digits and single hyphens, beginning with a letter: it must do as a host name, a file name and,
without its hyphens, as a logical id."""

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=255)]
"""The name of an environment variable."""

Cidr = Annotated[str, AfterValidator(_network)]
"""An IPv4 network such as `10.0.0.0/16`, without host bits."""

Port = Annotated[int, Field(ge=1, le=65535)]

Percent = Annotated[int, Field(ge=1, le=100)]

AccountId = Annotated[str, BeforeValidator(_digits), Field(pattern=r"^\d{12}$")]
"""Twelve digits, quoted or not."""

Plain = Annotated[str, BeforeValidator(_text)]
"""Text; a whole number or `true` counts as the text it is written as."""
