"""What a service cannot get at of its part in mutual TLS."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tapgen.config.types import Name
from tapgen.layers.service.identity import VOLUME


def test_no_volume_of_the_file_is_that_of_the_certificates() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(VOLUME)
