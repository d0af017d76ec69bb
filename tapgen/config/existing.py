"""Secrets and parameters that exist already, as the file names them: by ARN, or by name where they are here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
"""What Secrets Manager puts after the name of a secret, in its ARN."""

_FORMS = (
    re.compile(
        r"arn:(?P<partition>aws[a-z-]*):secretsmanager:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
        r":secret:(?P<secret>[A-Za-z0-9/_+=.@-]+)(:(?P<key>[^:\s]+))?"
    ),
    re.compile(
        r"arn:(?P<partition>aws[a-z-]*):ssm:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
        r":parameter(?P<parameter>(/[A-Za-z0-9_.-]+)+)"
    ),
    re.compile(r"secret:(?P<secret>[A-Za-z0-9/_+=.@-]+)(:(?P<key>[^:\s]+))?"),
    re.compile(r"(?P<parameter>(/[A-Za-z0-9_.-]+)+)"),
)


@dataclass(frozen=True)
class Existing:
    """Something in Secrets Manager or Parameter Store that the platform does not make."""

    service: Literal["secretsmanager", "ssm"]
    name: str
    """With the suffix of the secret where its ARN has one; of a parameter, its path."""

    key: str = ""
    """The JSON key of the secret that is meant; none means all of it."""

    home: tuple[str, str, str] | None = None
    """Its partition, Region and account, where its ARN names them."""

    @property
    def is_whole(self) -> bool:
        """Whether the name is all that its ARN ends with; of a secret that is only named, the suffix is unknown."""
        return self.service == "ssm" or (self.home is not None and SUFFIX.search(self.name) is not None)


def existing(source: str) -> Existing | None:
    """What the source of a variable names, where it is not a part of a secret that the platform makes."""
    for form in _FORMS:
        if found := form.fullmatch(source):
            given = found.groupdict()
            home = (given["partition"], given["region"], given["account"]) if "region" in given else None
            if "parameter" in given:
                return Existing("ssm", given["parameter"], home=home)
            return Existing("secretsmanager", given["secret"], given["key"] or "", home)
    return None
