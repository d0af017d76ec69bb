"""Workflows deploy with the rights of the deploy role: as it was made in the account, and nothing beside it.

The local AWS denies nobody anything, so the CLI is guarded: what the role does not allow is refused before it is sent.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tapgen import actions

from . import guarded
from .conftest import New
from .platform import SMALL, VENV, Done, Repository

pytestmark = pytest.mark.slow

BY_CI = SMALL + "ci: {repository: acme/shop}\njobs: {hello: {}}\n"


class Workflow:
    """Commands with the rights of a role, but for some of its actions."""

    def __init__(self, team: Repository, folder: Path) -> None:
        self.team, self.folder = team, folder
        aws = folder / "aws"
        aws.write_text(f'#!/bin/sh\nexec {sys.executable} {guarded.__file__} "$@"\n', encoding="utf-8")
        aws.chmod(0o755)

    def run(self, *words: str, without: str = "") -> Done:
        """Deploy something; *without* an action that the role has."""
        statements = [
            each | {"Action": [action for action in each["Action"] if action != without]} for each in self._role()
        ]
        named = {action for each in statements for action in each["Action"]}
        rights = {
            "aws": str(VENV / "bin" / "aws"),
            "account": self.team.aws.number,
            "statements": statements,
            "unnamed": [action for action in named if not actions.knows_resources(action)],
        }
        (self.folder / "rights.json").write_text(json.dumps(rights), encoding="utf-8")
        path = f"{self.folder}:{self.team.environment['PATH']}"
        return self.team.deploy(*words, PATH=path, TEST_RIGHTS=str(self.folder / "rights.json"))

    def _role(self) -> list[dict[str, Any]]:
        """What the role that bootstrap made allows, with every name as it is."""
        iam = self.team.aws("iam")
        (name,) = [each["RoleName"] for each in iam.list_roles()["Roles"] if "DevDeployRole" in each["RoleName"]]
        (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
        found: list[dict[str, Any]] = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"][
            "Statement"
        ]
        return found


@pytest.fixture
def workflow(new: New, living_aws: Mapping[str, str], tmp_path: Path) -> Workflow:
    team = new(living_aws, BY_CI)
    team.prepared()
    return Workflow(team, tmp_path)


def good(done: Done, *told: str) -> None:
    assert done.code == 0, done.text
    assert done.lacks(*told) == [], done.text


def test_a_workflow_deploys_with_the_rights_of_its_role_and_not_with_less(workflow: Workflow) -> None:
    refused = workflow.run("deploy", "-e", "dev", without="cloudformation:ExecuteChangeSet")
    assert (refused.code, refused.lacks("AccessDenied", "cloudformation:ExecuteChangeSet")) == (5, []), refused.text
    good(workflow.run("deploy", "-e", "dev"), "shop-dev")
    workflow.team.edit("path: /web", "path: /web, stop_timeout: 50")
    good(workflow.run("preview", "-e", "dev"), "stack ServiceWeb")
    good(workflow.run("deploy", "-e", "dev"), "ServiceWeb: updated")
    good(workflow.run("status", "-e", "dev"), "service web  ok         rolling  2 of 2 tasks")
    good(workflow.run("outputs", "-e", "dev"), "ClusterName=")
    good(workflow.run("task", "hello", "-e", "dev"), "hello ended with 0")
    good(workflow.run("logs", "hello", "-e", "dev"))
    for lacking, *words in (
        ("ecs:DescribeServices", "status", "-e", "dev"),
        ("iam:PassRole", "preview", "-e", "dev"),
        ("ecs:RunTask", "task", "hello", "-e", "dev"),
    ):
        done = workflow.run(*words, without=lacking)
        assert (done.code, done.lacks("AccessDenied", lacking)) == (5, []), (lacking, done.text)


def test_a_workflow_cannot_touch_what_is_not_its_environments(workflow: Workflow) -> None:
    done = workflow.run("bootstrap", "-e", "dev")
    assert (done.code, done.lacks("AccessDenied", "stack/shop-bootstrap")) == (5, []), done.text
    done = workflow.run("destroy", "-e", "dev", "--confirm", "dev")
    assert "is gone" not in done.text
