"""Serve a local AWS until interrupted; with `-- COMMAND`, run that against one, and end with its exit code."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tapgen.localaws.gaps import table
from tapgen.localaws.process import ACCOUNT, client_environment, running


def main() -> int:
    """Do what the command line says; the exit code is that of the command, if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tapgen.localaws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen, on loopback; a free port by default")
    parser.add_argument("--state", type=Path, help="the folder for what is stored; a temporary one by default")
    parser.add_argument("--account", default=ACCOUNT, help="the account to act in: 12 digits")
    parser.add_argument("--gaps", action="store_true", help="print what is not as on AWS, and end")
    parser.add_argument("--attached", action="store_true", help="end when standard input closes")
    parser.add_argument("command", nargs="*", help="what to run against it")
    given = parser.parse_args()
    if given.gaps:
        print(table())  # noqa: T201
        return 0
    with contextlib.ExitStack() as stack:
        folder = given.state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tapgen-localaws-")))
        if given.command:
            environment = stack.enter_context(running(folder, given.account))
            return subprocess.run(given.command, env=dict(environment), check=False).returncode  # noqa: S603 (as asked)
        _serve(given.port, folder, given.account, attached=given.attached)
    return 0


def _serve(port: int, folder: Path, account: str, *, attached: bool) -> None:
    from tapgen.localaws.server import open_socket, serve, settle

    listening = open_socket(port)
    settle(listening, folder)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def until_ended() -> None:
        ended = asyncio.Event()
        serving = asyncio.create_task(serve(listening, ended))
        await asyncio.sleep(0)
        if serving.done():
            serving.result()
        for name, value in client_environment(address, account).items():
            print(f"export {name}={value or chr(39) * 2}", flush=True)  # noqa: T201
        if attached:
            asyncio.get_running_loop().add_reader(sys.stdin, _at_end(ended.set))
        await serving

    asyncio.run(until_ended())


def _at_end(end: Callable[[], None]) -> Callable[[], None]:
    return lambda: None if os.read(sys.stdin.fileno(), 1024) else end()


if __name__ == "__main__":
    sys.exit(main())
