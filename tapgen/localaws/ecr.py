"""Repositories, and tags of images that stay where they are.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import forget, keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_FILTERS = "imageTagMutabilityExclusionFilters"


@operation("ecr", "CreateRepository", "PutImageTagMutability")
async def put_mutability(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html."""
    made = await proceed({name: value for name, value in request.items() if name != _FILTERS})
    _exclude(request["repositoryName"], request.get(_FILTERS))
    return made


def _exclude(repository: str, filters: list[Fields] | None) -> None:
    forget(_key(repository))
    if filters:
        keep(_key(repository), imageTagMutabilityExclusionFilters=filters)


@operation("ecr", "DescribeRepositories")
async def describe_repositories(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html."""
    found = await proceed(request)
    return found | {"repositories": [each | kept(_key(each["repositoryName"])) for each in found["repositories"]]}


@operation("ecr", "PutImage")
async def put_image(request: Fields, proceed: Proceed) -> Fields:
    """A tag of an immutable repository stays, unless a filter excludes it.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    """
    name, tag = request["repositoryName"], request.get("imageTag")
    if tag:
        repository = (await call("ecr", "DescribeRepositories", repositoryNames=[name]))["repositories"][0]
        there = await call("ecr", "BatchGetImage", repositoryName=name, imageIds=[{"imageTag": tag}])
        if there["images"] and immutable(repository, tag):
            text = f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because "
            raise ServiceError("ImageTagAlreadyExistsException", text + "the tag is immutable.")
    return await proceed(request)


@operation("ecr", "DescribeImageScanFindings")
async def describe_image_scan_findings(request: Fields, _: Proceed) -> Fields:
    """A scan finds what an annotation of the manifest says, `com.tapgen.local.findings: HIGH=1`, when asked twice.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
    """
    name, image = request["repositoryName"], request["imageId"]
    repository = (await call("ecr", "DescribeRepositories", repositoryNames=[name]))["repositories"][0]
    found = (await call("ecr", "BatchGetImage", repositoryName=name, imageIds=[image]))["images"]
    if not found or not repository["imageScanningConfiguration"]["scanOnPush"]:
        text = f"Image scan does not exist for the image with '{image}' in the repository with name '{name}'"
        raise ServiceError("ScanNotFoundException", text)
    manifest = json.loads(found[0]["imageManifest"])
    answer = {"repositoryName": name, "imageId": found[0]["imageId"]}
    if "manifests" in manifest:
        return answer | {"imageScanStatus": {"status": "UNSUPPORTED_IMAGE"}}
    key = f"scan:{name}:{found[0]['imageId']['imageDigest']}"
    if not kept(key):
        keep(key, asked=True)
        return answer | {"imageScanStatus": {"status": "IN_PROGRESS"}}
    said = manifest.get("annotations", {}).get("com.tapgen.local.findings", "")
    counts = {kind: int(number) for kind, _, number in (each.partition("=") for each in said.split())}
    findings = {"findings": [], "findingSeverityCounts": counts}
    return answer | {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": findings}


def immutable(repository: Fields, tag: str) -> bool:
    """Whether *tag* can never come to mean another image."""
    patterns = [each["filter"] for each in repository.get(_FILTERS, [])]
    excluded = any(fnmatchcase(tag, pattern) for pattern in patterns)
    setting = repository["imageTagMutability"]
    return excluded if setting == "MUTABLE_WITH_EXCLUSION" else setting.startswith("IMMUTABLE") and not excluded


def _key(repository: str) -> str:
    return f"repository:{repository}"


@provides("AWS::ECR::Repository")
class Repository(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a repository."""
        made = await super().create(wanted)
        self._exclude(made.physical_id, wanted)
        return made

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        made = await super().update(wanted, before)
        self._exclude(made.physical_id, wanted)
        return made

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless it holds images and the template does not say that they may go."""
        force = str(resource.properties.get("EmptyOnDelete", False)).lower() == "true"
        await call("ecr", "DeleteRepository", repositoryName=resource.physical_id, force=force)

    def _exclude(self, repository: str, wanted: Wanted) -> None:
        prefix = "ImageTagMutabilityExclusionFilter"
        given = wanted.properties.get(f"{prefix}s", [])
        _exclude(
            repository, [{"filterType": each[f"{prefix}Type"], "filter": each[f"{prefix}Value"]} for each in given]
        )
