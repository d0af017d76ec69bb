"""What a change does is compared with an independent source, for every property of every type that tapgen emits."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tapgen.review.effects import Effect, effect
from tests.review.service_spec import emitted, recorded

WORDS = {
    Effect.IN_PLACE: "in place",
    Effect.MAYBE_REPLACED: "maybe replaced",
    Effect.REPLACED: "replaced",
    Effect.REVISION: "replaced",
}
DISAGREEMENTS = yaml.safe_load(Path(__file__).with_name("disagreements.yaml").read_text("utf-8"))


def ours(kind: str, path: str) -> str:
    return WORDS[effect(kind, tuple(path.split(".")))]


def test_the_cdk_says_the_same_but_where_it_is_written_down() -> None:
    theirs = recorded()
    assert len(theirs) > 2000
    found = {(*key, ours(*key)) for key, said in theirs.items() if said != ours(*key)}
    written = {(each["type"], path, said) for each in DISAGREEMENTS for path, said in each["paths"].items()}
    assert found == written


def test_each_disagreement_has_a_reason() -> None:
    assert all(each["why"].startswith(("Ours", "The schema", "Not decided")) for each in DISAGREEMENTS)


def test_every_type_that_is_emitted_is_compared() -> None:
    """Otherwise, with npm: python -m tests.review.service_spec."""
    assert {kind for kind, _ in recorded()} == emitted()


@pytest.mark.parametrize(
    ("kind", "path", "wanted"),
    [
        ("AWS::Route53::RecordSet", "Name", Effect.REPLACED),
        ("AWS::ServiceDiscovery::Service", "DnsConfig.NamespaceId", Effect.REPLACED),
        ("AWS::ServiceDiscovery::Service", "DnsConfig.DnsRecords.0.TTL", Effect.IN_PLACE),
        ("AWS::DynamoDB::Table", "KeySchema.0.AttributeName", Effect.REPLACED),
        ("AWS::ECS::TaskDefinition", "Cpu", Effect.REVISION),
        ("Example::Of::Nobody", "Name", Effect.UNKNOWN),
        ("Custom::Migration", "Digest", Effect.IN_PLACE),
    ],
)
def test_an_effect(kind: str, path: str, wanted: Effect) -> None:
    assert effect(kind, tuple(path.split("."))) == wanted
