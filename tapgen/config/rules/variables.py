"""What must hold for environment variables and the secrets in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tapgen.config.data import VARIABLES
from tapgen.config.data import variable as data_variable
from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.service import Service
from tapgen.config.suggest import did_you_mean
from tapgen.config.workload import ContainerSettings, Sidecar, Workload, containers, split_reference, url_variable
from tapgen.config.yaml.tree import Keys
from tapgen.credentials import credential

OURS = ("SERVICE_NAME", "ENVIRONMENT", "PORT")
"""What every container is told."""

TELEMETRY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME")
"""What tells a container of its collector."""

AWS = frozenset(
    {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_REGION",
        "ECS_AGENT_URI",
        "ECS_CONTAINER_METADATA_URI",
        "ECS_CONTAINER_METADATA_URI_V4",
    }
)
"""What Fargate sets in every container.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-metadata.html
"""

SUBSTITUTION = re.compile(r"\$\{(AWS::[A-Za-z0-9]+|(?=[A-Za-z0-9]*[a-z])[A-Z][A-Za-z0-9]*)\}")
"""What looks like a parameter or resource of a template: `${AWS::Region}`, `${ClusterName}`; `${HOME}` does not."""


def _containers(environment: Environment) -> Iterator[tuple[Keys, Workload, ContainerSettings]]:
    for home, workload in environment.workloads.items():
        for path, container in containers(workload):
            yield (*home, *path), workload, container


def known_secrets(environment: Environment) -> Iterator[Complaint]:
    """A variable holds a secret that the platform has."""
    for path, _, container in _containers(environment):
        for variable, reference in container.generated.items():
            secret, _ = split_reference(reference)
            known = [*environment.secrets, *(name for name, word in environment.usable.items() if word == "databases")]
            if secret not in known:
                near = did_you_mean(secret, known)
                yield Complaint(
                    (*path, "secrets", variable),
                    "is a part of a secret that is not declared",
                    ", ".join(known),
                    near or "declare the secret beside `network`, under `secrets`",
                    premises=(("secrets", secret), ("databases", secret)),
                )


def secrets_are_here(environment: Environment) -> Iterator[Complaint]:
    """A secret, a parameter and a key are of the account and Region of their tasks.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    here = (environment.region, environment.account)
    allowed = f"one of account {environment.account} in {environment.region}"
    for path, workload, container in _containers(environment):
        for variable, existing in container.existing.items():
            if existing.home and existing.home[1:] != here:
                yield Complaint((*path, "secrets", variable), "is of another account or Region", allowed)
        for position, key in enumerate(workload.secret_keys if container is workload else ()):
            if tuple(key.split(":")[3:5]) != here:
                yield Complaint((*path, "secret_keys", position), "is of another account or Region", allowed)


def keys_have_secrets(environment: Environment) -> Iterator[Complaint]:
    """Whoever may decrypt has something to decrypt."""
    for path, workload in environment.workloads.items():
        if workload.secret_keys and not any(container.existing for _, container in containers(workload)):
            message = "has nothing to decrypt: no variable holds a secret or parameter that exists already"
            yield Complaint((*path, "secret_keys"), message, "", "leave it out", premises=((*path, "secrets"),))


