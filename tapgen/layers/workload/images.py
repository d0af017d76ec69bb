"""Where the images of tasks are pulled from, and what Fargate must be allowed for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awacs import ecr, secretsmanager
from awacs.aws import Statement
from troposphere import Sub

from tapgen import placeholder
from tapgen.config.image_names import PLACEHOLDER, ecr_repository
from tapgen.config.workload import Workload
from tapgen.layers.registry import repository_name
from tapgen.parts.policies import allow


@dataclass(frozen=True)
class Images:
    """The images of an environment: in the registry of the platform once they are there, elsewhere until then."""

    platform: str
    mirrors: Mapping[str, str]
    """The digests of what tapgen brings, by name."""

    def of(self, config: Workload) -> Sub | str:
        """What the task definition names: a digest in the registry, an image elsewhere, or the placeholder."""
        if config.digest:
            return self._in_registry(config.name, config.digest)
        if config.image:
            return config.image
        if mirrored := self.mirrors.get(PLACEHOLDER):
            return self._in_registry(PLACEHOLDER, mirrored)
        return placeholder.IMAGE

    def credentials(self, config: Workload) -> str | None:
        """The secret to log in with where the image of a workload is."""
        return config.image_credentials if config.image and not config.digest else None

    def rights(self, config: Workload) -> Iterator[Statement]:
        """Lets Fargate pull the image.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html ,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
        """
        # This action knows no resource.
        yield allow("LogInToRegistries", [ecr.GetAuthorizationToken], ["*"])
        pull = [ecr.BatchCheckLayerAvailability, ecr.GetDownloadUrlForLayer, ecr.BatchGetImage]
        yield allow("PullItsOwnImage", pull, [self._repository(config)])
        if secret := self.credentials(config):
            yield allow("LogInWhereItsImageIs", [secretsmanager.GetSecretValue], [secret])

    def _in_registry(self, name: str, digest: str) -> Sub:
        registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
        return Sub(f"{registry}/{repository_name(self.platform, name)}@{digest}")

    def _repository(self, config: Workload) -> Sub:
        """The ARN of the repository that the image is pulled from; its own where that is none of ECR."""
        if not config.digest and config.image and (other := ecr_repository(config.image)):
            return Sub(f"arn:${{AWS::Partition}}:ecr:{other.region}:{other.account}:repository/{other.name}")
        name = config.name if config.has_image or PLACEHOLDER not in self.mirrors else PLACEHOLDER
        here = "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}"
        return Sub(f"{here}:repository/{repository_name(self.platform, name)}")
