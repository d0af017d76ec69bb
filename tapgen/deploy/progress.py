"""Following an operation: a live tree in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

import click

from tapgen.deploy.operation import Operation, Track
from tapgen.deploy.stacks import NESTED, Event
from tapgen.deploy.words import doing, elapsed, thing

PAUSE = 2.0
"""Seconds between two looks; CloudFormation itself looks at most resources every few seconds."""

SILENCE = 60.0
"""Seconds without a line after which one says that it still goes on."""

SHOWN = 3
"""How many resources of a stack are named at once."""

Watcher = Callable[[Operation, Sequence[Event]], None]
"""Told of what is new at every look."""


class View(Protocol):
    """How progress is shown."""

    def show(self, operation: Operation, new: Sequence[Event]) -> None:
        """Show where *operation* is; *new* is what has happened since the last time."""


def follow(operation: Operation, watch: Watcher) -> None:
    """Show the progress of *operation* until it has ended; *watch* sees what the view sees.

    Raises:
        AwsError: AWS could not be asked. The operation goes on.
    """
    with _view() as view:
        pause = PAUSE / 2
        while True:
            new = operation.refresh()
            watch(operation, new)
            view.show(operation, new)
            if operation.ended:
                return
            time.sleep(pause)
            pause = PAUSE


@contextmanager
def _view() -> Iterator[View]:
    with canvas() as draw:
        yield Tree(draw) if draw else Lines()


@contextmanager
def canvas() -> Iterator[Callable[[str], None] | None]:
    """What draws a text over the one before, where there is a terminal for it."""
    if not sys.stdout.isatty():
        yield None
        return
    from rich.live import Live
    from rich.text import Text

    def draw(text: str) -> None:
        live.update(Text.from_ansi(text, no_wrap=True, overflow="ellipsis"), refresh=True)

    with Live(refresh_per_second=4, transient=False) as live:
        yield draw


class Lines:
    """A line for whatever becomes of a stack, and for everything that fails."""

    def __init__(self) -> None:
        self._spoken = time.monotonic()

    def show(self, operation: Operation, new: Sequence[Event]) -> None:
        for event in sorted(new, key=lambda each: each.time):
            if line := _line(operation, event):
                self._say(operation, event.time, line)
        if time.monotonic() - self._spoken > SILENCE:
            busy = [f"{track.name}: {_busy(track)}" for track in operation.tracks.values() if track.busy]
            self._say(operation, datetime.now(UTC), "still at " + ("; ".join(busy) or "work"))

    def _say(self, operation: Operation, moment: datetime, text: str) -> None:
        self._spoken = time.monotonic()
        click.echo(f"{elapsed((moment - operation.began).total_seconds()):>12}  {text}")


class Tree:
    """Every stack on a line, below the one that it is nested in, with what is being worked on."""

    def __init__(self, draw: Callable[[str], None]) -> None:
        self._draw = draw

    def show(self, operation: Operation, new: Sequence[Event]) -> None:  # noqa: ARG002  # as every view
        self._draw("\n".join(self._row(track) for track in operation.tracks.values()))

    def _row(self, track: Track) -> str:
        told = track.told
        indent = "  " * track.path.count(" / ")
        if not told:
            return f"{indent}· {track.name}"
        busy = track.status.endswith("_IN_PROGRESS")
        mark = "…" if busy else "✗" if _bad(track.status) else "✓"
        end = datetime.now(UTC) if busy else told[-1].time
        text = f"{indent}{mark} {track.name}  {doing(track.status)}  {elapsed((end - told[0].time).total_seconds())}"
        return f"{text}  {_busy(track)}" if track.busy else text


def _bad(status: str) -> bool:
    return "FAILED" in status or "ROLLBACK" in status


def _busy(track: Track) -> str:
    words = [f"{doing(each.status)} {thing(each.type)} {each.logical_id}" for each in track.busy]
    more = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _line(operation: Operation, event: Event) -> str:
    """What is worth a line: the root, nested stacks as their parent tells of them, and whatever else fails."""
    track = operation.tracks[event.stack_id]
    if event.of_stack:
        return f"{track.name}: {doing(event.status)}" if track is operation.root else ""
    if event.type == NESTED:
        return f"{event.logical_id}: {doing(event.status)}" if event.physical_id in operation.tracks else ""
    if event.failed:
        return f"{track.name}: {thing(event.type)} {event.logical_id} {doing(event.status)}: {event.reason}"
    return ""
