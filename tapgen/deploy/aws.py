"""The AWS CLI: the only place that starts `aws`, and the names of what can go wrong with it.

What the user's environment says of credentials, profiles and endpoints (`AWS_PROFILE`, `AWS_ENDPOINT_URL`...) is the
CLI's business; only the Region is always given. Versions 1 and 2 print the same JSON, and errors in the same words.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

from tapgen.errors import TapgenError

Item = TypeVar("Item")
Result = TypeVar("Result")

Answer = dict[str, Any]
"""What an operation answers, as the CLI prints it: with the names of AWS's API."""

_REFUSAL = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<operation>\w+) operation"
    r"(?: \([^)]*\))?: (?P<text>.*)",
    re.DOTALL,
)

_LOG_IN = "log in again (aws sso login, or new keys), or choose another AWS_PROFILE"
_REMEDIES: Mapping[str, str] = {
    "AccessDenied|UnauthorizedOperation": "the caller lacks a right: docs/deploying.md lists those that are needed",
    "ExpiredToken|RequestExpired|token .* expired|SSO session|Token has expired": _LOG_IN,
    "InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId": _LOG_IN,
    "Unable to locate credentials|Partial credentials": "say who you are: aws configure, or set AWS_PROFILE",
    "config profile .* could not be found": "aws configure list-profiles shows those that there are",
    "Could not connect|Connect timeout|Read timeout|Connection was closed|Failed to connect": (
        "check the network, a proxy, and AWS_ENDPOINT_URL"
    ),
    "Throttling|TooManyRequests|Rate exceeded": "AWS is being asked too often: try again in a minute",
}
"""What to do, by what the error says."""


class AwsError(TapgenError):
    """AWS could not be asked, or said no."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, code: str = "", operation: str = "") -> None:
        self.message = message
        self.code = code
        self.operation = operation
        said = f"AWS refuses {operation} ({code}): {message}" if code else message
        advice = next((text for found, text in _REMEDIES.items() if re.search(found, f"{code} {message}")), "")
        super().__init__("\n".join([f"error: {said}", *([f" = help: {advice}"] if advice else [])]))


@dataclass(frozen=True)
class Aws:
    """The AWS CLI in one Region."""

    region: str
    profile: str = ""
    """Who asks, where that is not whom the user's environment says."""

    def __call__(self, service: str, operation: str, *arguments: str) -> Answer:
        """Ask AWS: `aws("cloudformation", "describe-stacks", "--stack-name", name)`.

        Raises:
            AwsError: AWS could not be reached, or refused.
        """
        text = self.run(service, operation, *arguments, "--output", "json")
        try:
            answer = json.loads(text) if text.strip() else {}
        except ValueError:
            raise AwsError(f"aws {service} {operation} printed no JSON: {text[:200]!r}") from None
        if not isinstance(answer, dict):
            raise AwsError(f"aws {service} {operation} printed something else than an object: {text[:200]!r}")
        return answer

    def run(self, *words: str) -> str:
        """Run `aws` with *words*, and give what it printed.

        Raises:
            AwsError: AWS could not be reached, or refused.
        """
        done = subprocess.run(  # noqa: S603  # the program is found by name, its words are ours
            self._command(words), env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if done.returncode:
            raise _error(done.stderr.decode(errors="replace").strip() or f"aws ended with {done.returncode}", words)
        return done.stdout.decode(errors="replace")

    def become(self, *words: str) -> NoReturn:
        """Be `aws` with *words* from now on: it has the terminal, its signals, and the exit code.

        Raises:
            AwsError: there is no such program.
        """
        command = self._command(words)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(command[0], command, _environment())  # noqa: S606  # as above

    def _command(self, words: Iterable[str]) -> list[str]:
        who = ["--profile", self.profile] if self.profile else []
        return [_program(), *words, "--region", self.region, *who]


def _environment() -> dict[str, str]:
    """Version 2 pages, asks for missing parameters and colours, when told to by the user's configuration."""
    return os.environ | {"AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off", "PYTHONIOENCODING": "utf-8"}


def _program() -> str:
    """The CLI of the user, on the PATH; else the one that is installed beside tapgen."""
    beside = Path(sys.executable).with_name("aws")
    if found := shutil.which("aws") or (str(beside) if beside.exists() else None):
        return found
    raise AwsError("the AWS CLI is not installed: there is no `aws` on the PATH. pip install awscli brings one")


def _error(text: str, words: tuple[str, ...]) -> AwsError:
    if found := _REFUSAL.search(text):
        return AwsError(found["text"].strip(), found["code"], found["operation"])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return AwsError(f"aws {' '.join(words[:2])}: {lines[-1]}")


def at_once(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Do *work* for all *items* side by side, since most of the time of a call is the start of the CLI."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(work, items))


def both(first: Callable[[], Item], second: Callable[[], Result]) -> tuple[Item, Result]:
    """Ask for two different things side by side."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        other = pool.submit(second)
        return first(), other.result()


def pages(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """*items* in parts, for operations that take no more than so many at once."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def moment(printed: str | float) -> datetime:
    """A time, as the CLI prints it: in words, or, version 1 by default, in seconds since 1970."""
    if isinstance(printed, str):
        return datetime.fromisoformat(printed)
    return datetime.fromtimestamp(printed).astimezone()


def options(name: str, values: Mapping[str, str]) -> Iterator[str]:
    """Keys and values as the CLI takes them: `--tags Key=…,Value=…`."""
    if values:
        yield name
        # As JSON: a comma in a value would end it in the short form.
        yield from (json.dumps({"Key": key, "Value": value}) for key, value in values.items())
