"""The repositories of the images, a stack of their own: a rollback of the platform must never delete images."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Output, Tags, Template
from troposphere.ecr import (
    EncryptionConfiguration,
    ImageScanningConfiguration,
    ImageTagMutabilityExclusionFilter,
    LifecyclePolicy,
    Repository,
)

from tapgen.config import model
from tapgen.config.image_names import OURS
from tapgen.parts.context import arch, why
from tapgen.parts.retention import KEPT
from tapgen.stack import logical_id

IN_USE = "in-use-*"
"""The tags of images that run: `in-use-prod` moves from image to image, every other tag stays where it was pushed."""


@dataclass(frozen=True, kw_only=True)
class Registry:
    """One ECR repository per image."""

    platform: str
    images: Iterable[str]
    """Their names: `payment`, `tapgen.placeholder`."""
    config: model.Registry

    def build(self, template: Template) -> None:
        """Add the repositories, and their addresses as outputs."""
        template.set_description(f"{self.platform}: the repositories of the images, once per account and Region")
        arch(template, "One ECR repository per image. Images are pushed here before a deployment names them by digest.")
        for image in self.images:
            repository = template.add_resource(self._repository(image))
            template.add_output(
                Output(
                    f"{repository.title}Uri",
                    Description=f"Where images of {image} are pushed to",
                    Value=GetAtt(repository, "RepositoryUri"),
                )
            )

    def _repository(self, image: str) -> Repository:
        service = image.partition(".")[0]
        return Repository(
            f"{logical_id(image)}Repository",
            **KEPT,
            Metadata=why(
                "Deployments name images by digest, so a tag must never come to mean another image. "
                f"Only {IN_USE} tags move: they mark what each environment runs, and keep it from expiring.",
                "RepositoryName and EncryptionConfiguration are create-only: to change either loses every image",
                f"Whoever deploys an image tags it {IN_USE} before it runs, or it may expire",
                mutable="change-with-constraints",
            ),
            RepositoryName=repository_name(self.platform, image),
            EncryptionConfiguration=EncryptionConfiguration(EncryptionType="KMS"),
            ImageScanningConfiguration=ImageScanningConfiguration(ScanOnPush=True),
            ImageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            ImageTagMutabilityExclusionFilters=[
                ImageTagMutabilityExclusionFilter(
                    ImageTagMutabilityExclusionFilterType="WILDCARD", ImageTagMutabilityExclusionFilterValue=IN_USE
                )
            ],
            LifecyclePolicy=LifecyclePolicy(LifecyclePolicyText=_lifecycle(self.config)),
            Tags=Tags(Service=self.platform if service == OURS else service),
        )


def repository_name(platform: str, image: str) -> str:
    """What the repository of an image is called."""
    return f"{platform}/{image}"


def _lifecycle(config: model.Registry) -> str:
    """Which images expire.

    An image that matches the tags of a rule is never expired by a later one, so a first rule that matches images in use
    and has no end spares them: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    in_use = {"tagStatus": "tagged", "tagPatternList": [IN_USE], "countType": "imageCountMoreThan", "countNumber": 9999}
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": config.untagged_days,
    }
    # Not "any": the parts of an image for several architectures have no tag, and would be counted too.
    tagged = {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": config.keep,
    }
    rules = [
        _rule(1, "Images in use stay", in_use),
        _rule(2, f"Images without a tag go after {config.untagged_days} days", untagged),
        _rule(3, f"The newest {config.keep} images stay", tagged),
    ]
    return '{"rules": [\n  ' + ",\n  ".join(rules) + "\n]}"


def _rule(priority: int, description: str, selection: dict[str, Any]) -> str:
    """A rule on a line of its own."""
    rule = {"rulePriority": priority, "description": description, "selection": selection, "action": {"type": "expire"}}
    return json.dumps(rule)
