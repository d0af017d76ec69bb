"""A local AWS for each worker, and an account of it for each repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import pytest

from tapgen.localaws.process import running

from .platform import SMALL, Repository, repository

_ACCOUNTS = count(100_000_000_001)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a client."""
    with running(tmp_path_factory.mktemp("aws")) as environment:
        yield environment


@pytest.fixture(scope="session")
def new_repository(local_aws: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Repository]:
    """Makes repositories of teams that know nothing of each other."""

    def make(text: str = SMALL, environment: Mapping[str, str] | None = None) -> Repository:
        account = str(next(_ACCOUNTS))
        return repository(tmp_path_factory.mktemp("team"), environment or local_aws, account, text)

    return make
