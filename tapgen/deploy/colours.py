"""Services with two colours: CloudFormation must never send requests to the one that is not live.

ECS moves the weights of their rules with every deployment, and CloudFormation does not know. It writes a rule when the
rule's template changes, with the weights that follow from a parameter, and again when that update is rolled back. So
the parameter stays as it was in every ordinary update; before one that changes a rule, it is set to what is live, in an
update that changes nothing else.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.config.environment import Environment
from tapgen.deploy import stacks
from tapgen.deploy.aws import Aws, at_once
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.stacks import Stack
from tapgen.parse import parse
from tapgen.stack import logical_id

BLUE, GREEN = "blue", "green"

PARAMETER = "LiveColor"
"""What the names of the parameters begin with."""

RULES = ("ProductionRule", "TestRule")
GROUPS = {"TargetGroup": BLUE, "AlternateTargetGroup": GREEN}
_INGRESS = "Ingress"
"""The stack of the listeners, in the root."""

HELD = (*RULES, *GROUPS)
"""What leads requests to the tasks of such a service: never to be replaced or deleted by accident."""

_FIXED = ("ListenerArn", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId")
"""What cannot change without a replacement, of rules and groups.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html
"""

_NO_NEW_TASKS = ("AvailabilityZoneRebalancing", "DeploymentConfiguration", "HealthCheckGracePeriodSeconds", "Tags")
"""What of a service changes without a deployment, but for its strategy."""


@dataclass(frozen=True)
class Coloured:
    """A deployed service with two colours, and what an update would make of it."""

    name: str
    stack: str
    """The id of its stack."""

    believed: str
    """The colour that CloudFormation takes for live."""

    before: Mapping[str, Any]
    """The properties of its resources as they are deployed, by logical id."""

    after: Mapping[str, Any]
    """The same as they are to be."""

    @property
    def parameter(self) -> str:
        """What says which colour is live."""
        return PARAMETER + logical_id(self.name)

    @property
    def written(self) -> list[str]:
        """The rules that CloudFormation would write."""
        return [each for each in RULES if each in self.after and self.after[each] != self.before.get(each)]

    @property
    def lost(self) -> list[str]:
        """What would be deleted or replaced of that which leads requests to its tasks."""
        return [each for each in HELD if each in self.before and self._fixed(self.before[each], self.after.get(each))]

    @property
    def redeployed(self) -> bool:
        """Whether new tasks would come, so that another colour would be live."""
        return any(self._of_tasks(each, self.before) != self._of_tasks(each, self.after) for each in _TASKS)

    def _fixed(self, before: Mapping[str, Any], after: Mapping[str, Any] | None) -> bool:
        return after is None or any(before.get(each) != after.get(each) for each in _FIXED)

    def _of_tasks(self, name: str, resources: Mapping[str, Any]) -> Mapping[str, Any]:
        said = resources.get(name, {})
        strategy = said.get("DeploymentConfiguration", {}).get("Strategy")
        return {key: value for key, value in said.items() if key not in _NO_NEW_TASKS} | {"Strategy": strategy}


_TASKS = ("TaskDefinition", "Service")


def look(aws: Aws, root: Stack, environment: Environment, templates: Mapping[str, str]) -> list[Coloured]:
    """Every service with two colours that is deployed and is to stay; *templates* are those to be, by path.

    Raises:
        AwsError: AWS could not be asked.
    """
    names = {PARAMETER + logical_id(name): name for name in environment.services}
    deployed = {names[each]: value for each, value in root.parameters.items() if each in names}
    if not deployed:
        return []
    nested = stacks.nested(aws, root.id)
    ids = {name: nested[logical_id(f"service-{name}")] for name in deployed}
    there = [root.id, *([nested[_INGRESS]] if _INGRESS in nested else []), *ids.values()]
    texts = dict(zip(there, at_once(lambda stack: stacks.template(aws, stack), there), strict=True))
    before = _Listeners(texts[root.id], texts.get(nested.get(_INGRESS, ""), ""))
    after = _Listeners(
        templates[f"{environment.name}/root.yaml"], templates.get(f"{environment.name}/ingress.yaml", "")
    )
    services = [
        Coloured(
            name,
            ids[name],
            believed,
            before.resolved(name, texts[ids[name]]),
            after.resolved(name, templates[f"{environment.name}/service-{name}.yaml"]),
        )
        for name, believed in deployed.items()
    ]
    return [each for each in services if each.before != each.after]


def refuse(found: Iterable[Coloured]) -> None:
    """Refuse what could leave requests without tasks, whatever CloudFormation says.

    Raises:
        RefusedError: with every service that is in the way.
    """
    lines = []
    for each in found:
        if each.lost:
            lines.append(f"{each.name} would lose what leads requests to it: {', '.join(each.lost)}")
        elif each.written and each.redeployed:
            text = "should anything fail after its deployment, CloudFormation would send requests to the old colour"
            lines.append(f"{each.name} would get new tasks together with a new {' and '.join(each.written)}: {text}")
    if lines:
        message = "\n".join(["this may leave requests without an answer:", *lines])
        raise RefusedError(message, "read docs/deployments.md; one change at a time, or say ANYWAY=yes")


def refuse_to_strand(aws: Aws, found: Iterable[Coloured]) -> None:
    """Refuse to take away the group with the requests: a service that will have one group keeps blue.

    Raises:
        RefusedError: with every service of which green is live.
        AwsError: AWS could not be asked.
    """
    leaving = [
        each for each in found if each.lost and "TargetGroup" in each.after and "ProductionRule" not in each.after
    ]
    lives = at_once(lambda each: live(aws, each.stack), leaving)
    if stranded := [each.name for each, colour in zip(leaving, lives, strict=True) if colour == GREEN]:
        message = f"only blue stays, and green is live: {', '.join(stranded)}"
        raise RefusedError(message, "deploy new tasks once more with the strategy as it was, so that blue is live")


def behind(aws: Aws, found: Iterable[Coloured]) -> dict[str, str]:
    """The parameters that must be set before rules are written, with what is live.

    Raises:
        AwsError: AWS could not be asked.
    """
    written = [each for each in found if each.written]
    lives = at_once(lambda each: live(aws, each.stack), written)
    return {each.parameter: colour for each, colour in zip(written, lives, strict=True) if colour != each.believed}


def live(aws: Aws, stack: str) -> str:
    """The colour that has the requests of the service in *stack*.

    Raises:
        AwsError: AWS could not be asked.
    """
    ids = {each.logical_id: each.physical_id for each in stacks.resources(aws, stack)}
    (rule,) = aws("elbv2", "describe-rules", "--rule-arns", ids[RULES[0]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    weights = {each["TargetGroupArn"]: each.get("Weight", 0) for each in groups}
    return GROUPS[max(GROUPS, key=lambda group: weights.get(ids[group], 0))]


class _Listeners:
    """Where the rules of services are: their templates name a parameter, so it is followed to what it stands for."""

    def __init__(self, root: str, ingress: str) -> None:
        self._nested = parse(root)["Resources"]
        self._outputs = parse(ingress).get("Outputs", {}) if ingress else {}

    def resolved(self, service: str, text: str) -> dict[str, Any]:
        """The properties of the resources of a service, by logical id."""
        found = {name: each.get("Properties", {}) for name, each in parse(text)["Resources"].items()}
        given = self._nested[logical_id(f"service-{service}")]["Properties"].get("Parameters", {})
        for rule in RULES:
            if rule in found:
                found[rule] = found[rule] | {"ListenerArn": self._origin(given, found[rule]["ListenerArn"])}
        return found

    def _origin(self, given: Mapping[str, Any], listener: Any) -> Any:
        match value := given.get(str(listener.get("Ref")), listener) if isinstance(listener, dict) else listener:
            case {"Fn::GetAtt": [stack, attribute]} if stack == _INGRESS:
                return self._outputs.get(str(attribute).removeprefix("Outputs."), value)
        return value
