"""Containers that really run: the placeholder, a Python program in a task definition, on an address of its own.

Only where `TAPGEN_LOCALAWS_RUN_TASKS=1` asks for it. The program binds every address of its container; a container here
is a process whose every address is one of the loopback network's.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from itertools import count

from tapgen.localaws.ecs import logs
from tapgen.localaws.ecs.state import Task
from tapgen.localaws.protocol import Fields

_PUBLIC_PYTHON = re.compile(r"public\.ecr\.aws/(?:[^/]+/)*python[:@].+")
_NUMBERS = count()

_CONTAINED = """
import ctypes, os, signal, socket, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != {parent}:
    sys.exit(1)
class Contained(socket.socket):
    def bind(self, address):
        super().bind(({address!r}, *address[1:]) if address[0] in ("", "0.0.0.0") else address)
socket.socket = Contained
exec(compile({source!r}, "<container>", "exec"), {{"__name__": "__main__"}})
"""
"""Ends with the local AWS, and listens on one address; 1 is PR_SET_PDEATHSIG."""

_PROCESSES: dict[str, asyncio.subprocess.Process] = {}
_READERS = set[asyncio.Task[None]]()


def runs(container: Fields) -> bool:
    """Whether this container is one that really runs."""
    asked = os.environ.get("TAPGEN_LOCALAWS_RUN_TASKS") == "1"
    program = container.get("command", [])[:2] == ["python3", "-c"]
    return asked and program and bool(_PUBLIC_PYTHON.fullmatch(container["image"]))


async def start(task: Task, container: Fields) -> str:
    """Run a container; gives its address, on which it answers already."""
    number = next(_NUMBERS)
    address = f"127.{64 + os.getpid() % 64}.{number // 250 % 250}.{number % 250 + 2}"
    source = _CONTAINED.format(parent=os.getpid(), address=address, source=container["command"][2])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", source),
        env={each["name"]: each["value"] for each in container.get("environment", [])},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    _PROCESSES[task.arn] = process
    reader = asyncio.create_task(_record(process, container, task.id))
    _READERS.add(reader)
    reader.add_done_callback(_READERS.discard)
    await _answering(address, [mapping["containerPort"] for mapping in container.get("portMappings", [])])
    return address


async def finished(task: Task) -> int | None:
    """Wait for a container that ends by itself; gives its exit code, or None where nothing really runs."""
    process = _PROCESSES.get(task.arn)
    if not process:
        return None
    code = await process.wait()
    _PROCESSES.pop(task.arn, None)
    return code if code >= 0 else 128 - code


async def stop(task: Task, patience: float = 5) -> None:
    """End a container as ECS does: SIGTERM, and SIGKILL for those who do not hear."""
    process = _PROCESSES.pop(task.arn, None)
    if not process:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), patience)
    except TimeoutError:
        process.kill()


async def _record(process: asyncio.subprocess.Process, container: Fields, task_id: str) -> None:
    if process.stdout:
        async for line in process.stdout:
            await logs.write(container, task_id, [line.decode(errors="replace").rstrip()])


async def _answering(address: str, ports: list[int], seconds: float = 5) -> None:
    end = asyncio.get_running_loop().time() + seconds
    for port in ports:
        while asyncio.get_running_loop().time() < end:
            try:
                _, writer = await asyncio.open_connection(address, port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
