"""Everything that answers: importing this fills the registries of operations and of resource types."""

from __future__ import annotations

from tapgen.localaws import applicationautoscaling, cloudwatch, ec2, wafv2
from tapgen.localaws.cloudformation import api, nested, proposing, reading
from tapgen.localaws.ecs import clusters

_MODULES = (api, applicationautoscaling, cloudwatch, clusters, ec2, nested, proposing, reading, wafv2)


def load() -> int:
    """Have the registries filled; gives the number of modules that did."""
    return len(_MODULES)
