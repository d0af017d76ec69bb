"""What RDS, Lambda and Secrets Manager say of databases, and of the functions that rotate their credentials."""

from __future__ import annotations

import json

from tests.localaws.account import Account
from tests.localaws.matching import matches
from tests.localaws.network_readers import Read, Reader


def _cluster(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("rds").describe_db_clusters(DBClusterIdentifier=physical_id)["DBClusters"][0]
    groups = [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]]
    return dict(found) | {
        "Tags": found.get("TagList"),
        "VpcSecurityGroupIds": groups,
        "DBSubnetGroupName": found.get("DBSubnetGroup"),
        "DBClusterParameterGroupName": found.get("DBClusterParameterGroup"),
        "EnableHttpEndpoint": found.get("HttpEndpointEnabled"),
        "EnableIAMDatabaseAuthentication": found.get("IAMDatabaseAuthenticationEnabled"),
        "EnableCloudwatchLogsExports": found.get("EnabledCloudwatchLogsExports"),
        "ManageMasterUserPassword": "MasterUserSecret" in found,
    }


def _instance(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("rds").describe_db_instances(DBInstanceIdentifier=physical_id)["DBInstances"][0]
    insights = found.get("PerformanceInsightsEnabled")
    return dict(found) | {"Tags": found.get("TagList"), "EnablePerformanceInsights": insights}


def _subnet_group(account: Account, physical_id: str, _wanted: Read) -> Read:
    rds = account("rds")
    found = rds.describe_db_subnet_groups(DBSubnetGroupName=physical_id)["DBSubnetGroups"][0]
    tags = rds.list_tags_for_resource(ResourceName=found["DBSubnetGroupArn"])["TagList"]
    return dict(found) | {"SubnetIds": [each["SubnetIdentifier"] for each in found["Subnets"]], "Tags": tags}


def _parameter_group(account: Account, physical_id: str, _wanted: Read) -> Read:
    rds = account("rds")
    named = {"DBClusterParameterGroupName": physical_id}
    found = rds.describe_db_cluster_parameter_groups(**named)["DBClusterParameterGroups"][0]
    given = rds.describe_db_cluster_parameters(**named)["Parameters"]
    return {
        "Description": found["Description"],
        "Family": found["DBParameterGroupFamily"],
        "Parameters": {each["ParameterName"]: each.get("ParameterValue") for each in given},
        "Tags": rds.list_tags_for_resource(ResourceName=found["DBClusterParameterGroupArn"])["TagList"],
    }


def _function(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("lambda").get_function(FunctionName=physical_id)
    return dict(found["Configuration"]) | {"Tags": found.get("Tags")}


def _permission(account: Account, _physical_id: str, wanted: Read) -> Read:
    functions = account("lambda")
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    policies = [json.loads(functions.get_policy(FunctionName=name)["Policy"]) for name in names]
    for statement in (statement for policy in policies for statement in policy["Statement"]):
        condition = {name: value for test in statement.get("Condition", {}).values() for name, value in test.items()}
        said = {
            "Action": statement["Action"],
            "FunctionName": statement["Resource"],
            "Principal": statement["Principal"]["Service"],
            "SourceAccount": condition.get("AWS:SourceAccount"),
            "SourceArn": condition.get("AWS:SourceArn"),
        }
        if all(matches(value, said.get(name)) for name, value in wanted.items()):
            return said
    return {}


def _rotation(account: Account, _physical_id: str, wanted: Read) -> Read:
    found = account("secretsmanager").describe_secret(SecretId=wanted["SecretId"])
    return dict(found) | {"SecretId": found["ARN"]}


READERS: dict[str, Reader] = {
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::RDS::DBClusterParameterGroup": _parameter_group,
    "AWS::RDS::DBInstance": _instance,
    "AWS::RDS::DBSubnetGroup": _subnet_group,
    "AWS::SecretsManager::RotationSchedule": _rotation,
}
