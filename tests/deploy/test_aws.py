"""The real AWS CLI, where it cannot reach AWS or nobody says who asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tapgen.deploy.aws import Aws, AwsError, at_once, options


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_CA_BUNDLE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def refused() -> AwsError:
    with pytest.raises(AwsError) as error:
        Aws("eu-west-1")("sts", "get-caller-identity")
    assert error.value.exit_code == 5
    return error.value


def test_without_credentials_it_says_what_to_do() -> None:
    text = str(refused())
    assert text.startswith("error: aws sts get-caller-identity: ")
    assert "Unable to locate credentials" in text
    assert text.endswith("= help: say who you are: aws configure, or set AWS_PROFILE")


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "The config profile (nobody) could not be found\n = help: aws configure list-profiles" in str(refused())


def test_without_a_network_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111111111111")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    text = str(refused())
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"' in text
    assert "check the network, a proxy, and AWS_ENDPOINT_URL" in text


def test_without_the_cli_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert "the AWS CLI is not installed" in str(refused())


def test_the_cli_of_the_user_comes_first_and_that_of_the_environment_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "Unable to locate credentials" in str(refused())


def test_an_operation_that_does_not_exist_is_no_traceback() -> None:
    with pytest.raises(AwsError, match="aws sts get-nothing: "):
        Aws("eu-west-1")("sts", "get-nothing")


@pytest.mark.parametrize("prefix", ["\n", "\naws: [ERROR]: "])
def test_both_versions_name_the_error(prefix: str) -> None:
    """Version 2 puts its name before: https://github.com/aws/aws-cli/blob/v2/CHANGELOG.rst"""
    from tapgen.deploy.aws import _error

    said = "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation"
    error = _error(f"{prefix}{said} (reached max retries: 4): The token\nis old", ("sts", "get-caller-identity"))
    assert (error.code, error.operation, error.message) == ("ExpiredToken", "GetCallerIdentity", "The token\nis old")
    assert "log in again" in str(error)


def test_values_with_commas_stay_whole() -> None:
    assert list(options("--tags", {"A": 'b,c="d"'})) == ["--tags", '{"Key": "A", "Value": "b,c=\\"d\\""}']
    assert list(options("--tags", {})) == []


def test_what_is_done_at_once_keeps_its_order() -> None:
    assert at_once(lambda number: number * 2, range(20)) == list(range(0, 40, 2))
