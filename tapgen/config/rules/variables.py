"""What must hold for environment variables and the secrets in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from tapgen.config.complaint import Complaint
from tapgen.config.model import Environment
from tapgen.config.service import Service, url_variable
from tapgen.config.suggest import did_you_mean
from tapgen.config.tree import Path

OURS = ("SERVICE_NAME", "ENVIRONMENT", "PORT")
"""What every container is told."""

CREDENTIALS = {
    "an AWS access key id": r"\b(AKIA|ASIA)[A-Z2-7]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a URL with a password": r"://[^/\s:@]*:[^/\s@]+@",
    "a token of GitHub": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a key of Stripe": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
}
"""What credentials look like."""

_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_RANDOM = 4.3
"""Bits per character above which 40 characters are no word or hash: keys of AWS have about 4.8, hashes below 4."""


def known_secrets(environment: Environment) -> Iterator[Complaint]:
    """A variable holds a secret that the platform has."""
    for name, service in environment.services.items():
        for variable, reference in service.secrets.items():
            secret = reference.partition(".")[0]
            if secret not in environment.secrets:
                hint = (
                    did_you_mean(secret, environment.secrets)
                    or f"declare it beside `network`: `secrets: {{{secret}: {{}}}}`"
                )
                yield Complaint(
                    ("services", name, "secrets", variable),
                    f"there is no secret `{secret}`",
                    ", ".join(environment.secrets),
                    hint,
                )


def set_once(environment: Environment) -> Iterator[Complaint]:
    """A variable is plain or secret.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    for name, service in environment.services.items():
        for variable in service.env:
            if variable in service.secrets:
                path = ("services", name, "env", variable)
                yield Complaint(path, "is set in `secrets` too", "", "keep one of them", at_key=True)


def not_reserved(environment: Environment) -> Iterator[Complaint]:
    """Variables that tapgen or ECS sets are not set by hand.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
    """
    for name, service in environment.services.items():
        for section in ("env", "secrets"):
            for variable in getattr(service, section):
                if owner := _owner(variable, service):
                    path = ("services", name, section, variable)
                    yield Complaint(path, f"is set by {owner}", "", "choose another name", at_key=True)


def _owner(variable: str, service: Service) -> str:
    if variable in OURS:
        return "tapgen for every service"
    if variable.startswith(("AWS_", "ECS_")):
        return "AWS"
    callee = next((callee for callee in service.calls if url_variable(callee) == variable), None)
    return f"tapgen to the URL of `{callee}`" if callee else ""


def no_credentials(environment: Environment) -> Iterator[Complaint]:
    """Plain variables hold no credentials: everyone who may describe a task definition reads them.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
    """
    for name, service in environment.services.items():
        for variable, value in service.env.items():
            if kind := credential(value):
                hint = (
                    "anyone who may read the task definition sees it: use `secrets`, and replace what was written here"
                )
                yield Complaint(("services", name, "env", variable), f"looks like {kind}", "", hint)


def no_dynamic_references(environment: Environment) -> Iterator[Complaint]:
    """Text stays text: CloudFormation would put the value of a secret or parameter where this stands.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    for name, service in environment.services.items():
        here: dict[Path, str] = {("env", variable): value for variable, value in service.env.items()}
        command = enumerate(service.health.container.command or ())
        here |= {("health", "container", "command", position): word for position, word in command}
        for path, text in here.items():
            if "{{resolve:" in text:
                hint = "use `secrets`: the value reaches the container, and nobody who reads the template"
                yield Complaint(("services", name, *path), "is a dynamic reference of CloudFormation", "", hint)


def credential(value: str) -> str:
    """What kind of credential *value* holds, or nothing."""
    for kind, pattern in CREDENTIALS.items():
        if re.search(pattern, value):
            return kind
    if any(_is_random(match[0]) for match in _SECRET_KEY.finditer(value)):
        return "an AWS secret access key"
    return ""


def _is_random(text: str) -> bool:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares) > _RANDOM
