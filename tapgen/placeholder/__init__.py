"""What runs until there is an image: a public one, with a program that answers for a service, or ends as a job does."""

from __future__ import annotations

from importlib.resources import files

IMAGE = (
    "public.ecr.aws/docker/library/python:3.13.5-alpine3.21"
    "@sha256:c9a09c45a4bcc618c7f7128585b8dd0d41d0c31a8a107db4c8255ffe0b69375d"
)
"""Python on Alpine, for x86_64 and arm64."""


def command(protocol: str = "http") -> list[str]:
    """The command of the container: the whole program, so that it can be read where it runs."""
    program = "server.py" if protocol == "http" else "http2.py"
    return ["python3", "-c", files(__name__).joinpath(program).read_text(encoding="utf-8")]


def job_command() -> list[str]:
    """The command of a job: says that there is nothing to run yet, and succeeds."""
    return ["python3", "-c", "print('No image yet, so there is nothing to do.')"]


def health_command(port: int, path: str) -> list[str]:
    """The container's own check, for the task definition: succeeds when *path* answers 200 on *port*."""
    return ["CMD", "python3", "-c", _CHECK.format(port=port, path=path)]


_CHECK = """\
import http.client, sys
service = http.client.HTTPConnection("127.0.0.1", {port}, timeout=4)
service.request("GET", "{path}")
sys.exit(service.getresponse().status != 200)
"""
