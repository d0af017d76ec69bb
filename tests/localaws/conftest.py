"""One local AWS for each worker, one account for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tapgen.localaws.process import running
from tests.localaws.account import REGION, Account

_NUMBERS = count(222222220000)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment that clients of a local AWS need."""
    with running(tmp_path_factory.mktemp("localaws"), region=REGION) as environment:
        yield environment


@pytest.fixture
def account(local_aws: Mapping[str, str]) -> Account:
    """An account that no other test uses."""
    return Account(local_aws, str(next(_NUMBERS)))


@pytest.fixture
def template(account: Account) -> Callable[[dict[str, Any]], str]:
    """The address, in S3, of a template of these resources."""
    account.bucket()

    def uploaded(template: dict[str, Any]) -> str:
        return account.upload(json.dumps(template))

    return uploaded


@pytest.fixture(scope="session")
def repository() -> Path:
    """Where the project is."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def slow_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Like `local_aws`, but each resource takes a while."""
    settings = {"TAPGEN_LOCALAWS_PACE": "0.3"}
    with running(tmp_path_factory.mktemp("slow"), region=REGION, settings=settings) as environment:
        yield environment


@pytest.fixture
def slow(slow_aws: Mapping[str, str]) -> Account:
    """An account in which everything takes a while."""
    return Account(slow_aws, str(next(_NUMBERS)))
