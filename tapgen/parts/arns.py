"""ARNs from the file, spelled so that neither account nor Region nor partition stands in the template."""

from __future__ import annotations

from troposphere import Sub


def here(arn: str) -> Sub:
    """An ARN of this account and Region, or of none; rules of the configuration have made sure that it is."""
    _, _, service, region, account, resource = arn.split(":", 5)
    region = region and "${AWS::Region}"
    account = "${AWS::AccountId}" if account.isdecimal() else account
    return Sub(f"arn:${{AWS::Partition}}:{service}:{region}:{account}:{resource}")
