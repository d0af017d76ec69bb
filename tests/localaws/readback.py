"""What services say of the resources of a stack, beside what its templates ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tapgen.parse import parse
from tests.localaws.account import REGION, Account

Read = Any
"""What a service says: a mapping, whatever its values."""

ANYTHING = object()
"""A value that only CloudFormation knows: it must be there, whatever it is."""


@dataclass(frozen=True)
class Property:
    """A property as it was asked for, and as its service says it is."""

    stack: str
    resource: str
    kind: str
    name: str
    wanted: Any
    found: Any

    @property
    def kept(self) -> bool:
        """Whether it is what was asked for."""
        return matches(self.wanted, self.found)


def properties(account: Account, root: str) -> Iterator[Property]:
    """Every property of every resource of a stack and those within."""
    cloudformation = account.cloudformation
    stack = account.stack(root)
    template = parse(cloudformation.get_template(StackName=root)["TemplateBody"])
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    listed = {
        name for name, each in template.get("Parameters", {}).items() if each["Type"].startswith(("List", "Comma"))
    }
    resources = cloudformation.list_stack_resources(StackName=root)["StackResourceSummaries"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    known = {
        "AWS::StackName": stack["StackName"],
        "AWS::Region": REGION,
        "AWS::AccountId": account.number,
        "AWS::Partition": "aws",
    }
    known |= {name: value.split(",") if name in listed else value for name, value in parameters.items()} | ids
    for name, physical_id in ids.items():
        definition = template["Resources"][name]
        kind = definition["Type"]
        if kind == "AWS::CloudFormation::Stack":
            yield from properties(account, physical_id)
            continue
        wanted = resolved(definition.get("Properties", {}), known)
        found = READERS[kind](account, physical_id, wanted) if kind in READERS else {}
        yield from (
            Property(stack["StackName"], name, kind, key, value, look(found, key)) for key, value in wanted.items()
        )


def resolved(node: Any, known: dict[str, Any]) -> Any:
    """A part of a template, as far as it can be resolved from outside."""
    match node:
        case {"Ref": name}:
            return known.get(name, ANYTHING)
        case {"Fn::Sub": str(text)}:
            names = re.findall(r"\$\{([^!}]+)\}", text)
            if any(not isinstance(known.get(name), str) for name in names):
                return ANYTHING
            return re.sub(r"\$\{([^!}]+)\}", lambda found: known[found[1]], text).replace("${!", "${")
        case dict() if any(key.startswith("Fn::") for key in node):
            return ANYTHING
        case dict():
            return {key: resolved(value, known) for key, value in node.items()}
        case list():
            return [resolved(item, known) for item in node]
    return node


def look(found: Read, key: str) -> Any:
    """A value by its name, in whatever case."""
    return next((value for name, value in found.items() if name.lower() == key.lower()), None)


def matches(wanted: Any, found: Any) -> bool:
    """Whether *found* says all that was *wanted*."""
    if wanted is ANYTHING:
        return found is not None
    if isinstance(wanted, dict | list) and isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return False
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(matches(value, look(found, key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        if isinstance(found, dict):
            found = [{"Key": key, "Value": value} for key, value in found.items()]
        found = found if isinstance(found, list) else [found]
        return all(any(matches(item, each) for each in found) for item in wanted)
    if isinstance(found, list) and len(found) == 1:
        return matches(wanted, found[0])
    try:
        return float(wanted) == float(found)
    except (TypeError, ValueError):
        return str(wanted).lower() == str(found).lower()


def _first(service: str, operation: str, result: str, **fixed: Any) -> Callable[[Account, str, Read], Read]:
    """A reader by one call: `{id}` in the parameters is the physical id."""

    def filled(value: Any, physical_id: str) -> Any:
        if isinstance(value, list):
            return [filled(item, physical_id) for item in value]
        if isinstance(value, dict):
            return {key: filled(item, physical_id) for key, item in value.items()}
        return value.replace("{id}", physical_id) if isinstance(value, str) else value

    def read(account: Account, physical_id: str, _wanted: Read) -> Read:
        answer = getattr(account(service), operation)(**filled(fixed, physical_id))
        found = answer[result]
        return dict(found[0] if isinstance(found, list) else found)

    return read


def _rule(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_security_group_rules(SecurityGroupRuleIds=[physical_id])["SecurityGroupRules"][0]
    other = found.get("ReferencedGroupInfo", {}).get("GroupId")
    return found | {
        "CidrIp": found.get("CidrIpv4"),
        "SourceSecurityGroupId": other,
        "DestinationSecurityGroupId": other,
    }


def _vpc(account: Account, physical_id: str, _wanted: Read) -> Read:
    ec2 = account("ec2")
    names = ("EnableDnsHostnames", "EnableDnsSupport")
    read = {
        name: ec2.describe_vpc_attribute(VpcId=physical_id, Attribute=name[:1].lower() + name[1:])[name]["Value"]
        for name in names
    }
    return ec2.describe_vpcs(VpcIds=[physical_id])["Vpcs"][0] | read


def _group(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_security_groups(GroupIds=[physical_id])["SecurityGroups"][0]

    def flat(rules: list[Read]) -> list[Read]:
        return [rule | each for rule in rules for each in rule.get("IpRanges", []) + rule.get("UserIdGroupPairs", [])]

    egress, ingress = flat(found["IpPermissionsEgress"]), flat(found["IpPermissions"])
    return found | {
        "GroupDescription": found["Description"],
        "SecurityGroupEgress": egress,
        "SecurityGroupIngress": ingress,
    }


def _endpoint(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_vpc_endpoints(VpcEndpointIds=[physical_id])["VpcEndpoints"][0]
    return found | {"SecurityGroupIds": [each["GroupId"] for each in found.get("Groups", [])]}


def _address(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_addresses()["Addresses"]
    return dict(next(each for each in found if each["PublicIp"] == physical_id))


def _nat(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_nat_gateways(NatGatewayIds=[physical_id])["NatGateways"][0]
    return found | {"AllocationId": next((each["AllocationId"] for each in found["NatGatewayAddresses"]), None)}


def _flow_log(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_flow_logs(FlowLogIds=[physical_id])["FlowLogs"][0]
    return found | {"ResourceType": "VPC" if found["ResourceId"].startswith("vpc-") else None}


def _route(account: Account, _physical_id: str, wanted: Read) -> Read:
    table = account("ec2").describe_route_tables(RouteTableIds=[wanted["RouteTableId"]])["RouteTables"][0]
    found = (each for each in table["Routes"] if each["DestinationCidrBlock"] == wanted["DestinationCidrBlock"])
    return next(found) | {"RouteTableId": table["RouteTableId"]}


def _association(account: Account, _physical_id: str, wanted: Read) -> Read:
    table = account("ec2").describe_route_tables(RouteTableIds=[wanted["RouteTableId"]])["RouteTables"][0]
    return dict(next(each for each in table["Associations"] if each.get("SubnetId") == wanted["SubnetId"]))


def _attachment(account: Account, _physical_id: str, wanted: Read) -> Read:
    found = account("ec2").describe_internet_gateways(InternetGatewayIds=[wanted["InternetGatewayId"]])
    return found["InternetGateways"][0] | found["InternetGateways"][0]["Attachments"][0]


def _elb(operation: str, result: str, name: str) -> Callable[[Account, str, Read], Read]:
    def read(account: Account, physical_id: str, _wanted: Read) -> Read:
        elb = account("elbv2")
        found = getattr(elb, operation)(**{f"{name}s": [physical_id]})[result][0]
        tags = elb.describe_tags(ResourceArns=[physical_id])["TagDescriptions"][0]["Tags"]
        extra: Read = {"Tags": tags}
        if name in ("LoadBalancerArn", "TargetGroupArn"):
            kind = name.removesuffix("Arn")
            attributes = getattr(
                elb, f"describe_{'load_balancer' if kind == 'LoadBalancer' else 'target_group'}_attributes"
            )
            extra[f"{kind}Attributes"] = attributes(**{name: physical_id})["Attributes"]
        extra["Subnets"] = [each["SubnetId"] for each in found.get("AvailabilityZones", [])]
        extra["ListenerArn"] = physical_id.replace(":listener-rule/", ":listener/").rpartition("/")[0]
        return dict(found) | extra

    return read


def _role(account: Account, physical_id: str, _wanted: Read) -> Read:
    iam = account("iam")
    names = iam.list_role_policies(RoleName=physical_id)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=physical_id, PolicyName=name) for name in names]
    role = iam.get_role(RoleName=physical_id)["Role"]
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return dict(role) | {"Policies": policies, "PermissionsBoundary": boundary}


def _task_definition(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ecs").describe_task_definition(taskDefinition=physical_id, include=["TAGS"])
    return found["taskDefinition"] | {"Tags": found.get("tags")}


def _service(account: Account, physical_id: str, wanted: Read) -> Read:
    found = account("ecs").describe_services(cluster=wanted["Cluster"], services=[physical_id], include=["TAGS"])
    service = found["services"][0]
    mesh = service["deployments"][0].get("serviceConnectConfiguration")
    return service | {"ServiceConnectConfiguration": mesh, "Cluster": service["clusterArn"].rpartition("/")[2]}


def _cluster(account: Account, physical_id: str, _wanted: Read) -> Read:
    include = ["SETTINGS", "CONFIGURATIONS", "TAGS"]
    found = account("ecs").describe_clusters(clusters=[physical_id], include=include)["clusters"][0]
    return found | {"ClusterSettings": found["settings"], "Cluster": physical_id}


def _scalable_target(account: Account, physical_id: str, _wanted: Read) -> Read:
    resource, _, namespace = physical_id.split("|")
    scaling = account("application-autoscaling")
    found = scaling.describe_scalable_targets(ServiceNamespace=namespace, ResourceIds=[resource])["ScalableTargets"][0]
    return dict(found)


def _scaling_policy(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    policy = next(each for each in found if each["PolicyARN"] == physical_id)
    target = "|".join(policy[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace"))
    return dict(policy) | {"ScalingTargetId": target}


def _alarm(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("cloudwatch").describe_alarms(AlarmNames=[physical_id])["MetricAlarms"][0]
    return dict(found) | {"Tags": account("cloudwatch").list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]}


def _dashboard(account: Account, physical_id: str, _wanted: Read) -> Read:
    return dict(account("cloudwatch").get_dashboard(DashboardName=physical_id))


def _log_group(account: Account, physical_id: str, _wanted: Read) -> Read:
    logs = account("logs")
    found = logs.describe_log_groups(logGroupNamePrefix=physical_id)["logGroups"][0]
    return dict(found) | {"Tags": logs.list_tags_log_group(logGroupName=physical_id)["tags"]}


def _key(account: Account, physical_id: str, _wanted: Read) -> Read:
    kms = account("kms")
    rotation = kms.get_key_rotation_status(KeyId=physical_id)
    tags = [
        {"Key": each["TagKey"], "Value": each["TagValue"]} for each in kms.list_resource_tags(KeyId=physical_id)["Tags"]
    ]
    return kms.describe_key(KeyId=physical_id)["KeyMetadata"] | {
        "KeyPolicy": kms.get_key_policy(KeyId=physical_id, PolicyName="default")["Policy"],
        "EnableKeyRotation": rotation["KeyRotationEnabled"],
        "RotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        "Tags": tags,
    }


def _topic(account: Account, physical_id: str, _wanted: Read) -> Read:
    sns = account("sns")
    tags = sns.list_tags_for_resource(ResourceArn=physical_id)["Tags"]
    return sns.get_topic_attributes(TopicArn=physical_id)["Attributes"] | {"Tags": tags}


def _topic_policy(account: Account, _physical_id: str, wanted: Read) -> Read:
    topics = wanted["Topics"]
    found = account("sns").get_topic_attributes(TopicArn=topics[0])["Attributes"]
    return {"PolicyDocument": found["Policy"], "Topics": topics}


def _secret(account: Account, physical_id: str, _wanted: Read) -> Read:
    manager = account("secretsmanager")
    value = json.loads(manager.get_secret_value(SecretId=physical_id)["SecretString"])
    found = manager.describe_secret(SecretId=physical_id)
    template = json.dumps({key: text for key, text in value.items() if key != "password"})
    made = {"SecretStringTemplate": template, "GenerateStringKey": "password", "PasswordLength": len(value["password"])}
    made["ExcludePunctuation"] = value["password"].isalnum()
    return dict(found) | {"GenerateSecretString": made}


def _events_rule(account: Account, _physical_id: str, wanted: Read) -> Read:
    events = account("events")
    for rule in events.list_rules()["Rules"]:
        found = events.describe_rule(Name=rule["Name"])
        if matches(wanted["EventPattern"], found["EventPattern"]):
            tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
            return dict(found) | {"Tags": tags, "Targets": events.list_targets_by_rule(Rule=rule["Name"])["Targets"]}
    return {}


def _namespace(account: Account, physical_id: str, _wanted: Read) -> Read:
    discovery = account("servicediscovery")
    found = discovery.get_namespace(Id=physical_id)["Namespace"]
    return dict(found) | {"Tags": discovery.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]}


def _bucket(account: Account, physical_id: str, _wanted: Read) -> Read:
    s3 = account("s3")
    encryption = s3.get_bucket_encryption(Bucket=physical_id)["ServerSideEncryptionConfiguration"]["Rules"]
    named = [{"ServerSideEncryptionByDefault": each["ApplyServerSideEncryptionByDefault"]} for each in encryption]
    return {
        "BucketEncryption": {"ServerSideEncryptionConfiguration": named},
        "LifecycleConfiguration": {"Rules": [_expiry(each) for each in _lifecycle(s3, physical_id)]},
        "OwnershipControls": s3.get_bucket_ownership_controls(Bucket=physical_id)["OwnershipControls"],
        "PublicAccessBlockConfiguration": s3.get_public_access_block(Bucket=physical_id)[
            "PublicAccessBlockConfiguration"
        ],
        "VersioningConfiguration": s3.get_bucket_versioning(Bucket=physical_id),
        "Tags": s3.get_bucket_tagging(Bucket=physical_id)["TagSet"],
    }


def _lifecycle(s3: Any, bucket: str) -> list[Read]:
    try:
        return list(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])
    except s3.exceptions.ClientError:
        return []


def _expiry(rule: Read) -> Read:
    expiration = rule.get("Expiration", {})
    return rule | {
        "Id": rule.get("ID"),
        "ExpirationInDays": expiration.get("Days"),
        "ExpiredObjectDeleteMarker": expiration.get("ExpiredObjectDeleteMarker"),
        "Prefix": rule.get("Filter", {}).get("Prefix"),
    }


def _bucket_policy(account: Account, _physical_id: str, wanted: Read) -> Read:
    policy = account("s3").get_bucket_policy(Bucket=wanted["Bucket"])["Policy"]
    return {"Bucket": wanted["Bucket"], "PolicyDocument": policy}


def _repository(account: Account, physical_id: str, _wanted: Read) -> Read:
    ecr = account("ecr")
    found = ecr.describe_repositories(repositoryNames=[physical_id])["repositories"][0]
    lifecycle = ecr.get_lifecycle_policy(repositoryName=physical_id)["lifecyclePolicyText"]
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    prefix = "ImageTagMutabilityExclusionFilter"
    filters = found.pop("imageTagMutabilityExclusionFilters", [])
    found[f"{prefix}s"] = [{f"{prefix}Type": each["filterType"], f"{prefix}Value": each["filter"]} for each in filters]
    return dict(found) | {"Tags": tags, "LifecyclePolicy": {"LifecyclePolicyText": lifecycle}}


def _web_acl(account: Account, physical_id: str, _wanted: Read) -> Read:
    name, acl_id, scope = physical_id.split("|")
    waf = account("wafv2")
    found = waf.get_web_acl(Name=name, Id=acl_id, Scope=scope)["WebACL"]
    tags = waf.list_tags_for_resource(ResourceARN=found["ARN"])["TagInfoForResource"]["TagList"]
    return dict(found) | {"Scope": scope, "Tags": tags}


def _web_acl_association(account: Account, _physical_id: str, wanted: Read) -> Read:
    found = account("wafv2").get_web_acl_for_resource(ResourceArn=wanted["ResourceArn"])["WebACL"]
    return {"WebACLArn": found["ARN"], "ResourceArn": wanted["ResourceArn"]}


def _certificate(account: Account, physical_id: str, _wanted: Read) -> Read:
    acm = account("acm")
    found = acm.describe_certificate(CertificateArn=physical_id)["Certificate"]
    options = found.get("DomainValidationOptions", [])
    tags = acm.list_tags_for_certificate(CertificateArn=physical_id)["Tags"]
    return dict(found) | {"Tags": tags, "ValidationMethod": options[0].get("ValidationMethod") if options else None}


def _record(account: Account, _physical_id: str, wanted: Read) -> Read:
    records = account("route53").list_resource_record_sets(HostedZoneId=wanted["HostedZoneId"])["ResourceRecordSets"]
    found = next(
        each
        for each in records
        if each["Name"].rstrip(".") == wanted["Name"].rstrip(".") and each["Type"] == wanted["Type"]
    )
    return dict(found) | {"Name": wanted["Name"], "HostedZoneId": wanted["HostedZoneId"]}


def _subscription(account: Account, physical_id: str, _wanted: Read) -> Read:
    return dict(account("sns").get_subscription_attributes(SubscriptionArn=physical_id)["Attributes"])


def _oidc(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)
    return dict(found) | {"Url": f"https://{found['Url'].removeprefix('https://')}"}


_EC2 = "AWS::EC2::"
_ELB = "AWS::ElasticLoadBalancingV2::"
READERS: dict[str, Callable[[Account, str, Read], Read]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _scalable_target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling_policy,
    "AWS::CertificateManager::Certificate": _certificate,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    f"{_EC2}EIP": _address,
    f"{_EC2}FlowLog": _flow_log,
    f"{_EC2}InternetGateway": _first(
        "ec2", "describe_internet_gateways", "InternetGateways", InternetGatewayIds=["{id}"]
    ),
    f"{_EC2}NatGateway": _nat,
    f"{_EC2}Route": _route,
    f"{_EC2}RouteTable": _first("ec2", "describe_route_tables", "RouteTables", RouteTableIds=["{id}"]),
    f"{_EC2}SecurityGroup": _group,
    f"{_EC2}SecurityGroupEgress": _rule,
    f"{_EC2}SecurityGroupIngress": _rule,
    f"{_EC2}Subnet": _first("ec2", "describe_subnets", "Subnets", SubnetIds=["{id}"]),
    f"{_EC2}SubnetRouteTableAssociation": _association,
    f"{_EC2}VPC": _vpc,
    f"{_EC2}VPCEndpoint": _endpoint,
    f"{_EC2}VPCGatewayAttachment": _attachment,
    "AWS::ECR::Repository": _repository,
    "AWS::ECS::Cluster": _cluster,
    "AWS::ECS::ClusterCapacityProviderAssociations": _cluster,
    "AWS::ECS::Service": _service,
    "AWS::ECS::TaskDefinition": _task_definition,
    f"{_ELB}Listener": _elb("describe_listeners", "Listeners", "ListenerArn"),
    f"{_ELB}ListenerRule": _elb("describe_rules", "Rules", "RuleArn"),
    f"{_ELB}LoadBalancer": _elb("describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    f"{_ELB}TargetGroup": _elb("describe_target_groups", "TargetGroups", "TargetGroupArn"),
    "AWS::Events::Rule": _events_rule,
    "AWS::IAM::OIDCProvider": _oidc,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::Route53::RecordSet": _record,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::ServiceDiscovery::HttpNamespace": _namespace,
    "AWS::WAFv2::WebACL": _web_acl,
    "AWS::WAFv2::WebACLAssociation": _web_acl_association,
}
