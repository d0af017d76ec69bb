"""The images that an environment runs: they must be there before it is deployed, and stay as long as it runs them."""

from __future__ import annotations

from tapgen.config.environment import Environment
from tapgen.deploy.aws import Answer, Aws, AwsError, at_once
from tapgen.deploy.guard import RefusedError
from tapgen.layers.registry import repository_name


def find(aws: Aws, environment: Environment) -> list[Answer]:
    """Every image that tapgen.images.yaml names.

    Raises:
        RefusedError: an image is not there.
        AwsError: AWS could not be asked.
    """
    wanted = {repository_name(environment.platform, name): digest for name, digest in environment.digests.items()}
    found = at_once(lambda each: named(aws, each[0], f"imageDigest={each[1]}"), wanted.items())
    missing = [f"{name}@{digest}" for (name, digest), image in zip(wanted.items(), found, strict=True) if not image]
    if missing:
        raise RefusedError(
            "\n".join(["images that tapgen.images.yaml names are not in the registry:", *missing]),
            f"run: make images ENV={environment.name}, or make promote",
        )
    return [each for each in found if each]


def named(aws: Aws, repository: str, name: str) -> Answer | None:
    """The image of a repository that has a name, such as `imageTag=v1`; nothing where there is none, or no repository.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html

    Raises:
        AwsError: AWS could not be asked.
    """
    try:
        answer = aws("ecr", "batch-get-image", "--repository-name", repository, "--image-ids", name)
    except AwsError as error:
        if error.code == "RepositoryNotFoundException":
            return None
        raise
    return next(iter(answer.get("images", [])), None)


def mark_wanted(aws: Aws, images: list[Answer], environment: Environment) -> None:
    """Keep *images* from expiring while they are being deployed; those that run until then keep their own tag.

    Raises:
        AwsError: AWS could not be asked.
    """
    at_once(lambda image: _tag(aws, image, f"in-use-{environment.name}.next"), images)


def mark_running(aws: Aws, images: list[Answer], environment: Environment) -> None:
    """Keep *images* from expiring as long as no others have been deployed.

    Raises:
        AwsError: AWS could not be asked.
    """
    at_once(lambda image: _tag(aws, image, f"in-use-{environment.name}"), images)


def _tag(aws: Aws, image: Answer, tag: str) -> None:
    """Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html"""
    media_type = image.get("imageManifestMediaType")
    try:
        aws(
            *("ecr", "put-image", "--repository-name", image["repositoryName"]),
            *("--image-tag", tag, "--image-manifest", image["imageManifest"]),
            *(["--image-manifest-media-type", media_type] if media_type else []),
        )
    except AwsError as error:
        if error.code != "ImageAlreadyExistsException":  # it has the tag already
            raise
