"""What must hold for the traffic between services."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint


def mesh_timeouts(environment: Environment) -> Iterator[Complaint]:
    """A request may take its time: a connection that waits for the answer is idle.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TimeoutConfiguration.html
    """
    request, idle = environment.mesh.request_timeout, environment.mesh.idle_timeout
    if request > idle:
        message = f"{request} seconds is longer than `idle_timeout`, which is {idle}"
        yield Complaint(("mesh", "request_timeout"), message, against=("mesh", "idle_timeout"))
