"""What deployments need, and no more than they need."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from troposphere import Template

from tapgen.config.environment import Environment
from tapgen.config.model import Ci, Cluster, ExistingCluster
from tapgen.config.regions import Region
from tapgen.layers.bootstrap import Bootstrap


def environment(name: str, account: str, region: Region, platform: str = "shop") -> Environment:
    return Environment(platform=platform, name=name, account=account, region=region, services={})


ENVIRONMENTS = {
    "dev": environment("dev", "111111111111", "eu-west-1"),
    "prod-eu": environment("prod-eu", "222222222222", "eu-central-1"),
}
CI = Ci(repository="acme/shop")
OWN_PATH = "/shop-deployment/"
"""Where the roles of deployments are, and none of the platform's."""

GITHUB = "token.actions.githubusercontent.com"
EXISTING = f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{GITHUB}"
STACK = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/"

TYPES = {
    "AWS::CloudFormation::Stack": ["cloudformation:CreateStack", "iam:PassRole"],
    "AWS::EC2::VPC": ["ec2:CreateVpc", "ec2:DescribeVpcs"],
    "AWS::ECS::TaskDefinition": ["ecs:RegisterTaskDefinition", "iam:PassRole"],
    "AWS::IAM::Role": ["iam:AttachRolePolicy", "iam:CreateRole"],
    "AWS::RDS::DBCluster": ["iam:CreateServiceLinkedRole", "rds:CreateDBCluster"],
    "AWS::S3::Bucket": ["s3:CreateBucket"],
}
"""What is made, and what AWS's handlers of it call."""

ANYTHING = {
    "ManageEc2": "accepted: ids of EC2 are known only once a resource is made",
    "ManageEcs": "accepted: names are known only once a resource is made",
    "ManageKms": "accepted: keys have ids of their own making",
    "ManageRds": "accepted: names are known only once a resource is made",
    "FindNestedStacks": "the list of all stacks is no resource",
    "SeeWhereRequestsGo": "accepted: what it asks about is no resource",
}
"""The statements on every resource there is."""

WHOLE_SERVICES = {
    "ManageNestedStacks": "whatever CloudFormation needs for stacks nested in those of the platform",
}
"""The statements with every action of a service."""


def rendered(ci: Ci | None = CI, environments: dict[str, Environment] | None = None) -> dict[str, Any]:
    template = Template()
    Bootstrap(platform="shop", environments=environments or ENVIRONMENTS, ci=ci, types=TYPES).build(template)
    result: dict[str, Any] = json.loads(template.to_json())
    return result


def role(title: str, ci: Ci = CI) -> dict[str, Any]:
    found: dict[str, Any] = rendered(ci)["Resources"][title]["Properties"]
    return found


def statements(title: str) -> dict[str, dict[str, Any]]:
    attached = [rendered()["Resources"][policy["Ref"]] for policy in role(title).get("ManagedPolicyArns", [])]
    policies = [*role(title)["Policies"], *(policy["Properties"] for policy in attached)]
    return {statement["Sid"]: statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]}


def all_statements() -> list[dict[str, Any]]:
    return [
        s for title in ("CloudFormationRole", "DevDeployRole", "ProdEuDeployRole") for s in statements(title).values()
    ]


def trusted(title: str, ci: Ci = CI) -> dict[str, Any]:
    (statement,) = role(title, ci)["AssumeRolePolicyDocument"]["Statement"]
    found: dict[str, Any] = statement
    return found


# The bucket


def test_the_bucket_keeps_what_it_holds() -> None:
    bucket = rendered(None)["Resources"]["ArtifactBucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] > 0
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] > 0
    assert not {"ExpirationInDays", "ExpirationDate", "Expiration"} & rule.keys(), "a roll-back may need any template"


