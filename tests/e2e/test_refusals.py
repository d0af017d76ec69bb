"""What is not as it must be is refused, with what to do, before anything is changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .platform import Done, Repository

pytestmark = pytest.mark.slow


def refused(done: Done, code: int, *told: str) -> None:
    assert done.code == code, done.text
    assert done.lacks(*told) == [], done.text
    assert "Traceback" not in done.text


def test_whoever_may_not_or_cannot_is_told_why(team: Repository) -> None:
    """Nothing is sent, so there is nothing afterwards."""
    deploy = ("deploy", "-e", "dev")
    refused(team.deploy(*deploy, AWS_ACCESS_KEY_ID="999999999999"), 4, "of account 999999999999", team.aws.number)
    refused(team.deploy(*deploy, AWS_SESSION_TOKEN="expired"), 5, "(ExpiredToken)", "log in again")
    refused(team.deploy(*deploy, AWS_ACCESS_KEY_ID="AKIANOBODY"), 5, "(InvalidClientTokenId)", "log in again")
    refused(team.deploy(*deploy, "--region", "us-east-1"), 4, "REGION is us-east-1, and tapgen.yaml says eu-west-1")
    refused(team.deploy(*deploy, AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1"), 5, "check the network")
    refused(team.deploy("deploy", "-e", "nowhere"), 2, "there is no environment 'nowhere'", "allowed: dev")
    refused(team.deploy("deploy"), 2, "which environment?")
    refused(team.deploy(*deploy), 4, "shop-bootstrap is not there yet", "run: make bootstrap")
    refused(team.deploy("smoke", "-e", "dev"), 4, "run: make deploy ENV=dev")
    (team.folder / "templates_out" / "dev" / "keys.yaml").write_text("Resources: {}\n")
    refused(team.deploy(*deploy), 4, "keys.yaml was not written by tapgen", "run: make render")
    assert team.stacks() == {}


def test_what_all_share_must_be_there_and_current(settled: Repository) -> None:
    team = settled
    (bucket,) = team.aws("s3").list_buckets()["Buckets"]
    everything = team.aws("s3").list_object_versions(Bucket=bucket["Name"])["Versions"]
    for each in everything:
        team.aws("s3").delete_object(Bucket=bucket["Name"], Key=each["Key"], VersionId=each["VersionId"])
    team.aws("s3").delete_bucket(Bucket=bucket["Name"])
    team.edit("path: /web", "path: /web, stop_timeout: 50")
    refused(team.deploy("deploy", "-e", "dev"), 4, "the bucket that bootstrap made is gone", bucket["Name"])
    team.write((team.folder / "tapgen.yaml").read_text("utf-8") + "registry: {keep: 20}\n")
    refused(team.deploy("deploy", "-e", "dev"), 4, "shop-registry is not what registry.yaml says", "make registry")
    assert team.status == "CREATE_COMPLETE"


def test_a_full_disk_is_told(settled: Repository, tmp_path: Path) -> None:
    """A limit on the size of files stands in for one: writing fails in the same place."""
    settled.edit("path: /web", "path: /web, stop_timeout: 50")
    script = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    script += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    script += "sys.argv[1:] = ['deploy', '-e', 'dev']; from tapgen.deploy.cli import main; main()"
    done = settled.run(sys.executable, "-c", script, TMPDIR=str(tmp_path))
    refused(done, 2, "the templates cannot be laid out for the upload: File too large")
    assert list(tmp_path.iterdir()) == []
