"""What must hold between environments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tapgen.config.model import File
from tapgen.config.rules.complaint import Complaint
from tapgen.config.rules.names import distinct_ids


def environment_ids(file: File) -> Iterator[Complaint]:
    """Every environment has a logical id of its own: its role in the bootstrap template."""
    yield from distinct_ids(("environments",), file.environments)


def one_oidc_provider(file: File) -> Iterator[Complaint]:
    """An account has one OIDC provider for each URL, whatever the Region; the bootstrap stack of each would make one.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    if file.ci is None or file.ci.oidc_provider != "make":
        return
    regions: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for environment in file.environments.values():
        regions[environment.account][environment.region] = None
    for account, several in regions.items():
        if len(several) > 1:
            message = f"account {account} would get one in each of {', '.join(several)}, and can have one only"
            hint = "make the provider once by hand, and write `oidc_provider: existing`"
            yield Complaint(("ci", "oidc_provider"), message, "existing", hint)
