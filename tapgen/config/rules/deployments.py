"""What must hold for the way in which new versions replace old ones."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.service import Service
from tapgen.config.types import Model

LONGEST = 33 * 60
"""Minutes that requests may take to move, of the 36 hours for which CloudFormation waits."""

HEEDED = {"canary": "canary", "linear": "linear", "max_percent": "rolling", "min_percent": "rolling"}
"""What is heeded by one strategy alone."""

LONGEST_TEST = 240
"""Seconds in which all answers must come, of those for which the function may run."""


def requests_to_move(environment: Environment) -> Iterator[Complaint]:
    """A strategy that moves requests needs some: from the load balancer, or by Service Connect."""
    for name, service in _coloured(environment):
        if not service.port:
            message = f"`{name}` has no `port`, so it gets no requests that `{service.deployment.strategy}` could move"
            hint = f"say it of the service: `{name}: {{deployment: {{strategy: rolling}}}}`"
            premises = (("services", name, "port"),)
            yield Complaint(_strategy(name), message, "rolling", hint, premises=premises)


def one_rule_for_colours(environment: Environment) -> Iterator[Complaint]:
    """ECS moves the requests of one rule, and each path has its own.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html
    """
    for name, service in _coloured(environment):
        if len(service.paths) > 1:
            message = f"ECS moves the requests of one path, and `{name}` has {len(service.paths)}"
            hint = "let another service have the other paths, or say `deployment: {strategy: rolling}` of this one"
            yield Complaint(_strategy(name), message, "rolling", hint, against=("services", name, "path"))


def sessions_stay(environment: Environment) -> Iterator[Complaint]:
    """A cookie names a task, and while both versions get requests, the load balancer first chooses the version.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    for name, service in _coloured(environment):
        if service.two_groups and service.sticky and len(service.deployment.steps) > 1:
            message = (
                f"`{service.deployment.strategy}` would send a browser to and fro, and `sticky` keeps it to one task"
            )
            yield Complaint(_strategy(name), message, "rolling, blue-green", against=("services", name, "sticky"))


def colours_need_service_connect(environment: Environment) -> Iterator[Complaint]:
    """App Mesh sends callers to a new version as soon as its tasks are there."""
    for name, _ in _coloured(environment) if environment.mesh.app_mesh else ():
        message = f"App Mesh sends callers to new tasks at once, so ECS could not move requests for `{name}`"
        yield Complaint(_strategy(name), message, "rolling", against=("mesh", "app_mesh"))


def words_of_strategy(environment: Environment) -> Iterator[Complaint]:
    """What another strategy than that of a service would heed is not silently ignored."""
    for name, service in environment.services.items():
        said = service.deployment
        for key, strategy in HEEDED.items():
            if key not in said.model_fields_set or said.strategy == strategy:
                continue
            message = f"has no effect, since the strategy of `{name}` is {said.strategy}"
            hint = f"leave it out, or say `strategy: {strategy}`"
            value = getattr(said, key)
            for rest in [(each,) for each in value.model_fields_set] if isinstance(value, Model) else [()]:
                path = ("services", name, "deployment", key, *rest)
                yield Complaint(path, message, "", hint, premises=(_strategy(name),), idle=True)


def tested_by_own_listener(environment: Environment) -> Iterator[Complaint]:
    """New versions are asked by a listener of their own, which a load balancer of somebody else does not have."""
    for name in environment.tested if environment.ingress.existing else ():
        message = "a load balancer that is there already has no listener for new versions, so nobody could ask them"
        yield Complaint(("services", name, "deployment", "test", "enabled"), message, "false")


def answers_in_time(environment: Environment) -> Iterator[Complaint]:
    """The function that asks a new version ends by itself, however late each answer comes.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """
    for name, service in environment.tested.items():
        test = service.deployment.test
        if (takes := test.times * test.seconds) > LONGEST_TEST:
            message = f"{test.times} answers of {test.seconds:g} seconds each would take {takes:g} seconds"
            where = ("services", name, "deployment", "test")
            allowed = f"{LONGEST_TEST} seconds together"
            yield Complaint((*where, "times"), message, allowed, against=(*where, "seconds"))


def deployments_end(environment: Environment) -> Iterator[Complaint]:
    """CloudFormation waits for a deployment of ECS, and not for ever: it refuses steps and bakes that take too long.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-linearconfiguration.html
    """
    for name, _ in _coloured(environment):
        minutes = environment.minutes_to_deploy(name)
        if minutes > LONGEST:
            hint = "fewer or shorter steps, or a shorter `bake_minutes`"
            message = f"a deployment of `{name}` would take {minutes} minutes, and CloudFormation gives up"
            yield Complaint(("services", name, "deployment"), message, f"at most {LONGEST} minutes", hint)


def _coloured(environment: Environment) -> Iterator[tuple[str, Service]]:
    yield from ((name, service) for name, service in environment.services.items() if service.deployment.coloured)


def _strategy(name: str) -> tuple[str, ...]:
    return ("services", name, "deployment", "strategy")
