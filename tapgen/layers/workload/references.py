"""References in the file, filled in with what the other stacks offer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from troposphere import Join, Sub

from tapgen.config.references import Reference, parts
from tapgen.kinds import Text
from tapgen.layers.workload.foundation import Foundation
from tapgen.mesh.addresses import Address

Known = Mapping[str, Mapping[str, Text | str]]
"""What can be said of each thing that a workload may refer to, by its name and by attribute."""


def known(called: Sequence[Address], on: Foundation) -> Known:
    """What a workload may refer to that calls those at these addresses, as far as there is any."""
    services: Known = {address.service.name: address.attributes for address in called}
    databases: Known = {name: database.attributes for name, database in on.databases.items()}
    return {**services, **(on.data.attributes if on.data else {}), **databases, **on.stacks}


def filled(text: str, known: Known) -> Text | Sub | Join | str:
    """*text* with its references filled in; a value from another stack alone is that value."""
    found = [known[part.name][part.attribute] if isinstance(part, Reference) else part for part in parts(text)]
    if not any(isinstance(part, Text) for part in found):
        return _plain("".join(map(str, found)))
    if len(found) == 1:
        return found[0]
    return Sub("".join(part.replace("${", "${!") if isinstance(part, str) else str(part) for part in found))


def _plain(text: str) -> Join | str:
    """Whole, linters would take `${HOME}` for a `Sub` that somebody forgot, and a `Sub` for one that nobody needs."""
    pieces = re.split(r"\$(?=\{)", text)
    return Join("$", pieces) if pieces[1:] else text
