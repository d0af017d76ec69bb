"""The repositories keep what runs, forget what is old, and never let a tag come to mean another image."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from troposphere import Template

from tapgen.config import model
from tapgen.layers.registry import Registry
from tapgen.parts.context import KEY

IMAGES = ("payment", "order-api", "payment.proxy", "tapgen.placeholder")


def rendered(words: model.Registry | None = None) -> dict[str, Any]:
    template = Template()
    Registry(platform="shop", images=IMAGES, config=words or model.Registry()).build(template)
    result: dict[str, Any] = template.to_dict()
    return result


def properties(words: model.Registry | None = None) -> dict[str, Any]:
    found: dict[str, Any] = rendered(words)["Resources"]["PaymentRepository"]["Properties"]
    return found


def rules(words: model.Registry | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(properties(words)["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    return found


@dataclass(frozen=True)
class Image:
    name: str
    age: int
    """Days since it was pushed."""
    tags: tuple[str, ...] = ()
    part_of: str = ""
    """The image for several architectures that names it, if one does."""


def matches(selection: dict[str, Any], image: Image) -> bool:
    if selection["tagStatus"] == "untagged":
        return not image.tags
    return all(any(fnmatchcase(tag, pattern) for tag in image.tags) for pattern in selection["tagPatternList"])


def condemned(selection: dict[str, Any], images: list[Image]) -> list[Image]:
    matching = sorted((image for image in images if matches(selection, image)), key=lambda image: image.age)
    if selection["countType"] == "imageCountMoreThan":
        return matching[selection["countNumber"] :]
    assert (selection["countType"], selection["countUnit"]) == ("sinceImagePushed", "days")
    return [image for image in matching if image.age > selection["countNumber"]]


def survivors(policy: list[dict[str, Any]], images: list[Image]) -> set[str]:
    """All rules see all images; what matches the tags of a rule cannot be expired by a later one.

    What an image for several architectures names stays as long as that does.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    gone: set[Image] = set()
    decided: set[Image] = set()
    for rule in sorted(policy, key=lambda rule: int(rule["rulePriority"])):
        assert rule["action"] == {"type": "expire"}
        gone |= set(condemned(rule["selection"], images)) - decided
        decided |= {image for image in images if matches(rule["selection"], image)}
    kept = {image.name for image in images if image not in gone}
    return kept | {image.name for image in images if image.part_of in kept}


def test_one_repository_per_image_with_its_address() -> None:
    template = rendered()
    names = {title: resource["Properties"]["RepositoryName"] for title, resource in template["Resources"].items()}
    assert names == {
        "PaymentRepository": "shop/payment",
        "OrderApiRepository": "shop/order-api",
        "PaymentProxyRepository": "shop/payment.proxy",
        "TapgenPlaceholderRepository": "shop/tapgen.placeholder",
    }
    assert {title: output["Value"] for title, output in template["Outputs"].items()} == {
        f"{title}Uri": {"Fn::GetAtt": [title, "RepositoryUri"]} for title in names
    }


def test_a_repository_is_told_by_its_service() -> None:
    tags = {title: each["Properties"]["Tags"] for title, each in rendered()["Resources"].items()}
    assert {title: [tag["Value"] for tag in found] for title, found in tags.items()} == {
        "PaymentRepository": ["payment"],
        "OrderApiRepository": ["order-api"],
        "PaymentProxyRepository": ["payment"],
        "TapgenPlaceholderRepository": ["shop"],
    }


