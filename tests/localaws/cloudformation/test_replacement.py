"""What a change of replaces a resource is what the schemas of AWS say."""

from __future__ import annotations

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tapgen.localaws.cloudformation.replacement import _CREATE_ONLY, replacing


@pytest.mark.parametrize("kind", sorted(_CREATE_ONLY))
def test_the_table_is_that_of_aws(kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", kind).schema
    assert replacing(kind) == {path.split("/")[2] for path in schema["createOnlyProperties"]}
