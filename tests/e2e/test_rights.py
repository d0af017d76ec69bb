"""Workflows deploy with the rights of the deploy role: as it was made in the account, and nothing beside it.

The local AWS denies nobody anything, so the CLI is guarded: what the role does not allow is refused before it is sent.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapgen import actions

from . import guarded
from .conftest import New
from .platform import SMALL, VENV, Done, Repository

pytestmark = pytest.mark.slow

WORKFLOWS = Path(__file__).parents[2] / "docs/workflows"
BY_CI = SMALL + "ci: {repository: acme/shop, previews: true}\njobs: {hello: {}}\n"


class Workflow:
    """Commands with the rights of a role, but for some of its actions."""

    def __init__(self, team: Repository, folder: Path) -> None:
        self.team, self.folder = team, folder
        aws = folder / "aws"
        aws.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {guarded.__file__} "$@"\n', encoding="utf-8")
        aws.chmod(0o755)

    def job(self, workflow: str, job: str) -> list[Done]:
        """Do what a job of a workflow in the documents does, with the role that it gets; until a step fails."""
        text = (WORKFLOWS / f"{workflow}.yaml").read_text("utf-8")
        found = yaml.safe_load(text)["jobs"][job]
        (role,) = [
            each["with"]["role-to-assume"] for each in found["steps"] if "role-to-assume" in each.get("with", {})
        ]
        self._grant(
            {"${{ vars.DEPLOY_ROLE_ARN }}": "DevDeployRole", "${{ vars.PREVIEW_ROLE_ARN }}": "DevPreviewRole"}[role]
        )
        return [self._step(each["run"].replace("ENV=prod", "ENV=dev")) for each in found["steps"] if "run" in each]

    def _step(self, script: str) -> Done:
        address = self.team.environment["AWS_ENDPOINT_URL"].removeprefix("http://")
        given = {"VENV": str(VENV), "LOCK": str(VENV / "pyvenv.cfg"), "CONNECT": f"http={address}"}
        given |= {"GITHUB_STEP_SUMMARY": str(self.folder / "summary")}
        return self.team.run("bash", "-eo", "pipefail", "-c", script, **self._guarded(), **given)

    def run(self, *words: str, without: str = "", role: str = "DevDeployRole") -> Done:
        """Deploy something; *without* an action that the role has."""
        self._grant(role, without)
        return self.team.deploy(*words, **self._guarded())

    def _guarded(self) -> dict[str, str]:
        path = f"{self.folder}:{self.team.environment['PATH']}"
        return {"PATH": path, "TEST_RIGHTS": str(self.folder / "rights.json")}

    def _grant(self, role: str, without: str = "") -> None:
        statements = [
            each | {"Action": [action for action in each["Action"] if action != without]} for each in self._may(role)
        ]
        named = {action for each in statements for action in each["Action"]}
        rights = {
            "aws": shutil.which("aws"),
            "account": self.team.aws.number,
            "statements": statements,
            "unnamed": [action for action in named if not actions.knows_resources(action)],
        }
        (self.folder / "rights.json").write_text(json.dumps(rights), encoding="utf-8")

    def _may(self, role: str) -> list[dict[str, Any]]:
        """What a role that bootstrap made allows, with every name as it is."""
        iam = self.team.aws("iam")
        (name,) = [each["RoleName"] for each in iam.list_roles()["Roles"] if role in each["RoleName"]]
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
    _what_nobody_merged_is_previewed_and_cannot_be_deployed(workflow)
    checked, deployed, reached = workflow.job("deploy", "dev")
    good(checked)
    good(deployed, "ServiceWeb: updated")
    good(reached, "/web: 200, wanted 200")
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


def _what_nobody_merged_is_previewed_and_cannot_be_deployed(workflow: Workflow) -> None:
    by = "DevPreviewRole"
    together = workflow.run("preview", "-e", "dev", role=by)
    assert (together.code, together.lacks("AccessDenied", "s3:PutObject")) == (5, []), together.text
    _, apart = workflow.job("preview", "prod")
    good(apart, "stack ServiceWeb")
    assert "stack ServiceWeb" in (workflow.folder / "summary").read_text("utf-8")
    (change_set,) = workflow.team.aws.cloudformation.list_change_sets(StackName="shop-dev")["Summaries"]
    carried_out = workflow.run("deploy", "-e", "dev", "--change-set", change_set["ChangeSetName"])
    assert carried_out.code == 4, carried_out.text
    refused = workflow.run("deploy", "-e", "dev", role=by)
    assert (refused.code, refused.lacks("AccessDenied")) == (5, []), refused.text


def test_a_workflow_cannot_touch_what_is_not_its_environments(workflow: Workflow) -> None:
    done = workflow.run("bootstrap", "-e", "dev")
    assert (done.code, done.lacks("AccessDenied", "stack/shop-bootstrap")) == (5, []), done.text
    done = workflow.run("destroy", "-e", "dev", "--confirm", "dev")
    assert "is gone" not in done.text
