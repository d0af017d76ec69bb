"""What must be there before anything can be deployed: a bucket for the templates and, for CI, its roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from awacs.aws import Allow, Condition, PolicyDocument, Principal, Statement, StringEquals
from awacs.iam import PassRole
from awacs.sts import AssumeRole, AssumeRoleWithWebIdentity
from troposphere import And, AWSHelperFn, Equals, Output, Ref, Sub, Template, iam, s3

from tapgen.config.environment import Environment
from tapgen.config.model import Ci
from tapgen.kinds import Text
from tapgen.parts.buckets import CLOSED, ENCRYPTED, OWNED, tls_only
from tapgen.parts.context import arch, why
from tapgen.parts.policies import allow, document
from tapgen.parts.retention import KEPT
from tapgen.parts.rights import cloudformation, deploy
from tapgen.parts.rights.handlers import Actions
from tapgen.stack import logical_id

GITHUB = "token.actions.githubusercontent.com"

LONGEST = 4 * 60 * 60
"""Seconds for which a workflow has the deploy role: new versions are baked one after the other while it watches."""


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """The artifact bucket and, where CI deploys, a role per environment and the one that CloudFormation works with."""

    platform: str
    environments: Mapping[str, Environment]
    ci: Ci | None
    types: Actions
    """What is made in all environments: each type, with what AWS's handlers of it call."""

    def build(self, template: Template) -> None:
        """Add everything, and what a deployment must know of it as outputs."""
        template.set_description(f"{self.platform}: what deployments need, once per account and Region")
        bucket = template.add_resource(_bucket())
        template.add_resource(
            s3.BucketPolicy(
                "ArtifactBucketPolicy", **KEPT, Bucket=bucket.ref(), PolicyDocument=document(tls_only(bucket))
            )
        )
        _output(template, "ArtifactBucketName", bucket.ref(), "Where deployments put the templates")
        if not self.ci:
            arch(template, "A bucket for the templates.")
            return
        arch(
            template,
            "Workflow of GitHub -> deploy role of its environment -> change set of the environment's root stack -> "
            "CloudFormation with a role of its own. A deploy role exists only where its environment is.",
        )
        provider = _provider(template, self.ci)
        rights = [template.add_resource(policy) for policy in self._rights()]
        worker = template.add_resource(self._cloudformation_role(bucket, rights))
        _output(template, "CloudFormationRoleArn", worker.get_att("Arn"), "What CloudFormation works with")
        hand_over = allow(
            "HandItsRoleToCloudFormation",
            [PassRole],
            [worker.get_att("Arn")],
            Condition(StringEquals("iam:PassedToService", "cloudformation.amazonaws.com")),
        )
        homes: dict[tuple[str, str], str] = {}
        for name, environment in self.environments.items():
            # Environments of one account and Region share a condition, called after the first of them.
            here = homes.setdefault((environment.account, environment.region), f"{logical_id(name)}IsHere")
            at_home = (
                Equals(Ref("AWS::AccountId"), environment.account),
                Equals(Ref("AWS::Region"), environment.region),
            )
            if here not in template.conditions:
                template.add_condition(here, And(*at_home))
            roles = [self._deploy_role(environment, bucket, _trust(self.ci, name, provider), hand_over)]
            if self.ci.previews:
                trusted = _trust(self.ci, environment.preview_name, provider)
                roles.append(self._preview_role(environment, bucket, trusted, hand_over))
            for role, verb in zip(roles, ("deploy", "preview"), strict=False):
                role.Condition = here
                template.add_resource(role)
                _output(template, f"{role.title}Arn", role.get_att("Arn"), f"What workflows {verb} {name} with", here)

    def _deploy_role(
        self, environment: Environment, bucket: s3.Bucket, trusted: PolicyDocument, hand_over: Statement
    ) -> iam.Role:
        """What workflows get that deploy an environment."""
        name, stack, existing = environment.name, environment.stack_name, environment.cluster.existing
        cluster = existing.name if existing else f"{stack}-*"
        statements = [
            *deploy.stacks(stack, self._shared),
            *deploy.artifacts(Text(bucket.get_att("Arn")), name),
            *deploy.images(self.platform),
            *(deploy.pushing(self.platform) if self.ci and self.ci.images else []),
            *deploy.diagnosis(stack, cluster),
            *deploy.way_back(stack, cluster),
            *(deploy.jobs(stack, environment.role_path, cluster) if environment.jobs else ()),
            hand_over,
        ]
        return iam.Role(
            f"{logical_id(name)}DeployRole",
            Metadata=why(
                f"Workflows of GitHub get it in jobs of the GitHub environment {name}, whose protection rules "
                "decide who may deploy. It can neither delete the stack nor touch a resource itself.",
                f"Objects are put under {name}/ in the artifact bucket",
            ),
            MaxSessionDuration=LONGEST,
            Path=self._path,
            AssumeRolePolicyDocument=trusted,
            Policies=[iam.Policy(PolicyName="deploy", PolicyDocument=document(*statements))],
        )

    def _preview_role(
        self, environment: Environment, bucket: s3.Bucket, trusted: PolicyDocument, hand_over: Statement
    ) -> iam.Role:
        """What workflows get that ask what a change would do that nobody has merged."""
        apart = environment.preview_name
        statements = [
            *deploy.previews(environment.stack_name, self._shared),
            *deploy.artifacts(Text(bucket.get_att("Arn")), apart),
            *deploy.seeing_images(self.platform),
            hand_over,
        ]
        return iam.Role(
            f"{logical_id(environment.name)}PreviewRole",
            Metadata=why(
                f"Workflows of GitHub get it in jobs of the GitHub environment {apart}. It makes change sets, and can "
                "carry none out; what it uploads lies where no deployment looks.",
                f"Objects are put under {apart}/ in the artifact bucket",
            ),
            Path=self._path,
            AssumeRolePolicyDocument=trusted,
            Policies=[iam.Policy(PolicyName="preview", PolicyDocument=document(*statements))],
        )

    @property
    def _shared(self) -> list[str]:
        """The stacks that every environment needs."""
        return [f"{self.platform}-bootstrap", f"{self.platform}-registry"]

    @property
    def _path(self) -> str:
        """Not the path of the platform's roles: what CloudFormation may change must never include its own rights."""
        return f"/{self.platform}-deployment/"

    def _rights(self) -> Iterator[iam.ManagedPolicy]:
        """As managed policies: they are more than the policies inside a role may be."""
        for name, statements in cloudformation.services(self.types).items():
            yield iam.ManagedPolicy(
                name,
                Metadata=why(
                    "What the handlers of the types of resources in the templates call, as AWS's schemas say."
                ),
                Path=self._path,
                PolicyDocument=document(*statements),
            )

    def _cloudformation_role(self, bucket: s3.Bucket, rights: Sequence[iam.ManagedPolicy]) -> iam.Role:
        stacks = [environment.stack_name for environment in self.environments.values()]
        return iam.Role(
            "CloudFormationRole",
            Metadata=why(
                "It has what the types of resources in the templates of all environments need, by action and not by "
                "resource, since most names are known only once a resource is made. It may give roles of the platform "
                "any right: who may deploy is an administrator of the account. Environments that must not reach each "
                "other need accounts of their own.",
                f"Roles of the platform have the path /{self.platform}/, and no other roles have it",
                mutable="review-required",
            ),
            Path=self._path,
            # Without aws:SourceAccount: a role can only be passed within its own account.
            AssumeRolePolicyDocument=document(
                Statement(
                    Effect=Allow, Principal=Principal("Service", "cloudformation.amazonaws.com"), Action=[AssumeRole]
                )
            ),
            ManagedPolicyArns=[policy.ref() for policy in rights],
            Policies=[
                iam.Policy(
                    PolicyName="roles", PolicyDocument=document(*cloudformation.roles(self.platform, self.types))
                ),
                iam.Policy(
                    PolicyName="nested-stacks",
                    PolicyDocument=document(
                        *cloudformation.nested_stacks(stacks, Text(bucket.get_att("Arn")), self._path)
                    ),
                ),
            ],
        )


