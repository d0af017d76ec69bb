"""Which properties cannot change in place: "Update requires: Replacement" on the page of each type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html; a test
compares with the schemas that AWS publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CREATE_ONLY = {
    "AWS::ACMPCA::Certificate": (
        "ApiPassthrough CertificateAuthorityArn CertificateSigningRequest SigningAlgorithm TemplateArn Validity "
        "ValidityNotBefore"
    ),
    "AWS::ACMPCA::CertificateAuthority": (
        "CsrExtensions KeyAlgorithm KeyStorageSecurityStandard SigningAlgorithm Subject Type UsageMode"
    ),
    "AWS::ACMPCA::CertificateAuthorityActivation": "CertificateAuthorityArn",
    "AWS::AppMesh::GatewayRoute": "GatewayRouteName MeshName MeshOwner VirtualGatewayName",
    "AWS::AppMesh::Mesh": "MeshName",
    "AWS::AppMesh::VirtualGateway": "MeshName MeshOwner VirtualGatewayName",
    "AWS::AppMesh::VirtualNode": "MeshName MeshOwner VirtualNodeName",
    "AWS::AppMesh::VirtualService": "MeshName MeshOwner VirtualServiceName",
    "AWS::ApplicationAutoScaling::ScalableTarget": "ResourceId ScalableDimension ServiceNamespace",
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        "PolicyName ResourceId ScalableDimension ScalingTargetId ServiceNamespace"
    ),
    "AWS::CertificateManager::Certificate": (
        "CertificateAuthorityArn CertificateExport DomainName DomainValidationOptions KeyAlgorithm "
        "SubjectAlternativeNames"
    ),
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "ImportSourceSpecification TableName",
    "AWS::EC2::EIP": "Address IpamPoolId NetworkBorderGroup TransferAddress",
    "AWS::EC2::FlowLog": (
        "DeliverCrossAccountRole DeliverLogsPermissionArn DestinationOptions LogDestination "
        "LogDestinationType LogFormat LogGroupName MaxAggregationInterval ResourceId ResourceType "
        "TagFieldSpecifications TrafficType"
    ),
    "AWS::EC2::NatGateway": "AllocationId AvailabilityMode ConnectivityType PrivateIpAddress SubnetId VpcId",
    "AWS::EC2::Route": "DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId RouteTableId",
    "AWS::EC2::RouteTable": "VpcId",
    "AWS::EC2::SecurityGroup": "GroupDescription GroupName VpcId",
    "AWS::EC2::SecurityGroupEgress": (
        "CidrIp CidrIpv6 DestinationPrefixListId DestinationSecurityGroupId FromPort GroupId IpProtocol ToPort"
    ),
    "AWS::EC2::SecurityGroupIngress": (
        "CidrIp CidrIpv6 FromPort GroupId GroupName IpProtocol SourcePrefixListId SourceSecurityGroupId "
        "SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort"
    ),
    "AWS::EC2::Subnet": (
        "AvailabilityZone AvailabilityZoneId CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength Ipv6IpamPoolId "
        "Ipv6Native Ipv6NetmaskLength OutpostArn VpcId"
    ),
    "AWS::EC2::SubnetRouteTableAssociation": "RouteTableId SubnetId",
    "AWS::EC2::VPC": "CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength VpcEncryptionControl",
    "AWS::EC2::VPCEndpoint": (
        "DnsOptions ResourceConfigurationArn ServiceName ServiceNetworkArn ServiceRegion VpcEndpointType VpcId"
    ),
    "AWS::EC2::VPCGatewayAttachment": "VpcId",
    "AWS::ECR::Repository": "EncryptionConfiguration RepositoryName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::ClusterCapacityProviderAssociations": "Cluster",
    "AWS::ECS::Service": "Cluster Role SchedulingStrategy ServiceName",
    "AWS::ECS::TaskDefinition": (
        "ContainerDefinitions Cpu EnableFaultInjection EphemeralStorage ExecutionRoleArn Family "
        "InferenceAccelerators IpcMode Memory NetworkMode PidMode PlacementConstraints ProxyConfiguration "
        "RequiresCompatibilities RuntimePlatform TaskRoleArn Volumes"
    ),
    "AWS::ElasticLoadBalancingV2::Listener": "LoadBalancerArn",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "ListenerArn",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name Scheme Type",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "IpAddressType Name Port Protocol ProtocolVersion TargetType VpcId",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "Description ManagedPolicyName Path",
    "AWS::IAM::OIDCProvider": "Url",
    "AWS::IAM::Role": "Path RoleName",
    "AWS::IAM::RolePolicy": "PolicyName RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Route53::RecordSet": "HostedZoneId HostedZoneName",
    "AWS::S3::Bucket": "BucketName BucketNamePrefix BucketNamespace",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::Queue": "FifoQueue QueueName",
    "AWS::SNS::Subscription": "Endpoint Protocol TopicArn",
    "AWS::SNS::Topic": "FifoTopic TopicName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::ServiceDiscovery::HttpNamespace": "Name",
    "AWS::ServiceDiscovery::PrivateDnsNamespace": "Name Vpc",
    "AWS::ServiceDiscovery::Service": "HealthCheckCustomConfig Name NamespaceId Type",
    "AWS::WAFv2::WebACL": "Name Scope",
    "AWS::WAFv2::WebACLAssociation": "ResourceArn WebACLArn",
}

_CONDITIONAL = {"AWS::DynamoDB::Table": ("KeySchema",)}
"""What the schemas say replaces a resource under some condition; here it always does."""


def replacing(kind: str) -> frozenset[str]:
    """The properties of a type that a change of replaces the resource."""
    return frozenset(_CREATE_ONLY.get(kind, "").split())


def replaced(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a resource cannot go from *before* to *after* in place."""
    return any(before.get(name) != after.get(name) for name in (*replacing(kind), *_CONDITIONAL.get(kind, ())))
