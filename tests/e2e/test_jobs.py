"""A job, from the file to its exit code."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from .conftest import New
from .platform import Repository

pytestmark = pytest.mark.slow

JOBS = """\
name: shop
services:
  worker: {}
jobs:
  hello: {}
  migrate: {command: [migrate]}
environments:
  dev:
    account: "ACCOUNT"
    region: eu-west-1
    protect: false
    network: {nat: single, zones: 2, flow_logs: "off"}
"""


@pytest.fixture
def team(new: New, living_aws: Mapping[str, str]) -> Repository:
    """A team with jobs, deployed, where containers run."""
    made = new(living_aws, JOBS)
    made.prepared()
    made.use(migrate=made.push("migrate", exit_code="3", log="migrating\nno such column"))
    made.made()
    return made


def test_a_job_runs_and_its_exit_code_is_that_of_the_command(team: Repository) -> None:
    done = team.make("task", "ENV=dev", "TASK=hello")
    assert (done.code, done.lacks("No image yet, so there is nothing to do.", "hello ended with 0")) == (0, [])
    done = team.deploy("task", "migrate", "-e", "dev")
    assert (done.code, done.lacks("migrating", "no such column", "migrate ended with 3")) == (3, [])
    done = team.make("logs", "ENV=dev", "SERVICE=migrate")
    assert (done.code, done.lacks("migrate", "no such column")) == (0, [])
    done = team.deploy("logs", "wörker", "-e", "dev")
    assert (done.code, done.lacks("there is no service or job", "worker, hello, migrate")) == (2, [])
    done = team.deploy("status", "-e", "dev")
    wanted = ("job hello    on request; the last run succeeded", "job migrate  on request; the last run failed")
    assert (done.code, done.lacks(*wanted)) == (0, [])