def test_the_bucket_is_nobody_elses() -> None:
    properties = rendered(None)["Resources"]["ArtifactBucket"]["Properties"]
    assert "BucketName" not in properties
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_bucket_refuses_whoever_comes_without_tls() -> None:
    policy = rendered(None)["Resources"]["ArtifactBucketPolicy"]["Properties"]
    assert policy["Bucket"] == {"Ref": "ArtifactBucket"}
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", ["s3:*"])
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["ArtifactBucket", "Arn"]}, {"Fn::Sub": "${ArtifactBucket.Arn}/*"}]


def test_without_ci_there_is_nothing_but_the_bucket() -> None:
    template = rendered(None)
    assert set(template["Resources"]) == {"ArtifactBucket", "ArtifactBucketPolicy"}
    assert set(template["Outputs"]) == {"ArtifactBucketName"}


# Who gets in


def test_only_jobs_of_the_repository_for_the_environment_get_its_role() -> None:
    for title, environment in (("DevDeployRole", "dev"), ("ProdEuDeployRole", "prod-eu")):
        statement = trusted(title)
        assert (statement["Effect"], statement["Action"]) == ("Allow", ["sts:AssumeRoleWithWebIdentity"])
        assert statement["Condition"] == {
            "StringEquals": {
                f"{GITHUB}:aud": "sts.amazonaws.com",
                f"{GITHUB}:sub": f"repo:acme/shop:environment:{environment}",
            }
        }


def test_a_repository_can_be_known_by_its_ids() -> None:
    condition = trusted("DevDeployRole", Ci(repository="acme@12/shop@345"))["Condition"]
    assert condition["StringEquals"][f"{GITHUB}:sub"] == "repo:acme@12/shop@345:environment:dev"


def test_the_provider_is_made() -> None:
    provider = rendered()["Resources"]["GitHub"]
    assert provider["Type"] == "AWS::IAM::OIDCProvider"
    assert provider["Properties"] == {"Url": f"https://{GITHUB}", "ClientIdList": ["sts.amazonaws.com"]}
    assert trusted("DevDeployRole")["Principal"] == {"Federated": {"Ref": "GitHub"}}


def test_the_provider_is_there_already() -> None:
    ci = Ci(repository="acme/shop", oidc_provider="existing")
    assert "GitHub" not in rendered(ci)["Resources"]
    assert trusted("DevDeployRole", ci)["Principal"] == {"Federated": {"Fn::Sub": EXISTING}}


def test_a_deploy_role_exists_only_where_its_environment_is() -> None:
    template = rendered()
    for title, environment in (("Dev", "dev"), ("ProdEu", "prod-eu")):
        here = template["Resources"][f"{title}DeployRole"]["Condition"]
        assert template["Outputs"][f"{title}DeployRoleArn"]["Condition"] == here
        assert template["Conditions"][here] == {
            "Fn::And": [
                {"Fn::Equals": [{"Ref": "AWS::AccountId"}, ENVIRONMENTS[environment].account]},
                {"Fn::Equals": [{"Ref": "AWS::Region"}, ENVIRONMENTS[environment].region]},
            ]
        }


def test_only_cloudformation_gets_the_role_it_works_with() -> None:
    statement = trusted("CloudFormationRole")
    assert statement["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole"]


# What they may do


def test_a_deploy_role_changes_its_own_root_stack_alone() -> None:
    may = statements("DevDeployRole")
    assert may["ChangeTheRootStack"]["Resource"] == [{"Fn::Sub": f"{STACK}shop-dev/*"}]
    assert {"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"} <= set(
        may["ChangeTheRootStack"]["Action"]
    )
    seen = ["shop-dev", "shop-dev-*", "shop-bootstrap", "shop-registry"]
    assert may["WatchEveryStack"]["Resource"] == [{"Fn::Sub": f"{STACK}{name}/*"} for name in seen]
    assert may["ProtectAndPreviewNestedStacks"]["Resource"] == [{"Fn::Sub": f"{STACK}shop-dev-*/*"}]
    harmless = ("cloudformation:Describe", "cloudformation:Get", "cloudformation:List")
    assert all(action.startswith(harmless) for action in may["WatchEveryStack"]["Action"])