def test_images_outlive_the_stack() -> None:
    for resource in rendered()["Resources"].values():
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_images_are_scanned_and_encrypted_with_the_key_of_aws() -> None:
    assert properties()["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties()["EncryptionConfiguration"] == {"EncryptionType": "KMS"}


def test_only_the_tags_of_images_in_use_can_move() -> None:
    assert properties()["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    (movable,) = properties()["ImageTagMutabilityExclusionFilters"]
    assert movable["ImageTagMutabilityExclusionFilterType"] == "WILDCARD"
    pattern = movable["ImageTagMutabilityExclusionFilterValue"]
    assert fnmatchcase("in-use-prod", pattern)
    assert not any(fnmatchcase(tag, pattern) for tag in ("latest", "4f2a9c1", "v1.0", "prod"))
    assert [pattern] == rules()[0]["selection"]["tagPatternList"], "what moves is what is spared"


def test_an_image_in_use_never_expires() -> None:
    images = [Image(f"new{age}", age, (f"sha{age}",)) for age in range(50)]
    images += [Image("prod", 900, ("sha900", "in-use-prod")), Image("dev", 400, ("in-use-dev",))]
    assert {"prod", "dev"} <= survivors(rules(), images)


AGES = st.integers(0, 4000)
IN_USE = st.sets(
    st.sampled_from(["in-use-dev", "in-use-prod", "in-use-prod.next", "in-use-a", "in-use-b.next"]), min_size=1
)
OTHERS = st.sets(st.sampled_from(["latest", "v1", "4f2a9c1d0e3b-1a2b3c", "prod", "in-us", "not-in-use-prod"]))


@given(
    running=st.lists(st.tuples(AGES, IN_USE, OTHERS), min_size=1, max_size=12),
    others=st.lists(st.tuples(AGES, OTHERS), max_size=60),
    parts=st.integers(0, 3),
    keep=st.integers(1, 1000),
    days=st.integers(1, 365),
)
def test_an_image_in_use_never_expires_whatever_else_there_is(
    running: list[tuple[int, set[str], set[str]]],
    others: list[tuple[int, set[str]]],
    parts: int,
    keep: int,
    days: int,
) -> None:
    used = [Image(f"used{n}", age, (*marks, *more)) for n, (age, marks, more) in enumerate(running)]
    named = [Image(f"{each.name}.{n}", each.age, (), each.name) for each in used for n in range(parts)]
    images = [*used, *named, *(Image(f"other{n}", age, tuple(tags)) for n, (age, tags) in enumerate(others))]
    policy = rules(model.Registry(keep=keep, untagged_days=days))
    assert {each.name for each in (*used, *named)} <= survivors(policy, images)


def test_the_evaluator_lets_images_expire() -> None:
    """Or the test above would prove nothing: without its first rule the policy loses what runs."""
    images = [Image("used", 900, ("v0", "in-use-prod")), *(Image(f"n{age}", age, (f"v{age}",)) for age in range(10))]
    assert "used" in survivors(rules(), images)
    assert "used" not in survivors(rules()[1:], images)
    part = Image("part", 900, (), "used")
    assert {"used", "part"}.isdisjoint(survivors(rules()[1:], [*images, part]))


def test_the_newest_others_stay() -> None:
    images = [Image(f"image{age}", age, (f"sha{age}",)) for age in range(50)]
    assert survivors(rules(), images) == {f"image{age}" for age in range(10)}
    assert len(survivors(rules(model.Registry(keep=3)), images)) == 3


def test_images_without_a_tag_go_by_age_alone() -> None:
    images = [Image(f"part{age}", age) for age in range(20)] + [Image(f"image{age}", age, ("x",)) for age in range(20)]
    stay = survivors(rules(), images)
    assert {name for name in stay if name.startswith("part")} == {f"part{age}" for age in range(8)}
    assert len(stay) == 8 + 10, "parts of images for several architectures do not push tagged ones out"
    assert "part8" in survivors(rules(model.Registry(untagged_days=8)), images)


def test_the_policy_is_one_that_ecr_takes() -> None:
    """Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html."""
    assert 100 <= len(properties()["LifecyclePolicy"]["LifecyclePolicyText"]) <= 30720
    assert [rule["rulePriority"] for rule in rules()] == [1, 2, 3]
    for rule in rules():
        selection = rule["selection"]
        assert selection["countNumber"] > 0
        assert ("tagPatternList" in selection) == (selection["tagStatus"] == "tagged")
        assert all(pattern.count("*") <= 4 for pattern in selection.get("tagPatternList", []))
        assert ("countUnit" in selection) == (selection["countType"] == "sinceImagePushed")


@pytest.mark.parametrize(("keep", "days"), [(1, 1), (1000, 365)])
def test_the_description_of_each_rule_says_what_it_does(keep: int, days: int) -> None:
    for rule in rules(model.Registry(keep=keep, untagged_days=days)):
        numbers = [int(number) for number in re.findall(r"\d+", rule["description"])]
        assert numbers in ([], [rule["selection"]["countNumber"]])


def test_reviewers_are_told_what_cannot_change() -> None:
    context = rendered()["Resources"]["PaymentRepository"]["Metadata"][KEY]
    assert any("create-only" in must for must in context["must"])
