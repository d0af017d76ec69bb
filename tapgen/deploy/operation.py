"""One operation on a root stack, as the events of all its stacks tell it."""

from __future__ import annotations

from collections.abc import Iterator
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
    def own(self) -> list[Event]:
        """The events of the stack itself."""
        return [each for each in self.events.values() if each.of_stack]

    @property
    def status(self) -> str:
        """What state the stack is in, as far as its events tell."""
        return self.own[-1].status if self.own else ""

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

    def __init__(self, aws: Aws, name: str, stack_id: str) -> None:
        self._aws = aws
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

    def failures(self) -> Iterator[Event]:
        """Whatever failed, in any stack, in the order in which it happened."""
        found = [each for track in self.tracks.values() for each in track.events.values() if each.failed]
        return iter(sorted(found, key=lambda each: each.time))

    def refresh(self) -> list[Event]:
        """Ask for what is new, and give that.

        Raises:
            AwsError: AWS could not be asked.
        """
        found = self._read(self.root)
        # A stack is asked as long as its parent has not told its end, and once more then.
        while waiting := [track for track in self.tracks.values() if track is not self.root and not self._told(track)]:
            read = [each for new in at_once(self._read, waiting) for each in new]
            found += read
            if not any(each.nested for each in read):
                break
        return found

    def _told(self, track: Track) -> bool:
        """Whether nothing more is to be expected of a nested stack for now."""
        if not track.parent or not track.own:
            return False
        outside = [each for each in track.parent.events.values() if each.physical_id == track.stack_id]
        return bool(outside) and not outside[-1].status.endswith("_IN_PROGRESS") and not state(track.status).busy

    def _read(self, track: Track) -> list[Event]:
        if track is self.root:
            found = stacks.events(self._aws, track.stack_id, lambda each: each.token == self.token)
        else:
            found = stacks.events(self._aws, track.stack_id, lambda each: each.time >= self.began)
        new = [each for each in found if each.id not in track.events]
        track.events |= {each.id: each for each in new}
        for each in new:
            if each.nested and each.physical_id not in self.tracks:
                self.tracks[each.physical_id] = Track(each.logical_id, each.physical_id, track)
        return new
