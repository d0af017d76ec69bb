"""The diagram shows every nested stack and everything that one takes from another."""

from __future__ import annotations

import os
import subprocess
import sys

from tapgen.graph import graph

ROOT = """\
Resources:
  Network:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://bucket.example/network.yaml
  Bucket:
    Type: AWS::S3::Bucket
  Firewall:
    Type: AWS::CloudFormation::Stack
    DependsOn: Network
    Properties:
      TemplateURL: firewall.yaml
      Parameters:
        NetworkVpcId: !GetAtt Network.Outputs.VpcId
        NetworkSubnetIds: {"Fn::GetAtt": [Network, Outputs.SubnetIds]}
        Again: !GetAtt Network.Outputs.VpcId
        BucketName: !Ref Bucket
        BucketArn: !GetAtt Bucket.Arn
  Service:
    Type: AWS::CloudFormation::Stack
    DependsOn: [Bucket, Network, Firewall]
    Properties:
      TemplateURL: !Sub https://${Bucket}/service.yaml
      Parameters:
        Url: !Sub https://${Network.Outputs.Host}/
"""


def test_stacks_wires_and_order() -> None:
    assert (
        graph(ROOT)
        == """\
flowchart LR
  Network["network"]
  Firewall["firewall"]
  Service["nested stack"]
  Network -->|"VpcId<br>SubnetIds"| Firewall
  Network -->|"Host"| Service
  Firewall -.-> Service
"""
    )


def test_a_template_without_nested_stacks_has_an_empty_diagram() -> None:
    assert graph("Resources: {}\n") == "flowchart LR\n"


def test_the_hash_seed_does_not_matter() -> None:
    code = f"from tapgen.graph import graph; print(graph({ROOT!r}), end='')"
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == graph(ROOT)