def _trust(ci: Ci, environment: str, provider: AWSHelperFn) -> PolicyDocument:
    """Lets jobs of one GitHub environment of one repository in.

    Source: https://docs.github.com/en/actions/reference/security/oidc
    """
    subject = f"repo:{ci.repository}:environment:{environment}"
    return document(
        Statement(
            Effect=Allow,
            Principal=Principal("Federated", provider),
            Action=[AssumeRoleWithWebIdentity],
            Condition=Condition(StringEquals({f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": subject})),
        )
    )


def _bucket() -> s3.Bucket:
    return s3.Bucket(
        "ArtifactBucket",
        **KEPT,
        Metadata=why(
            "Holds every template as it was deployed, under a name with its hash. Nothing current expires: a roll-back "
            "may need any of them.",
        ),
        BucketEncryption=ENCRYPTED,
        LifecycleConfiguration=s3.LifecycleConfiguration(
            Rules=[
                s3.LifecycleRule(
                    Id="tidy",
                    Status="Enabled",
                    AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(DaysAfterInitiation=7),
                    NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(NoncurrentDays=90),
                )
            ]
        ),
        OwnershipControls=OWNED,
        PublicAccessBlockConfiguration=CLOSED,
        VersioningConfiguration=s3.VersioningConfiguration(Status="Enabled"),
    )


def _provider(template: Template, ci: Ci) -> AWSHelperFn:
    """The ARN of the account's OIDC provider for GitHub.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
    """
    if ci.oidc_provider == "existing":
        return Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{GITHUB}")
    provider = iam.OIDCProvider(
        "GitHub",
        Metadata=why("An account can have one for GitHub: whatever else in it trusts GitHub uses this one too."),
        Url=f"https://{GITHUB}",
        ClientIdList=["sts.amazonaws.com"],
    )
    arn: AWSHelperFn = template.add_resource(provider).ref()
    return arn


def _output(template: Template, name: str, value: AWSHelperFn, description: str, condition: str | None = None) -> None:
    output = template.add_output(Output(name, Value=value, Description=description))
    if condition:
        output.Condition = condition
