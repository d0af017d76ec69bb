"""Every state of a stack is known, and either can be changed or has a way out."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tapgen.deploy.guard import RefusedError, changeable
from tapgen.deploy.stacks import Stack
from tapgen.deploy.states import STATES, UNKNOWN, state


def stack(status: str) -> Stack:
    return Stack("shop-dev", "arn:shop-dev", status, "", {}, {}, protected=False, root_id="")


def known_to_aws() -> set[str]:
    """The states that CloudFormation's own model names."""
    spec = find_spec("botocore")
    assert spec
    assert spec.origin
    (model,) = Path(spec.origin).parent.glob("data/cloudformation/*/service-2.json*")
    if model.suffix == ".gz":
        import gzip

        text = gzip.decompress(model.read_bytes()).decode()
    else:
        text = model.read_text("utf-8")
    return set(json.loads(text)["shapes"]["StackStatus"]["enum"])


def test_every_state_of_aws_is_known() -> None:
    assert STATES.keys() == known_to_aws() - {"DELETE_COMPLETE"}


@pytest.mark.parametrize("status", STATES)
def test_a_state_is_busy_when_its_name_says_so(status: str) -> None:
    assert state(status).busy == (status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS")


@pytest.mark.parametrize("status", STATES)
def test_what_cannot_be_changed_is_refused_with_the_way_out(status: str) -> None:
    way_out = STATES[status].way_out
    if not way_out:
        changeable(stack(status), "make deploy ENV=dev", "make destroy ENV=dev", "eu-west-1")
        assert status.endswith("COMPLETE") or status == "REVIEW_IN_PROGRESS"
        return
    with pytest.raises(RefusedError) as error:
        changeable(stack(status), "make deploy ENV=dev", "make destroy ENV=dev", "eu-west-1")
    assert error.value.exit_code == 4
    assert f"shop-dev {STATES[status].meaning} ({status})" in str(error.value)
    assert "then: make deploy ENV=dev" in str(error.value)
    assert "{" not in str(error.value)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED"])
def test_what_can_only_be_deleted_says_how(status: str) -> None:
    with pytest.raises(RefusedError, match="make destroy ENV=dev, then: make deploy"):
        changeable(stack(status), "make deploy ENV=dev", "make destroy ENV=dev", "eu-west-1")


def test_a_stack_that_is_not_there_can_be_made() -> None:
    changeable(None, "make deploy", "make destroy", "eu-west-1")


def test_a_state_that_nobody_knows_is_not_changed() -> None:
    assert not state("SOMETHING_NEW").changeable
    assert state("SOMETHING_NEW") is UNKNOWN
