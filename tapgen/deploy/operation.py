"""One operation on a root stack, as the events of all its stacks tell it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from tapgen.deploy import stacks
from tapgen.deploy.aws import Aws, at_once
from tapgen.deploy.stacks import NESTED, Event
from tapgen.deploy.states import state


@dataclass
class Track:
    """What has happened to one stack since the operation began."""

    name: str
    """As people know it: the stack's own name for a root, the logical id for a nested one."""

    stack_id: str
    parent: Track | None
    events: dict[str, Event] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, Event]:
        """The last event of each resource."""
        return {each.logical_id: each for each in self.events.values() if not each.of_stack}

    @property
    def told(self) -> list[Event]:
        """What is told of the stack itself: by its parent, for a nested one."""
        if self.parent:
            return [each for each in self.parent.events.values() if each.physical_id == self.stack_id]
        return [each for each in self.events.values() if each.of_stack]

    @property
    def status(self) -> str:
        """What state the stack is in; nothing where nobody has told yet."""
        return self.told[-1].status if self.told else ""

    @property
    def busy(self) -> list[Event]:
        """The last event of each resource, but stacks, that AWS is at work on."""
        found = self.resources.values()
        return [each for each in found if each.status.endswith("_IN_PROGRESS") and each.type != NESTED]

    @property
    def path(self) -> str:
        """From the root down."""
        return f"{self.parent.path} / {self.name}" if self.parent else self.name


class Operation:
    """A root stack and the stacks nested in it, from the moment that an operation on them begins."""

    def __init__(self, aws: Aws, name: str, stack_id: str, touched: Collection[str] | None = None) -> None:
        """*touched* are the logical ids of the nested stacks that may change; all, where it is not known."""
        self._aws = aws
        self._touched = touched
        self.token = f"tapgen-{uuid4()}"
        """To be given to AWS with the operation, whose events are known by it."""
        self.root = Track(name, stack_id, None)
        self.tracks: dict[str, Track] = {stack_id: self.root}

    @property
    def began(self) -> datetime:
        """When the first event of the operation happened; now, as long as there is none."""
        return next((each.time for each in self.root.events.values()), datetime.now(UTC))

    @property
    def ended(self) -> bool:
        """Whether AWS is done, with whatever result."""
        return bool(self.root.status) and not state(self.root.status).busy

    @property
    def status(self) -> str:
        return self.root.status

    def failures(self) -> list[Event]:
        """Whatever failed, in any stack, in the order in which it happened."""
        found = [each for track in self.tracks.values() for each in track.events.values() if each.failed]
        return sorted(found, key=lambda each: each.time)

    def refresh(self) -> list[Event]:
        """Ask for what is new, and give that.

        Nested stacks are asked as long as AWS is at work on them, and when they fail; and all that may have changed
        once more at the end, since what could not be cleared away after an update is told nowhere else.

        Raises:
            AwsError: AWS could not be asked.
        """
        found = self._read(self.root)
        asked = {self.root.stack_id}
        while waiting := [track for track in self.tracks.values() if track.stack_id not in asked and self._asks(track)]:
            asked |= {track.stack_id for track in waiting}
            found += [each for new in at_once(self._read, waiting) for each in new]
        return found

    def _asks(self, track: Track) -> bool:
        if self.ended and self.root.status == "UPDATE_COMPLETE":
            return True
        return track.status.endswith("_IN_PROGRESS") or any(each.failed for each in track.told)

    def _read(self, track: Track) -> list[Event]:
        if track is self.root:
            found = stacks.events(self._aws, track.stack_id, lambda each: each.token == self.token)
        else:
            found = stacks.events(self._aws, track.stack_id, lambda each: each.time >= self.began)
        new = [each for each in found if each.id not in track.events]
        track.events |= {each.id: each for each in new}
        for each in new:
            if each.nested and each.physical_id not in self.tracks and self._may_change(track, each.logical_id):
                self.tracks[each.physical_id] = Track(each.logical_id, each.physical_id, track)
        return new

    def _may_change(self, parent: Track, logical_id: str) -> bool:
        return parent is not self.root or self._touched is None or logical_id in self._touched
