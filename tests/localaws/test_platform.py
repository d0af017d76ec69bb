"""The example platform comes up, unchanged, and goes away again."""

from __future__ import annotations

from pathlib import Path

from tests.localaws.account import Account


def test_the_example_is_deployed_and_deleted(account: Account, repository: Path) -> None:
    account.bucket()
    stack = account.deploy("microservices-dev", repository / "templates_out" / "dev")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert len(account.cloudformation.describe_stacks()["Stacks"]) == 12

    assert account.delete("microservices-dev")["StackStatus"] == "DELETE_COMPLETE"
    assert not account.cloudformation.describe_stacks()["Stacks"]
