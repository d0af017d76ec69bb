"""ARNs from the file, spelled so that neither account nor Region nor partition stands in the template."""

from __future__ import annotations

from troposphere import Sub

SERVICE_CONNECT_POLICY = Sub(
    "arn:${AWS::Partition}:iam::aws:policy/service-role/"
    "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
)
"""What ECS needs to get certificates for its proxies, and to keep their keys in secrets of its own: AWS changes it
together with ECS.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
"""


def here(arn: str) -> Sub:
    """An ARN of this account and Region, or of none; rules of the configuration have made sure that it is."""
    _, _, service, region, account, resource = arn.split(":", 5)
    region = region and "${AWS::Region}"
    account = "${AWS::AccountId}" if account.isdecimal() else account
    return Sub(f"arn:${{AWS::Partition}}:{service}:{region}:{account}:{resource}")


def spelled(arn: str, account: str, region: str) -> Sub:
    """Any ARN, with a pseudo parameter for the partition, and for *account* and *region* where it names them."""
    _, _, service, its_region, its_account, resource = arn.split(":", 5)
    its_region = "${AWS::Region}" if its_region == region else its_region
    its_account = "${AWS::AccountId}" if its_account == account else its_account
    resource = resource.replace("${", "${!")
    return Sub(f"arn:${{AWS::Partition}}:{service}:{its_region}:{its_account}:{resource}")


def stack_arn(name: str) -> Sub:
    """Any stack of this account and Region that is called so; `*` is any letters."""
    return Sub(f"arn:${{AWS::Partition}}:cloudformation:${{AWS::Region}}:${{AWS::AccountId}}:stack/{name}/*")
