"""What services with two target groups stand on, made once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.localaws.account import Account
from tests.localaws.ecs.shop import Shop, ground


@pytest.fixture(scope="session")
def home(local_aws: Mapping[str, str]) -> Account:
    """An account with what services stand on, for all tests of deployments."""
    account = Account(local_aws, "222222229999")
    assert account.create("ground", ground())["StackStatus"] == "CREATE_COMPLETE"
    return account


@pytest.fixture
def shop(home: Account) -> Shop:
    outputs = home.stack("ground")["Outputs"]
    return Shop(home, {each["OutputKey"]: each["OutputValue"] for each in outputs})
