"""What the services other than those of networks say of resources."""

from __future__ import annotations

import json
from typing import Any

from tests.localaws.account import Account
from tests.localaws.matching import matches
from tests.localaws.network_readers import Read, Reader


def _role(account: Account, physical_id: str, _wanted: Read) -> Read:
    iam = account("iam")
    names = iam.list_role_policies(RoleName=physical_id)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=physical_id, PolicyName=name) for name in names]
    role = iam.get_role(RoleName=physical_id)["Role"]
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    attached = iam.list_attached_role_policies(RoleName=physical_id)["AttachedPolicies"]
    arns = [each["PolicyArn"] for each in attached]
    return dict(role) | {"Policies": policies, "PermissionsBoundary": boundary, "ManagedPolicyArns": arns}


def _managed_policy(account: Account, physical_id: str, _wanted: Read) -> Read:
    iam = account("iam")
    policy = iam.get_policy(PolicyArn=physical_id)["Policy"]
    version = iam.get_policy_version(PolicyArn=physical_id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return dict(policy) | {"PolicyDocument": version["Document"]}


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
    actions = scaling.describe_scheduled_actions(ServiceNamespace=namespace, ResourceId=resource)["ScheduledActions"]
    return dict(found) | {"ScheduledActions": actions}


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
    """What was generated is in the first version: a secret that rotates may have others already."""
    manager = account("secretsmanager")
    versions = manager.list_secret_version_ids(SecretId=physical_id, IncludeDeprecated=True)["Versions"]
    # Dates are whole seconds: of two versions of the same second, the one that is current came later.
    newer = {"AWSCURRENT", "AWSPENDING"}
    first = min(versions, key=lambda each: (each["CreatedDate"], bool(newer & {*each["VersionStages"]})))["VersionId"]
    text = manager.get_secret_value(SecretId=physical_id, VersionId=first)["SecretString"]
    value = json.loads(text) if text.startswith("{") else {"password": text}
    found = manager.describe_secret(SecretId=physical_id)
    template = json.dumps({key: text for key, text in value.items() if key != "password"})
    made = {"SecretStringTemplate": template, "GenerateStringKey": "password", "PasswordLength": len(value["password"])}
    made["ExcludePunctuation"] = value["password"].isalnum()
    return dict(found) | {"GenerateSecretString": made}


def _events_rule(account: Account, _physical_id: str, wanted: Read) -> Read:
    events = account("events")
    for rule in events.list_rules()["Rules"]:
        found = events.describe_rule(Name=rule["Name"])
        key = "EventPattern" if "EventPattern" in wanted else "ScheduleExpression"
        if matches(wanted[key], found.get(key, "")):
            tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
            return dict(found) | {"Tags": tags, "Targets": events.list_targets_by_rule(Rule=rule["Name"])["Targets"]}
    return {}


def _namespace(account: Account, physical_id: str, _wanted: Read) -> Read:
    discovery = account("servicediscovery")
    found = discovery.get_namespace(Id=physical_id)["Namespace"]
    return dict(found) | {"Tags": discovery.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]}


def _schedule(account: Account, physical_id: str, wanted: Read) -> Read:
    return dict(account("scheduler").get_schedule(Name=physical_id, GroupName=wanted["GroupName"]))


def _schedule_group(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("scheduler").get_schedule_group(Name=physical_id)
    return dict(found) | {"Tags": account("scheduler").list_tags_for_resource(ResourceArn=found["Arn"])["Tags"]}


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


def _table(account: Account, physical_id: str, _wanted: Read) -> Read:
    dynamodb = account("dynamodb")
    found = dynamodb.describe_table(TableName=physical_id)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=physical_id)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    expiry = dynamodb.describe_time_to_live(TableName=physical_id)["TimeToLiveDescription"]
    enabled = {"PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryStatus"] == "ENABLED"}
    return found | {
        "BillingMode": found["BillingModeSummary"]["BillingMode"],
        "PointInTimeRecoverySpecification": recovery | enabled,
        "TimeToLiveSpecification": expiry | {"Enabled": expiry["TimeToLiveStatus"] == "ENABLED"},
        "Tags": dynamodb.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"],
    }


def _queue(account: Account, physical_id: str, _wanted: Read) -> Read:
    sqs = account("sqs")
    found = sqs.get_queue_attributes(QueueUrl=physical_id, AttributeNames=["All"])["Attributes"]
    return dict(found) | {"Tags": sqs.list_queue_tags(QueueUrl=physical_id)["Tags"]}


def _queue_policy(account: Account, _physical_id: str, wanted: Read) -> Read:
    queues = wanted["Queues"]
    found = account("sqs").get_queue_attributes(QueueUrl=queues[0], AttributeNames=["Policy"])["Attributes"]
    return {"PolicyDocument": found["Policy"], "Queues": queues}


def _certificate_authority(account: Account, physical_id: str, _wanted: Read) -> Read:
    pca = account("acm-pca")
    found = pca.describe_certificate_authority(CertificateAuthorityArn=physical_id)["CertificateAuthority"]
    tags = pca.list_tags(CertificateAuthorityArn=physical_id)["Tags"]
    return dict(found) | found["CertificateAuthorityConfiguration"] | {"Tags": tags}


def _private_certificate(account: Account, physical_id: str, _wanted: Read) -> Read:
    arn, authority = physical_id.split("|")
    account("acm-pca").get_certificate(CertificateAuthorityArn=authority, CertificateArn=arn)
    return {"CertificateAuthorityArn": authority}


def _activation(account: Account, physical_id: str, _wanted: Read) -> Read:
    pca, named = account("acm-pca"), {"CertificateAuthorityArn": physical_id}
    status = pca.describe_certificate_authority(**named)["CertificateAuthority"]["Status"]
    return named | pca.get_certificate_authority_certificate(**named) | {"Status": status}


READERS: dict[str, Reader] = {
    "AWS::ACMPCA::Certificate": _private_certificate,
    "AWS::ACMPCA::CertificateAuthority": _certificate_authority,
    "AWS::ACMPCA::CertificateAuthorityActivation": _activation,
    "AWS::ApplicationAutoScaling::ScalableTarget": _scalable_target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling_policy,
    "AWS::CertificateManager::Certificate": _certificate,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,
    "AWS::ECR::Repository": _repository,
    "AWS::ECS::Cluster": _cluster,
    "AWS::ECS::ClusterCapacityProviderAssociations": _cluster,
    "AWS::ECS::Service": _service,
    "AWS::ECS::TaskDefinition": _task_definition,
    "AWS::Events::Rule": _events_rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::OIDCProvider": _oidc,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::Route53::RecordSet": _record,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::Scheduler::ScheduleGroup": _schedule_group,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::ServiceDiscovery::HttpNamespace": _namespace,
    "AWS::WAFv2::WebACL": _web_acl,
    "AWS::WAFv2::WebACLAssociation": _web_acl_association,
}
