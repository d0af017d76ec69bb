"""The workflows in the documents: what they run is there, and they have the rights they need and no more."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapgen.config.model import Ci
from tapgen.config.read import read
from tapgen.layers.bootstrap import LONGEST
from tapgen.parse import parse
from tapgen.render import render_shared
from tests.layers.test_rights import by_ci

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "workflows"
MAKEFILE = (ROOT / "tapgen/init/Makefile").read_text("utf-8")
CONFIGURATION = read(ROOT / "tapgen.yaml")


def workflow(name: str) -> dict[str, Any]:
    # `on` is a word for true in YAML 1.1.
    found: dict[str, Any] = yaml.load((FOLDER / f"{name}.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
    return found


WORKFLOWS = {path.stem: workflow(path.stem) for path in sorted(FOLDER.glob("*.yaml"))}
JOBS = [(name, job) for name, found in WORKFLOWS.items() for job in found["jobs"]]
each_job = pytest.mark.parametrize(("name", "job"), JOBS, ids="-".join)


def steps(name: str, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = WORKFLOWS[name]["jobs"][job]["steps"]
    return found


def role(name: str, job: str) -> str:
    """The variable that holds the role that a job gets; nothing where it gets none."""
    given = [
        step["with"]["role-to-assume"]
        for step in steps(name, job)
        if "configure-aws-credentials" in step.get("uses", "")
    ]
    return re.fullmatch(r"\$\{\{ vars\.(\w+) \}\}", given[0])[1] if given else ""  # type: ignore[index]


def commands(name: str, job: str) -> Iterator[list[str]]:
    for step in steps(name, job):
        for line in step.get("run", "").splitlines():
            if line.startswith("make "):
                yield re.split(r"[|>]", line)[0].split()


def test_they_are_started_by_what_is_merged_and_by_what_is_proposed() -> None:
    assert WORKFLOWS["deploy"]["on"] == {"push": {"branches": ["main"]}}
    assert WORKFLOWS["preview"]["on"] == {"pull_request": {"branches": ["main"]}}
    assert WORKFLOWS["review"]["on"] == {"pull_request": {"branches": ["main"]}}


@each_job
def test_what_they_run_is_there(name: str, job: str) -> None:
    for _, *words in commands(name, job):
        (target,) = [word for word in words if "=" not in word and not word.startswith("-")]
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
        assert recipe, target
        text = recipe[1] + "".join(re.findall(r"^(?:WHERE|AS_IT_IS) = .*$", MAKEFILE, re.MULTILINE))
        for variable in [word.partition("=")[0] for word in words if "=" in word]:
            assert f"$({variable})" in text or f"$(if $({variable})" in text, variable


@each_job
def test_nothing_from_outside_gets_into_a_shell(name: str, job: str) -> None:
    assert not [step["run"] for step in steps(name, job) if "${{" in step.get("run", "")]


@each_job
def test_actions_are_those_of_a_major_version_and_leave_no_credentials(name: str, job: str) -> None:
    used = [step for step in steps(name, job) if "uses" in step]
    assert used
    for step in used:
        assert re.fullmatch(r"(actions|aws-actions|github/codeql-action)/[a-z-]+@v\d+", step["uses"])
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@each_job
def test_a_job_may_ask_for_a_token_where_it_gets_a_role_alone(name: str, job: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    found = WORKFLOWS[name]["jobs"][job]
    if role(name, job):
        assert found["permissions"] == {"contents": "read", "id-token": "write"}
    elif (name, job) != ("review", "publish"):
        assert {"permissions", "environment"}.isdisjoint(found)


def test_what_may_write_runs_nothing_of_a_pull_request() -> None:
    publish = WORKFLOWS["review"]["jobs"]["publish"]
    writing = {name for name, right in publish["permissions"].items() if right == "write"}
    assert writing == {"pull-requests", "security-events"}
    assert "environment" not in publish
    assert "head.repo.full_name == github.repository" in publish["if"]
    assert not list(commands("review", "publish"))
    for step in publish["steps"]:
        assert "setup" not in step.get("uses", "")
        for line in step.get("run", "").splitlines():
            assert "gh api" in line or re.match(r"(issues|own|comment)=|(el)?if |fi$", line.strip()), line


@each_job
def test_the_role_lets_exactly_the_environment_of_its_job_in(name: str, job: str) -> None:
    variable = role(name, job)
    if not variable:
        assert not [words for words in commands(name, job) if any(word.startswith("ENV=") for word in words)]
        return
    verb = {"DEPLOY_ROLE_ARN": "Deploy", "PREVIEW_ROLE_ARN": "Preview"}[variable]
    environments = {word[4:] for words in commands(name, job) for word in words if word.startswith("ENV=")}
    assert environments == {job}
    ci = Ci(repository="acme/shop", previews=True)
    template = parse(render_shared(by_ci(CONFIGURATION, ci))["bootstrap.yaml"])
    properties = template["Resources"][f"{job.capitalize()}{verb}Role"]["Properties"]
    (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
    (subject,) = [value for key, value in statement["Condition"]["StringEquals"].items() if key.endswith(":sub")]
    assert subject == f"repo:acme/shop:environment:{WORKFLOWS[name]['jobs'][job]['environment']}"
    (seconds,) = [
        step["with"].get("role-duration-seconds", "3600") for step in steps(name, job) if "role-to-assume" in str(step)
    ]
    assert int(seconds) <= properties.get("MaxSessionDuration", 3600)
    if verb == "Deploy":
        assert int(seconds) == LONGEST


def test_every_environment_is_deployed_one_after_the_other() -> None:
    jobs = WORKFLOWS["deploy"]["jobs"]
    assert list(jobs) == list(CONFIGURATION.environments)
    assert [found.get("needs") for found in jobs.values()] == [None, *list(jobs)[:-1]]


def test_a_pull_request_runs_without_a_role_first_and_from_a_fork_alone_so() -> None:
    jobs = WORKFLOWS["preview"]["jobs"]
    for name, found in jobs.items():
        if role("preview", name):
            assert found["needs"] == "check"
            assert found["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
            assert [words for words in commands("preview", name) if "preview" in words and "APART=yes" in words]
    assert not role("preview", "check")


@pytest.mark.parametrize("code", [0, 2])
def test_what_a_preview_says_is_between_fences_even_if_it_fails(code: int, tmp_path: Path) -> None:
    make, summary = tmp_path / "make", tmp_path / "summary"
    make.write_text(f"#!/bin/sh\necho what would change\nexit {code}\n")
    make.chmod(0o755)
    (step,) = [each for each in steps("preview", "prod") if "GITHUB_STEP_SUMMARY" in each.get("run", "")]
    assert step["shell"] == "bash"
    # How GitHub runs `shell: bash`: docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)}
    done = subprocess.run(shell, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert summary.read_text() == "```\nwhat would change\n```\n"
