"""Where the images of tasks are pulled from, and what Fargate must be allowed for that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from awacs import ecr, secretsmanager
from awacs.aws import Statement
from troposphere import Sub

from tapgen import placeholder
from tapgen.config.image_names import BESIDE, PLACEHOLDER, ecr_repository, sidecar_image
from tapgen.config.workload import Workload
from tapgen.layers.registry import repository_name
from tapgen.parts.policies import allow


@dataclass(frozen=True)
class Images:
    """The images of an environment: in the registry of the platform once they are there, elsewhere until then."""

    platform: str
    mirrors: Mapping[str, str]
    """The digests of what is neither built nor named for a workload itself, by name."""
    owners: Collection[str]
    """The workloads whose images have a repository in the registry."""

    def of(self, config: Workload) -> Sub | str:
        """What the task definition names: a digest in the registry, an image elsewhere, or the placeholder."""
        if config.digest:
            return self._in_registry(config.repository, config.digest)
        return config.image or self.mirrored(PLACEHOLDER, placeholder.IMAGE)

    def of_sidecar(self, config: Workload, sidecar: str) -> Sub | str:
        """The same for one of its side-cars."""
        return self.mirrored(sidecar_image(config.name, sidecar), config.sidecars[sidecar].image or "")

    def mirrored(self, name: str, written: str) -> Sub | str:
        """A digest in the registry, where it is there, or an image as *written*."""
        return self._in_registry(name, self.mirrors[name]) if name in self.mirrors else written

    def beside(self, name: str) -> Sub | str:
        """What tapgen brings to run beside a workload."""
        return self.mirrored(name, BESIDE[name])

    def credentials(self, config: Workload) -> str | None:
        """The secret to log in with where the image of a workload is."""
        return config.image_credentials if config.image and not config.digest else None

    def rights(self, config: Workload, brought: Iterable[str]) -> Iterator[Statement]:
        """Lets Fargate pull the images of a task, those among them that tapgen brings.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html ,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
        """
        # This action knows no resource.
        yield allow("LogInToRegistries", [ecr.GetAuthorizationToken], ["*"])
        pull = [ecr.BatchCheckLayerAvailability, ecr.GetDownloadUrlForLayer, ecr.BatchGetImage]
        beside = [Sub(arn) for arn in dict.fromkeys(self._beside(config, brought))]
        if config.repository in self.owners:
            yield allow("PullItsOwnImage", pull, [Sub(self._own(config))])
        if beside:
            yield allow("PullWhatRunsBeside", pull, beside)
        if secret := self.credentials(config):
            yield allow("LogInWhereItsImageIs", [secretsmanager.GetSecretValue], [secret])

    def _in_registry(self, name: str, digest: str) -> Sub:
        registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
        return Sub(f"{registry}/{repository_name(self.platform, name)}@{digest}")

    def _own(self, config: Workload) -> str:
        """The ARN of the repository that its image is pulled from; its own where that is none of ECR."""
        if not config.digest and config.image and (elsewhere := _elsewhere(config.image)):
            return elsewhere
        return self._repository(
            config.repository if config.has_image or PLACEHOLDER not in self.mirrors else PLACEHOLDER
        )

    def _beside(self, config: Workload, brought: Iterable[str]) -> Iterator[str]:
        """The ARNs of the repositories of ECR that the other images of a task are pulled from."""
        for sidecar, said in config.sidecars.items():
            if (name := sidecar_image(config.name, sidecar)) in self.mirrors:
                yield self._repository(name)
            elif elsewhere := _elsewhere(said.image or ""):
                yield elsewhere
        yield from (self._repository(name) for name in brought if name in self.mirrors)

    def _repository(self, name: str) -> str:
        here = "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}"
        return f"{here}:repository/{repository_name(self.platform, name)}"


def _elsewhere(image: str) -> str | None:
    """The ARN of a repository that is none of the platform's, where the image is in ECR."""
    found = ecr_repository(image)
    return f"arn:${{AWS::Partition}}:ecr:{found.region}:{found.account}:repository/{found.name}" if found else None
