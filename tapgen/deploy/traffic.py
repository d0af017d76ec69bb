"""Where the requests to coloured services go: how much each of the two target groups gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.services import Colours, Service


@dataclass(frozen=True)
class Weights:
    """The shares of both colours, in percent."""

    blue: float
    green: float

    @property
    def live(self) -> str:
        """The colour that gets every request: `blue` or `green`; nothing while they share them."""
        return "blue" if self.blue == 100 else "green" if self.green == 100 else ""

    def __str__(self) -> str:
        shares = f"blue {self.blue:g} %, green {self.green:g} %"
        return f"{self.live} live ({shares})" if self.live else shares


def weights(aws: Aws, services: Iterable[Service]) -> dict[str, Weights]:
    """How production traffic is shared, by the ARN of the service, where there are two colours to share it.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html

    Raises:
        AwsError: AWS could not be asked.
    """
    coloured = {each.arn: each.colours for each in services if each.colours}
    rules = _rules(aws, [each.rule for each in coloured.values()])
    return {arn: _weights(rules[each.rule], each) for arn, each in coloured.items() if each.rule in rules}


def _rules(aws: Aws, arns: list[str]) -> dict[str, Answer]:
    """Those rules that are there, by ARN."""
    if not arns:
        return {}
    try:
        found = aws("elbv2", "describe-rules", "--rule-arns", *arns)["Rules"]
    except AwsError as error:
        if error.code != "RuleNotFound":
            raise
        # One of them was deleted by hand; the others are still to be told of.
        return {} if len(arns) == 1 else {key: rule for arn in arns for key, rule in _rules(aws, [arn]).items()}
    return {each["RuleArn"]: each for each in found}


def _weights(rule: Answer, colours: Colours) -> Weights:
    shares: dict[str, int] = {}
    for action in rule["Actions"]:
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or [action]
        shares |= {each["TargetGroupArn"]: each.get("Weight", 1) for each in groups if "TargetGroupArn" in each}
    total = sum(shares.values()) or 1
    blue, green = (round(100 * shares.get(group, 0) / total, 1) for group in (colours.blue, colours.green))
    return Weights(blue, green)
