"""The local AWS as a process of its own, and what a client must have in its environment to talk to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ACCOUNT = "111111111111"
_ADDRESS = "export AWS_ENDPOINT_URL="


def client_environment(address: str, account: str = ACCOUNT, region: str | None = None) -> dict[str, str]:
    """What points the AWS CLI and the SDKs at the local AWS, as *account*."""
    chosen = {"AWS_DEFAULT_REGION": region, "AWS_REGION": region} if region else {}
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    } | chosen


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """*environment* without anything that is meant for a real AWS."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


@contextmanager
def running(
    folder: Path, account: str = ACCOUNT, region: str | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Mapping[str, str]]:
    """A local AWS with its state in *folder*: gives the environment for its clients, and ends in any case.

    Raises:
        RuntimeError: it does not start.
    """
    command = [sys.executable, "-m", "tapgen.localaws", "--state", str(folder), "--attached"]
    environment = without_aws(os.environ) | dict(settings or {})
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 (our own module)
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield without_aws(os.environ) | client_environment(_address(process, log), account, region)
    finally:
        _end(process)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for line in process.stdout or ():
        if line.decode().startswith(_ADDRESS):
            return line.decode().removeprefix(_ADDRESS).strip()
    raise RuntimeError(f"the local AWS does not start: {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
