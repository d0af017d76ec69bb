"""Credentials are recognised, and ordinary values are left alone."""

from __future__ import annotations

import pytest

from tapgen.credentials import credential
from tests.generate import CREDENTIALS, HARMLESS


@pytest.mark.parametrize("value", CREDENTIALS)
def test_credentials_are_recognised(value: str) -> None:
    assert credential(value)


@pytest.mark.parametrize("value", [*HARMLESS, "arn:aws:s3:::bucket/" + "a" * 40, "0" * 40, "https://a/b:c@d", ""])
def test_ordinary_values_are_no_credentials(value: str) -> None:
    assert credential(value) == ""
