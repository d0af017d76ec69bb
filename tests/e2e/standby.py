"""The AWS CLI, ready before it is asked: most of the time of a call is its start.

Run with the path of a socket, this loads the CLI once and forks for every call, which then has the words, the
environment, the folder and the files of whoever called. `CLIENT` is what is on the PATH as `aws`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

SERVICES = ("cloudformation", "cloudwatch", "ecr", "ecs", "elbv2", "logs", "s3", "sts")
"""Whose models are read before anybody asks."""

CLIENT = """\
#!{python} -IS
import json, os, socket, sys
call = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    socket.send_fds(server, [len(call).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(call)
    code = server.recv(1)
sys.exit(code[0] if code else 1)
"""


@contextmanager
def standing_by(folder: Path) -> Iterator[Path]:
    """Have it ready; gives the folder of `aws`."""
    path, program = folder / "socket", folder / "bin" / "aws"
    program.parent.mkdir()
    program.write_text(CLIENT.format(python=sys.executable, path=str(path)))
    program.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-I", __file__, str(path)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline(), "the AWS CLI does not load"
        yield program.parent
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def serve(path: str) -> None:
    """Wait for calls until the end."""
    import botocore.session
    from botocore.loaders import create_loader

    botocore.session.create_loader = cache(create_loader)
    loader = driver().session.get_component("data_loader")
    for service in SERVICES:
        loader.load_service_model(service, "service-2")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        print("ready", flush=True)
        while True:
            caller, _ = server.accept()
            with caller:
                if not os.fork():
                    server.close()
                    answer(caller)


def driver() -> Any:
    """The CLI itself."""
    return import_module("awscli.clidriver").create_clidriver()


def answer(caller: socket.socket) -> None:
    """Be the CLI for one call, in a process of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 255
    try:
        size, files, _, _ = socket.recv_fds(caller, 4, 3)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        with caller.makefile("rb") as told:
            words, environment, folder = json.loads(told.read(int.from_bytes(size, "big")))
        os.chdir(folder)
        data = os.environ["AWS_DATA_PATH"]  # where the CLI has said that its own data are
        os.environ.clear()
        os.environ.update(environment, AWS_DATA_PATH=data)
        sys.argv = ["aws", *words]
        code = driver().main(words)
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  # whoever waits must learn of it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        caller.sendall(bytes([code]))
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
