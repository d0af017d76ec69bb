"""The workflow and the script that review a branch: their steps are run, in real repositories of git.

GitHub is stood in for by a program called `gh`, which keeps what it is called with and answers like the real one where
it is asked for comments; and what the actions do that a step uses is done here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapgen.init import init

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "docs/workflows"
WORKFLOW: dict[str, Any] = yaml.load((FOLDER / "review.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
TABLE = """\
Resources:
  Carts:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: {policy}
    Properties:
      KeySchema:
      - AttributeName: {key}
        KeyType: HASH
"""
FORMATS = ("md", "sarif", "html")
GH = """\
#!{python}
import json, subprocess, sys
from pathlib import Path
here = Path(__file__).parent
comments = here / "comments.json"
words = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
value = lambda name: words[words.index(name) + 1] if name in words else ""
if not value("--method"):
    print(*json.loads(comments.read_text()), sep="\\n")
else:
    (here / "body.md").write_text(Path(value("--field").removeprefix("body=@")).read_text())
"""


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """As on a machine of CI: with what its system says, and without what this process was told."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    told = {**kept, **identity, "PYTHONPATH": str(PROJECT), "GIT_CONFIG_GLOBAL": os.devnull, **more}
    return subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, check=False)


def git(folder: Path, *words: str) -> None:
    done = run(folder, "git", *words)
    assert done.returncode == 0, done.stderr


