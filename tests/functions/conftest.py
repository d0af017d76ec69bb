"""A local AWS with a database cluster, and the functions of the templates, loaded as Lambda would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

import pytest

from tapgen.localaws.process import running
from tests.functions.cluster import Cluster
from tests.localaws.account import REGION, Account

_NUMBERS = count(333333330000)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment that clients of a local AWS need."""
    with running(tmp_path_factory.mktemp("functions"), region=REGION) as environment:
        yield environment


@pytest.fixture(scope="session")
def cluster(local_aws: Mapping[str, str]) -> Cluster:
    """A cluster that speaks PostgreSQL, with the database `shop`."""
    return Cluster(Account(local_aws, str(next(_NUMBERS))))


@pytest.fixture
def account(local_aws: Mapping[str, str]) -> Account:
    """An account that no other test uses."""
    return Account(local_aws, str(next(_NUMBERS)))
