"""Templates to draw: the example platform, one of thirty services, and one that tapgen did not render."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.render import render
from tapgen.review.revisions import templates_in
from tapgen.review.stacks import Stack, stacks
from tapgen.review.templates import Templates

PROJECT = Path(__file__).parents[2]
EXAMPLE = templates_in(PROJECT / "templates_out")

FOREIGN = {
    "main.json": """{"Description": "A shop that tapgen knows nothing of", "Resources": {
      "Net": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "net.yaml"}},
      "App": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "app.yaml", "Parameters": {
        "Subnets": {"Fn::Join": [",", [{"Fn::GetAtt": ["Net", "Outputs.Inner"]}]]},
        "Front": {"Fn::GetAtt": ["Net", "Outputs.Outer"]}}}}}}""",
    "net.yaml": """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.1.0.0/16}}
  Gateway: {Type: "AWS::EC2::InternetGateway"}
  Table: {Type: "AWS::EC2::RouteTable", Properties: {VpcId: !Ref Vpc}}
  Out: {Type: "AWS::EC2::Route", Properties: {RouteTableId: !Ref Table, GatewayId: !Ref Gateway}}
  A: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc}}
  B: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc}}
  ATable: {Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: {SubnetId: !Ref A, RouteTableId: !Ref Table}}
Outputs:
  Outer: {Value: !Ref A}
  Inner: {Value: !Ref B}
""",
    "app.yaml": """
Parameters: {Subnets: {Type: CommaDelimitedList}, Front: {Type: "AWS::EC2::Subnet::Id"}}
Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref Front], SecurityGroups: [!Ref BalancerGroup]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 80, Protocol: HTTP}
  BalancerGroup: {Type: "AWS::EC2::SecurityGroup"}
  WebGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !Ref BalancerGroup}]
  CacheGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 6379, ToPort: 6379, SourceSecurityGroupId: !Ref WebGroup}]
  Web:
    Type: AWS::ECS::Service
    Properties:
      TaskDefinition: !Ref Tasks
      LoadBalancers: [{ContainerPort: 80}]
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: !Ref Subnets, SecurityGroups: [!Ref WebGroup]}}
  Tasks: {Type: "AWS::ECS::TaskDefinition", Properties: {TaskRoleArn: !GetAtt Role.Arn}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Orders.Arn}]
  Session: {Type: "AWS::ElastiCache::ReplicationGroup", Properties: {SecurityGroupIds: [!Ref CacheGroup]}}
  Orders: {Type: "AWS::SQS::Queue"}
  Mailer: {Type: "AWS::ECS::Service", Properties: {TaskDefinition: !Ref MailTasks}}
  MailTasks: {Type: "AWS::ECS::TaskDefinition", Properties: {TaskRoleArn: !GetAtt MailRole.Arn}}
  MailRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement: [{Effect: Allow, Action: ["sqs:ReceiveMessage"], Resource: !GetAtt Orders.Arn}]
  Events: {Type: "AWS::SNS::Topic"}
  Copy: {Type: "AWS::SQS::Queue"}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Events, Endpoint: !GetAtt Copy.Arn, Protocol: sqs}
  Alarm: {Type: "AWS::CloudWatch::Alarm", Properties: {AlarmActions: [!Ref Events], Namespace: !Ref Orders}}
""",
}
"""Nested templates as people write them by hand."""


@cache
def thirty() -> Templates:
    """A platform of thirty services: six that the internet reaches, and two that take from queues."""
    services: dict[str, object] = {}
    for number in range(28):
        calls = [f"s{callee}" for callee in (2 * number + 6, 3 * number + 7) if callee < 28 and number < 16]
        service: dict[str, object] = {"port": 8000 + number, "calls": calls}
        if number < 6:
            service["path"] = f"/s{number}"
        if number % 5 == 0:
            service["access"] = {"items": ["read"], "mails": ["publish"]}
        services[f"s{number}"] = service
    services |= {f"worker{number}": {"access": {"mails": ["consume"]}} for number in range(2)}
    environment = {"account": "111111111111", "region": "eu-west-1", "ingress": {"protocol": "http"}}
    said = {
        "name": "shop",
        "services": services,
        "defaults": {"tables": {"items": {"key": "id"}}, "queues": {"mails": {}}},
        "environments": {"dev": environment},
    }
    return render(understand(*(compose(json.dumps(each).encode(), "tapgen.yaml") for each in (said, {}))))


@cache
def example() -> Mapping[str, Stack]:
    """The stacks of the example platform."""
    return stacks(EXAMPLE)


def root(templates: Templates, name: str) -> Stack:
    """One root stack of some templates."""
    return example()[name] if templates is EXAMPLE else stacks(templates)[name]