def test_a_deploy_role_deletes_nothing_and_touches_no_resource() -> None:
    actions = {action for statement in statements("DevDeployRole").values() for action in statement["Action"]}
    assert {action for action in actions if "Delete" in action} == {"cloudformation:DeleteChangeSet"}
    elsewhere = {action for action in actions if not action.startswith(("cloudformation:", "iam:"))}
    assert {action for action in elsewhere if not re.search(":(Describe|Filter|Get|BatchGet|List)", action)} == {
        "ecr:PutImage",
        "ecs:StopServiceDeployment",
        "s3:PutObject",
    }
    assert {action for action in actions if action.startswith("iam:")} == {"iam:PassRole"}


def test_a_deploy_role_reads_and_writes_templates_of_its_environment_alone() -> None:
    may = statements("DevDeployRole")
    assert may["UseArtifacts"]["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert may["UseArtifacts"]["Resource"] == [{"Fn::Sub": "${ArtifactBucket.Arn}/dev/*"}]
    assert may["FindArtifacts"]["Action"] == ["s3:ListBucket"]
    assert may["FindArtifacts"]["Resource"] == [{"Fn::GetAtt": ["ArtifactBucket", "Arn"]}]


def test_a_deploy_role_hands_one_role_to_cloudformation_alone() -> None:
    passes = statements("DevDeployRole")["HandItsRoleToCloudFormation"]
    assert passes["Action"] == ["iam:PassRole"]
    assert passes["Resource"] == [{"Fn::GetAtt": ["CloudFormationRole", "Arn"]}]
    assert passes["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}


def test_a_deploy_role_sees_and_takes_back_what_is_its_own() -> None:
    ecs = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    kinds = ("service", "service-deployment", "task")
    own, elsewhere = (_in_cluster(name) for name in (None, "tools"))
    assert own["SeeServicesAndTasks"] == [{"Fn::Sub": f"{ecs}:{kind}/shop-dev-*/*"} for kind in kinds]
    assert own["TakeDeploymentsBack"] == [{"Fn::Sub": f"{ecs}:{kind}/shop-dev-*/shop-dev-*"} for kind in kinds[:2]]
    assert elsewhere["SeeServicesAndTasks"] == [{"Fn::Sub": f"{ecs}:{kind}/tools/*"} for kind in kinds]
    assert elsewhere["TakeDeploymentsBack"] == [{"Fn::Sub": f"{ecs}:{kind}/tools/shop-dev-*"} for kind in kinds[:2]]


def _in_cluster(name: str | None) -> dict[str, Any]:
    """The resources of each statement of a deploy role whose services run in a cluster that is there already."""
    namespace = "arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ns-abcdefghijklmnop"
    cluster = Cluster(existing=ExistingCluster(name=name, namespace=namespace)) if name else Cluster()
    here = ENVIRONMENTS["dev"].model_copy(update={"cluster": cluster})
    (policy,) = rendered(environments={"dev": here})["Resources"]["DevDeployRole"]["Properties"]["Policies"]
    return {each["Sid"]: each["Resource"] for each in policy["PolicyDocument"]["Statement"]}


def test_cloudformation_manages_roles_of_the_platform_alone() -> None:
    own = [{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/shop/*"}]
    may = statements("CloudFormationRole")
    assert may["ManageRolesOfThePlatform"]["Resource"] == own
    assert may["HandThemToWhatThePlatformRuns"]["Resource"] == own
    assert may["HandThemToWhatThePlatformRuns"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}
    }
    linked = may["LetServicesMakeTheirs"]
    assert linked["Action"] == ["iam:CreateServiceLinkedRole"]
    assert linked["Condition"]["StringEquals"]["iam:AWSServiceName"] == ["rds.amazonaws.com"]
    roles = [s for s in may.values() if any(a.partition(":")[0] in ("iam", "sts", "*") for a in s["Action"])]
    assert len(roles) == 5
    attached = may["GiveServiceConnectWhatAwsSays"]
    assert attached["Resource"] == own
    (policy,) = attached["Condition"]["ArnEquals"].values()
    assert policy["Fn::Sub"].endswith(
        "policy/service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
    )
    assert not any("*" in action for statement in roles for action in statement["Action"])
    assert may["HandThemToWhatThePlatformRuns"]["Action"] == ["iam:PassRole"]
    actions = set(may["ManageRolesOfThePlatform"]["Action"])
    assert not actions & {"iam:PassRole", "iam:AttachRolePolicy", "iam:CreateServiceLinkedRole"}


def test_cloudformation_hands_its_own_role_to_itself_alone() -> None:
    """To the nested stacks, of which each works with the role of its root."""
    passes = statements("CloudFormationRole")["HandItselfToNestedStacks"]
    assert passes["Action"] == ["iam:PassRole"]
    assert passes["Resource"] == [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{OWN_PATH}*"}]
    assert passes["Condition"] == {"StringEquals": {"iam:PassedToService": ["cloudformation.amazonaws.com"]}}
    assert role("CloudFormationRole")["Path"] == OWN_PATH


@pytest.mark.parametrize("title", ["CloudFormationRole", "DevDeployRole", "ProdEuDeployRole"])
def test_cloudformation_cannot_change_its_own_rights(title: str) -> None:
    assert role(title)["Path"] == OWN_PATH
    assert not role(title)["Path"].startswith("/shop/")


def test_cloudformation_manages_nested_stacks_of_every_environment() -> None:
    may = statements("CloudFormationRole")
    assert may["ManageNestedStacks"]["Resource"] == [
        {"Fn::Sub": f"{STACK}shop-dev-*/*"},
        {"Fn::Sub": f"{STACK}shop-prod-eu-*/*"},
    ]
    assert may["ReadTheirTemplates"]["Resource"] == [{"Fn::Sub": "${ArtifactBucket.Arn}/*"}]
    assert may["ReadTheirTemplates"]["Action"] == ["s3:GetObject"]


def test_cloudformation_may_call_what_the_types_need() -> None:
    may = statements("CloudFormationRole")
    assert may["ManageEc2"]["Action"] == ["ec2:CreateVpc", "ec2:DescribeVpcs"]
    assert may["ManageEcs"]["Action"] == ["ecs:RegisterTaskDefinition"]
    assert may["ManageS3"]["Resource"] == [{"Fn::Sub": "arn:${AWS::Partition}:s3:::*"}]


def test_the_policies_of_cloudformation_are_out_of_its_reach() -> None:
    attached = [rendered()["Resources"][each["Ref"]] for each in role("CloudFormationRole")["ManagedPolicyArns"]]
    assert len(attached) == 3
    assert {policy["Properties"]["Path"] for policy in attached} == {OWN_PATH}
    may = {action for statement in statements("CloudFormationRole").values() for action in statement["Action"]}
    assert not {action for action in may if re.match("iam:.*Policy(Version)?$", action)} - {
        "iam:AttachRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:GetRolePolicy",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
    }


def test_whatever_reaches_everything_is_known() -> None:
    everything = {statement["Sid"] for statement in all_statements() if "*" in statement["Resource"]}
    assert everything == set(ANYTHING)
    whole = {s["Sid"] for s in all_statements() if any(action.endswith(":*") for action in s["Action"])}
    assert whole == set(WHOLE_SERVICES)
    assert not any(action == "*" for statement in all_statements() for action in statement["Action"])
    assert all(statement["Effect"] == "Allow" for statement in all_statements())


def test_no_partition_is_spelled_out() -> None:
    assert "arn:aws" not in json.dumps(rendered())


def test_forty_environments_are_within_the_limit_of_a_role() -> None:
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    longest = "microservices-of-a-large-company-in-europe"
    names = [f"environment-{n}" for n in range(40)]
    environments = {name: environment(name, "111111111111", "eu-west-1", longest) for name in names}
    template = Template()
    Bootstrap(platform=longest, environments=environments, ci=CI, types=TYPES).build(template)
    for resource in json.loads(template.to_json())["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            policies = resource["Properties"].get("Policies", [])
            # Pseudo parameters become at most: aws-us-gov, ap-southeast-2, 12 digits; each is shorter than its name.
            assert sum(len(json.dumps(p["PolicyDocument"], separators=(",", ":"))) for p in policies) <= 10_240


def test_outputs_say_what_a_deployment_must_know() -> None:
    outputs = rendered()["Outputs"]
    assert {title: output["Value"] for title, output in outputs.items()} == {
        "ArtifactBucketName": {"Ref": "ArtifactBucket"},
        "CloudFormationRoleArn": {"Fn::GetAtt": ["CloudFormationRole", "Arn"]},
        "DevDeployRoleArn": {"Fn::GetAtt": ["DevDeployRole", "Arn"]},
        "ProdEuDeployRoleArn": {"Fn::GetAtt": ["ProdEuDeployRole", "Arn"]},
    }


def test_workflows_push_images_only_where_the_file_says_so() -> None:
    repositories = "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/shop/*"
    plain, pushing = (
        {each["Sid"]: each for each in _deploy_statements(ci)} for ci in (CI, Ci(repository="acme/shop", images=True))
    )
    assert pushing.keys() - plain.keys() == {"LogInToTheRegistry", "PushImages", "ReadImagesAndScans"}
    assert pushing["LogInToTheRegistry"]["Action"] == ["ecr:GetAuthorizationToken"]
    for name in ("PushImages", "ReadImagesAndScans"):
        assert pushing[name]["Resource"] == [{"Fn::Sub": repositories}]
    may = {action for each in pushing.values() for action in each["Action"] if action.startswith("ecr:")}
    assert not [action for action in may if "*" in action or "Delete" in action or "Policy" in action]


def _deploy_statements(ci: Ci) -> list[dict[str, Any]]:
    (policy,) = role("DevDeployRole", ci)["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


PREVIEWS = Ci(repository="acme/shop", previews=True)


def test_previews_of_what_nobody_merged_have_a_role_where_the_file_says_so() -> None:
    assert not [title for title in rendered()["Resources"] if title.endswith("PreviewRole")]
    with_previews = rendered(PREVIEWS)
    for name in ("Dev", "ProdEu"):
        deploys, previews = (with_previews["Resources"][f"{name}{verb}Role"] for verb in ("Deploy", "Preview"))
        assert previews["Condition"] == deploys["Condition"]
        assert with_previews["Outputs"][f"{name}PreviewRoleArn"]["Condition"] == deploys["Condition"]
    condition = trusted("DevPreviewRole", PREVIEWS)["Condition"]["StringEquals"]
    assert condition[f"{GITHUB}:sub"] == "repo:acme/shop:environment:preview.dev"
    assert role("DevDeployRole", PREVIEWS) == role("DevDeployRole")


def test_a_preview_role_makes_change_sets_and_carries_none_out() -> None:
    (policy,) = role("DevPreviewRole", PREVIEWS)["Policies"]
    may = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    changing = {
        action
        for each in may.values()
        for action in each["Action"]
        if not re.search(":(Describe|Get|BatchGet|List)", action)
    }
    assert changing == {
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:TagResource",
        "iam:PassRole",
        "s3:PutObject",
    }
    assert may["PreviewTheRootStack"]["Resource"] == [{"Fn::Sub": f"{STACK}shop-dev/*"}]
    assert may["UseArtifacts"]["Resource"] == [{"Fn::Sub": "${ArtifactBucket.Arn}/preview.dev/*"}]
    assert may["HandItsRoleToCloudFormation"] == statements("DevDeployRole")["HandItsRoleToCloudFormation"]
    assert not any("*" in action for each in may.values() for action in each["Action"])
