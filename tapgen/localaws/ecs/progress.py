"""How far a deployment of a service has come.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tapgen.localaws.protocol import Fields


@dataclass
class Progress:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html."""

    status: str = "PENDING"
    reason: str = ""
    stage: str = ""
    production: float = 0
    """How much of the requests it is meant to get, in percent."""

    test: float = 0
    asked: str = ""
    """How somebody asked to stop it: `ROLLBACK` or `ABORT`."""

    rollback: Fields = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    """Those that rang."""

    updated: float = field(default_factory=time.time)
    finished: float | None = None

    def enter(self, stage: str) -> None:
        """Come to a stage."""
        self.stage, self.updated = stage, time.time()

    def become(self, status: str, reason: str = "") -> None:
        """Be in another state, with or without a new reason for it."""
        self.status, self.reason, self.updated = status, reason or self.reason, time.time()

    def roll_back(self, reason: str, revision: str) -> None:
        """Be on the way back to a revision.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Rollback.html
        """
        self.become("ROLLBACK_IN_PROGRESS", reason)
        self.rollback = {"reason": reason, "startedAt": self.updated, "serviceRevisionArn": revision}

    def finish(self, status: str, reason: str = "") -> None:
        """Come to an end, unless it has come to one."""
        if not self.finished:
            self.become(status, reason)
            self.finished = self.updated