def set_once(environment: Environment) -> Iterator[Complaint]:
    """A variable is plain or secret.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    for path, _, container in _containers(environment):
        for variable in container.env:
            if variable in container.secrets:
                place = (*path, "env", variable)
                yield Complaint(place, "is set in `secrets` too", "", "keep one of them", at_key=True)


def not_reserved(environment: Environment) -> Iterator[Complaint]:
    """Variables that tapgen or AWS sets are not set by hand; a side-car is told nothing by tapgen.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-metadata.html
    """
    for path, workload, container in _containers(environment):
        owners = dict.fromkeys(AWS, "AWS") | ({} if isinstance(container, Sidecar) else _told(environment, workload))
        for section in ("env", "secrets"):
            for variable in getattr(container, section):
                if owner := owners.get(variable):
                    message = f"is set by {owner}"
                    yield Complaint((*path, section, variable), message, "", "choose another name", at_key=True)


def distinct_variables(environment: Environment) -> Iterator[Complaint]:
    """No two of the variables that tapgen sets have one name: `orders-queue` may be called, and `orders` be a queue."""
    for path, workload in environment.workloads.items():
        urls = _urls(environment, workload)
        for variable, name in _data(environment, workload).items():
            if variable in urls:
                message = f"its variable {variable} is that of the URL of {urls[variable]} too"
                place = (*path, "access", name)
                yield Complaint(place, message, "", "rename one of them", at_key=True, premises=((*path, "calls"),))


def _told(environment: Environment, workload: Workload) -> dict[str, str]:
    """Who sets the variables that the container of a workload is told, with what they hold."""
    told = {variable: f"tapgen to the URL of {callee}" for variable, callee in _urls(environment, workload).items()}
    told |= {variable: f"tapgen to where `{name}` is" for variable, name in _data(environment, workload).items()}
    if workload.telemetry:
        told |= dict.fromkeys(TELEMETRY, "tapgen where `telemetry` is on")
    return told | dict.fromkeys(OURS, "tapgen for every service")


def _data(environment: Environment, workload: Workload) -> dict[str, str]:
    """What the variables are about that say where data are."""
    used = {name: word for name, word in environment.usable.items() if name in workload.access}
    return {data_variable(name, end): name for name, word in used.items() for end in VARIABLES[word]}


def _urls(environment: Environment, workload: Workload) -> dict[str, str]:
    """What the variables with the URLs of who is called hold."""
    called = [environment.services[name] for name in workload.callees if name in environment.services]
    ports = [(callee.name, port) for callee in called for port in callee.ports]
    return {
        **{url_variable(f"{name}-{port}"): f"`{port}` of `{name}`" for name, port in ports},
        **{url_variable(name): f"`{name}`" for name in workload.callees},
    }


def no_credentials(environment: Environment) -> Iterator[Complaint]:
    """No text of a container holds credentials: everyone who may describe a task definition reads it.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
    """
    for path, _, container in _containers(environment):
        for place, text in _texts(container):
            if kind := credential(text):
                hint = (
                    "anyone who may read the task definition sees it: use `secrets`, and replace what was written here"
                )
                yield Complaint((*path, *place), f"looks like {kind}", "", hint)


def no_references(environment: Environment) -> Iterator[Complaint]:
    """Text stays text, and is none of CloudFormation's own: no dynamic reference, and nothing to substitute.

    CloudFormation would put the value of a secret or parameter in the place of the first; the second is text only as
    long as nothing substitutes, and then a part of another stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
    """
    for path, _, container in _containers(environment):
        for place, text in _texts(container):
            if "{{resolve:" in text:
                hint = "use `secrets`: the value reaches the container, and nobody who reads the template"
                yield Complaint((*path, *place), "is a dynamic reference of CloudFormation", "", hint)
            if SUBSTITUTION.search(text):
                message = "looks like a parameter of a template, which a container cannot use"
                hint = "write the value itself; a variable of the container is written in capitals, such as ${HOME}"
                yield Complaint((*path, *place), message, "", hint)


def _texts(container: ContainerSettings) -> Iterator[tuple[Keys, str]]:
    """All free text of a container, by path."""
    for variable, value in container.env.items():
        yield ("env", variable), value
    checks = container.health.container.command if isinstance(container, Service) else ()
    checks = container.health.command if isinstance(container, Sidecar) else checks
    commands: dict[Keys, Sequence[str] | None] = {
        ("command",): container.command,
        ("entry_point",): container.entry_point,
        ("health", *(() if isinstance(container, Sidecar) else ("container",)), "command"): checks,
    }
    for path, words in commands.items():
        for position, word in enumerate(words or ()):
            yield (*path, position), word
