"""Every example platform comes up, with the images that it names, and goes away again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.localaws.account import Account

PLATFORMS = Path(__file__).parents[1] / "golden/platforms"
SET_UP_FIRST = {"everything-existing": "tests/localaws/test_existing.py makes what it takes for granted"}
ENVIRONMENTS = [
    root.parent for root in sorted(PLATFORMS.glob("*/templates_out/*/root.yaml")) if root.parts[-4] not in SET_UP_FIRST
]
CONSEQUENCE = re.compile("Embedded stack|cancelled|The following resource", re.IGNORECASE)
ZONE = re.compile(r"HostedZoneId: (Z\w+)")
BOUNDARY = re.compile(r"PermissionsBoundary: !Sub arn:\S+:policy/(\S+)")
SECRET = re.compile(r"ValueFrom: !Sub '?arn:\S+:secret:([^:'\s]+)(?::([^:'\s]+)::)?")
PARAMETER = re.compile(r"ValueFrom: !Sub arn:\S+:parameter(/\S+)")
ELSEWHERE = re.compile(r"Image: (\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/([^@:\s]+)@(\S+)")
IMAGE = re.compile(r"\.dkr\.ecr\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}/([^@\s]+)@(sha256:[0-9a-f]{64})")


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: f"{folder.parts[-3]}/{folder.name}")
def test_the_platform_is_deployed_and_deleted(folder: Path, account: Account, tmp_path: Path) -> None:
    account.bucket()
    registry = account.create("registry", (folder.parent / "registry.yaml").read_text())
    assert registry["StackStatus"] == "CREATE_COMPLETE"
    _given(account, folder)
    stack = account.deploy("platform", _with_images(folder, account, tmp_path))
    assert stack["StackStatus"] == "CREATE_COMPLETE", _failures(account)

    _unprotect(account)
    assert account.delete("platform")["StackStatus"] == "DELETE_COMPLETE", _failures(account)


def _given(account: Account, folder: Path) -> None:
    """Make what the platform says is there already."""
    text = "".join(path.read_text() for path in folder.glob("*.yaml"))
    for zone in set(ZONE.findall(text)):
        account("route53").create_hosted_zone(Name="example.com", CallerReference=zone)
    for name, key in set(SECRET.findall(text)):
        account("secretsmanager").create_secret(Name=name, SecretString=json.dumps({key: "given"}))
    for name in set(PARAMETER.findall(text)):
        account("ssm").put_parameter(Name=name, Value="given", Type="SecureString")
    for name in set(BOUNDARY.findall(text)):
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        account("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(everything))


def _with_images(folder: Path, account: Account, tmp_path: Path) -> Path:
    """The templates, where each image of ECR is one that is really there, in this account."""
    texts = {path.name: path.read_text() for path in folder.glob("*.yaml")}
    given = {found for text in texts.values() for found in ELSEWHERE.findall(text)}
    for _, repository, _ in given:
        account("ecr").create_repository(repositoryName=repository)
    named = {found for text in texts.values() for found in IMAGE.findall(text)} | {each[1:] for each in given}
    there = {digest: _push(account, repository) for repository, digest in sorted(named)}
    there |= {f"{owner}.dkr": f"{account.number}.dkr" for owner, _, _ in given}
    for name, text in texts.items():
        replaced = re.sub(r"sha256:[0-9a-f]{64}|\d{12}\.dkr", lambda found: there.get(found[0], found[0]), text)
        (tmp_path / name).write_text(replaced)
    return tmp_path


def _push(account: Account, repository: str) -> str:
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "layers": [], "annotations": {"name": repository}}
    image = account("ecr").put_image(
        repositoryName=repository,
        imageManifest=json.dumps(manifest),
        imageManifestMediaType=kind,
        imageTag="v1",
    )
    return str(image["image"]["imageId"]["imageDigest"])


def _unprotect(account: Account) -> None:
    """Lift what keeps load balancers and databases from being deleted, as `make destroy` does."""
    for each in account("rds").describe_db_clusters()["DBClusters"]:
        account("rds").modify_db_cluster(DBClusterIdentifier=each["DBClusterIdentifier"], DeletionProtection=False)
    balancers = account("elbv2").describe_load_balancers()["LoadBalancers"]
    for each in balancers:
        account("elbv2").modify_load_balancer_attributes(
            LoadBalancerArn=each["LoadBalancerArn"],
            Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
        )


def _failures(account: Account) -> str:
    """What failed by itself, in any stack."""
    stacks = account.cloudformation.list_stacks()["StackSummaries"]
    events = [event for stack in stacks for event in account.events(stack["StackId"]) if "FAILED" in event[1]]
    return "\n".join(f"{name}: {why}" for name, _, why in events if not CONSEQUENCE.search(why))
