"""What must be clear before anything is asked of AWS, and what is said when it is not, or somebody interrupts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.config.environment import Environment
    from tapgen.deploy.aws import Aws
    from tapgen.deploy.guard import Caller
    from tapgen.deploy.target import Project


def checked(
    config: Path, name: str, region: str, *, uncommitted: bool | None = None
) -> tuple[Project, Environment, Aws, Caller]:
    """Everything that concerns an environment, once it is clear that the caller may mean it.

    With *uncommitted* said, its templates are looked at too.
    """
    from tapgen.deploy import guard

    project = project_beside(config)
    environment = project.environment(name) if uncommitted is not None else project.sole_environment(name)
    if uncommitted is not None:
        only = [*project.of_environment(environment.name), "bootstrap.yaml", "registry.yaml"]
        guard.deployable(environment)
        guard.reviewed(project, only, uncommitted=uncommitted)
    aws = aws_in(environment.region)
    return project, environment, aws, guard.caller(aws, environment.account, environment.region, region)


def project_beside(config: Path, *, built: bool = True) -> Project:
    """The project that a configuration is the middle of."""
    from tapgen.deploy.target import beside

    return beside(config, built=built)


def aws_in(region: str) -> Aws:
    """The AWS CLI in a Region."""
    from tapgen.deploy.aws import Aws

    return Aws(region)


def absent(stack: str, name: str) -> Exception:
    """What to raise where an environment is not deployed."""
    from tapgen.deploy.guard import RefusedError

    return RefusedError(f"{stack} is not there, or has nothing to tell", f"run: make deploy ENV={name}")


@contextmanager
def interruptible(stack: str, region: str) -> Iterator[None]:
    """Say what goes on when somebody presses Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        named = f"--stack-name {stack} --region {region}"
        tell(f"\nInterrupted: AWS goes on with {stack}, if it has begun. See: make status")
        tell(f"To cancel an update: aws cloudformation cancel-update-stack {named}")
        raise
