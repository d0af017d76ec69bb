"""What cfn-lint ships is where, and as, we read it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import pytest

from tapgen.config.regions import Region
from tapgen.schemas import followed, is_create_only, is_read_only, schema


def test_a_type_has_a_schema_with_properties() -> None:
    known = schema("AWS::ECS::TaskDefinition", "eu-west-1")
    assert known["typeName"] == "AWS::ECS::TaskDefinition"
    containers = followed(known["properties"]["ContainerDefinitions"]["items"], known)
    assert {"Name", "Image", "Ulimits"} < containers["properties"].keys()
    assert set(containers["required"]) == {"Image", "Name"}


def test_a_type_that_aws_does_not_know_has_none() -> None:
    assert schema("AWS::ECS::Nothing", "eu-west-1") == {}


@pytest.mark.parametrize("region", get_args(Region))
def test_every_region_has_schemas(region: str) -> None:
    assert schema("AWS::S3::Bucket", region)["properties"]["BucketName"]


def test_what_only_aws_sets_and_what_replaces_is_known_by_path() -> None:
    bucket, task = schema("AWS::S3::Bucket", "eu-west-1"), schema("AWS::ECS::TaskDefinition", "eu-west-1")
    assert is_read_only(bucket, ("Arn",))
    assert is_read_only(bucket, ("MetadataConfiguration", "Destination", "TableBucketArn"))
    assert not is_read_only(bucket, ("MetadataConfiguration",))
    assert not is_read_only(bucket, ("BucketName",))
    assert is_create_only(bucket, ("BucketName",))
    assert not is_create_only(bucket, ("Tags", 0, "Value"))
    assert is_create_only(task, ("ContainerDefinitions", 0, "Image"))
    endpoint = schema("AWS::EC2::VPCEndpoint", "eu-west-1")
    assert is_create_only(endpoint, ("DnsOptions",)), "what is below it would change too"


def test_alternatives_are_read_as_one() -> None:
    root = {"definitions": {"A": {"properties": {"a": {"type": "string"}}}}}
    node = {"anyOf": [{"$ref": "#/definitions/A"}, {"properties": {"b": {}}}], "properties": {"c": {}}}
    assert followed(node, root)["properties"].keys() == {"a", "b", "c"}


def test_cfn_lint_is_not_imported() -> None:
    """That would cost more than everything else."""
    code = "import sys, json; from tapgen.schemas import schema; schema('AWS::SNS::Topic', 'eu-west-1');"
    code += "print(json.dumps([name for name in sys.modules if name.startswith('cfnlint')]))"
    assert json.loads(subprocess.check_output([sys.executable, "-c", code])) == []
