"""What all databases of an environment stand on."""

from __future__ import annotations

from dataclasses import dataclass

from tapgen.kinds import Text
from tapgen.parts.functions import Functions


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The settings of the environment, and what its other layers offer."""

    protect: bool
    data_key_arn: Text
    credentials_key_arn: Text
    functions: Functions
