"""The process that is the local AWS: one loopback socket, one event loop, state in one folder."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tapgen.localaws.process import without_aws

NOTHING = "unix:///nonexistent"
"""Where ministack finds no Docker, and looks no further."""


def open_socket(port: int = 0) -> socket.socket:
    """A socket on loopback, on a free port if none is given."""
    listening = socket.create_server(("127.0.0.1", port))
    listening.set_inheritable(True)
    return listening


def settle(listening: socket.socket, state: Path) -> None:
    """Tell ministack, before it is imported: nothing listens but our socket, nothing is written but below *state*.

    Functions run in our environment: what is in it for a real AWS goes, so that they talk to us.
    """
    for name in os.environ.keys() - without_aws(os.environ).keys():
        del os.environ[name]
    os.environ.update(
        GATEWAY_PORT=str(listening.getsockname()[1]),
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="localhost",
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL="ERROR",
        DOCKER_HOST=NOTHING,
        S3_DATA_DIR=str(state / "s3"),
        STATE_DIR=str(state / "state"),
        TMPDIR=str(state),
    )


async def serve(listening: socket.socket, ended: asyncio.Event) -> None:
    """Answer until *ended*, SIGINT or SIGTERM."""
    from hypercorn.asyncio import serve as serve_application
    from hypercorn.config import Config

    from tapgen.localaws import services
    from tapgen.localaws.calls import answer_with
    from tapgen.localaws.front import front

    services.load()
    answer_with(front)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    loop.set_exception_handler(_unless_cut_off(ended))
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.loglevel = "ERROR"
    config.graceful_timeout = 0.2
    await serve_application(front, config, shutdown_trigger=ended.wait)  # type: ignore[arg-type]


def _unless_cut_off(ended: asyncio.Event) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """What tells of exceptions that nobody awaits, but not of requests that the end cuts off."""

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not (ended.is_set() and isinstance(context.get("exception"), asyncio.CancelledError)):
            loop.default_exception_handler(context)

    return tell