def change(folder: Path, **values: str) -> None:
    file = folder / "templates_out/dev/root.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TABLE.format(**values))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "a change")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The last commit of a branch, as most systems fetch it; the main branch went on since it left.

    What `make setup` would install, this environment has.
    """
    origin = tmp_path / "origin"
    git(tmp_path, "init", "-q", "-b", "main", str(origin))
    init(origin, "shop")
    change(origin, policy="Retain", key="id")
    git(origin, "switch", "-qc", "branch")
    change(origin, policy="Delete", key="number")
    git(origin, "switch", "-q", "main")
    (origin / "templates_out/dev/other.yaml").write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "meanwhile")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=branch", f"file://{origin}", str(clone))
    program(clone / ".venv/bin/tapgen", f'#!/bin/sh\nexec {sys.executable} -m tapgen "$@"\n')
    (clone / ".venv/.ready").touch()
    return clone


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def is_whole(folder: Path) -> None:
    """All reports are there, of the branch alone, not of what the main branch did since."""
    texts = {form: (folder / f"review.{form}").read_text() for form in FORMATS}
    assert "| 🔴 data-loss | `dev.Carts` |" in texts["md"]
    assert texts["html"].lower().startswith("<!doctype html>")
    assert "dev.Carts" in texts["html"]
    found = {each["ruleId"] for each in json.loads(texts["sarif"])["runs"][0]["results"]}
    assert found == {"data-loss", "protection", "replace"}
    assert "Topic" not in texts["md"]


@pytest.mark.parametrize(("refused", "code"), [("must-fail", 0), ("data-loss,must-fail", 1)])
def test_the_script_writes_every_report_and_fails_for_what_is_refused(checkout: Path, refused: str, code: int) -> None:
    done = run(checkout, "sh", str(FOLDER / "review.sh"), OUT="out/of it", FAIL_ON=refused)
    assert done.returncode == code, done.stderr
    is_whole(checkout / "out/of it")
    assert done.stdout.startswith("Danger (2)\n  data-loss: dev.Carts ")
    assert ("not to be: data-loss: dev.Carts" in done.stderr) == bool(code)


def test_the_script_knows_the_branch_that_gitlab_names(checkout: Path) -> None:
    git(checkout.parent / "origin", "branch", "-qm", "main", "trunk")
    assert run(checkout, "sh", str(FOLDER / "review.sh")).returncode != 0
    done = run(checkout, "sh", str(FOLDER / "review.sh"), CI_MERGE_REQUEST_TARGET_BRANCH_NAME="trunk")
    assert done.returncode == 0, done.stderr
    is_whole(checkout / "review")


def test_the_script_is_plain_and_without_findings() -> None:
    script = str(FOLDER / "review.sh")
    linted = subprocess.run([Path(sys.executable).with_name("shellcheck"), script], capture_output=True, check=False)
    assert linted.returncode == 0, linted.stdout
    assert Path(script).read_text().startswith("#!/bin/sh\n")


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yaml")))
def test_a_workflow_is_one_by_the_schema_and_its_steps_are_scripts_without_findings(name: str, tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("check-jsonschema")
    words = [str(tool), "--builtin-schema", "vendor.github-workflows", str(FOLDER / name)]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    jobs = yaml.safe_load((FOLDER / name).read_text("utf-8"))["jobs"].values()
    for number, step in enumerate(step for job in jobs for step in job["steps"] if "run" in step):
        (tmp_path / f"{number}.sh").write_text(f"#!/bin/bash\nset -e\n{step['run']}\n")
    scripts = sorted(tmp_path.glob("*.sh"))
    linted = subprocess.run([tool.with_name("shellcheck"), *scripts], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def steps(job: str) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in WORKFLOW["jobs"][job]["steps"] if "run" in step and "name" in step}


def as_github(folder: Path, step: dict[str, Any], **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does where no shell is named.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
    """
    script = folder.parent / "step.sh"
    script.write_text(step["run"])
    more |= {"GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "acme/shop"}
    return run(folder, "bash", "-e", str(script), **more)


def test_the_first_job_writes_the_reports_and_refuses(checkout: Path) -> None:
    """GitHub checks out what a merge would give."""
    git(checkout, "fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
    git(checkout, "merge", "-q", "--no-edit", "origin/main")
    summary = checkout.parent / "summary"
    done = as_github(checkout, steps("review")["What the templates will do"], GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stderr
    is_whole(checkout / "review")
    assert summary.read_text() == (checkout / "review/review.md").read_text()
    done = as_github(checkout, steps("review")["Nothing that must not be"])
    assert done.returncode == 2, "make turns every failure into 2"
    assert done.stdout.startswith(
        "::error file=templates_out/dev/root.yaml,line=5,title=Data are lost::dev.Carts is replaced"
    )


class Hub:
    """What the stand-in for gh was called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program(folder / "gh", GH.format(python=sys.executable))
        self.comments()

    def comments(self, *ids: int) -> None:
        """What it answers with when it is asked which comments are ours."""
        (self.folder / "comments.json").write_text(json.dumps(ids))

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]


def publish(hub: Hub, text: str) -> None:
    (hub.folder / "review").mkdir(exist_ok=True)
    (hub.folder / "review/review.md").write_text(text)
    step = steps("publish")["One comment, posted once and then kept up to date"]
    assert step["env"].keys() == {"GH_TOKEN", "PULL_REQUEST"}
    path = f"{hub.folder}:{os.environ['PATH']}"
    done = as_github(hub.folder, step, PATH=path, GH_TOKEN="t", PULL_REQUEST="7")
    assert done.returncode == 0, done.stderr


SAYS = "<!-- tapgen review -->\n\n### What these templates will do\n\n**1** replaced.\n"
NOTHING = SAYS.replace("**1** replaced.", "Nothing.")


def test_the_second_job_posts_a_comment_and_then_keeps_that_one_up_to_date(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    publish(hub, NOTHING)
    assert [call for call in hub.calls if "--method" in call] == [], "where there never was anything, nothing is said"
    publish(hub, SAYS)
    hub.comments(41, 42)
    publish(hub, SAYS + "more")
    publish(hub, NOTHING)
    issues = "repos/acme/shop/issues"
    assert [call[2:5] for call in hub.calls if "--method" in call] == [
        ["--method", "POST", f"{issues}/7/comments"],
        ["--method", "PATCH", f"{issues}/comments/41"],
        ["--method", "PATCH", f"{issues}/comments/41"],
    ]
    assert (hub.folder / "body.md").read_text() == NOTHING
    assert {call[2] for call in hub.calls if "--method" not in call} == {f"{issues}/7/comments"}


def test_a_comment_is_ours_by_its_author_and_its_marker() -> None:
    """The filter is for jq, which is not here: it asks for what every comment of ours begins with."""
    own = steps("publish")["One comment, posted once and then kept up to date"]["run"]
    (marker,) = re.findall(r'startswith\("(.*?)"\)', own)
    assert SAYS.startswith(marker)
    assert '.user.login == "github-actions[bot]"' in own
