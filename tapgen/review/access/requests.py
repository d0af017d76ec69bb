"""Which requests load balancers hand on to whom: by the rules of listeners, and where no rule takes them.

That a rule of a lower priority may never be asked is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.review.access.conditions import within
from tapgen.review.access.names import matches, meet
from tapgen.review.access.network import LISTENER, STRANGERS, Door
from tapgen.review.access.statements import When, cases
from tapgen.review.origins import Origins, owner, plain, text
from tapgen.review.stacks import Stack

RULE, SERVICE = "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::ECS::Service"
_PATH = "path-pattern"
_LOGINS = ("authenticate-cognito", "authenticate-oidc", "jwt-validation")

Asked = frozenset[tuple[str, frozenset[str]]]
"""What is looked at of a request, each with the values that it may have; all must fit."""


@dataclass(frozen=True)
class Way:
    """Requests that are handed on."""

    door: Door
    asked: Asked
    login: bool
    """Whether somebody must say first who they are."""

    where: str
    """The service that answers, or the target group, where no service of these templates is in it."""

    when: When
    denies: bool = False

    def covers(self, other: Way) -> bool:
        """Whether all requests that are handed on by *other* are by this one, for certain."""
        theirs = dict(other.asked)
        return (
            (self.where, self.door.what) == (other.where, other.door.what)
            and self.door.who in (other.door.who, "internet")
            and (other.login or not self.login)
            and self.when <= other.when
            and all(key in theirs and _includes(values, theirs[key]) for key, values in self.asked)
        )

    def overlaps(self, other: Way) -> bool:
        """Whether some request may be handed on by both."""
        theirs = dict(other.asked)
        return (self.where, self.door.what) == (other.where, other.door.what) and all(
            any(meet(one, two) for one in values for two in theirs[key]) for key, values in self.asked if key in theirs
        )

    def parts(self) -> dict[str, str]:
        """It in words."""
        asked = {key: ", ".join(sorted(values)) for key, values in sorted(self.asked)}
        path = asked.pop(_PATH, "")
        limits = [*(f"{key} {values}" for key, values in asked.items()), *(["after a login"] if self.login else [])]
        limits += sorted(f"where {each}" for each in self.when)
        what = f"{self.door.what} {path}".strip() or "every request"
        return {"who": self.door.who, "what": what, "where": plain(self.where), "when": " and ".join(limits)}


def ways(stacks: Mapping[str, Stack], origins: Origins, doors: Mapping[str, Door]) -> Iterator[tuple[str, Way]]:
    """Every way to a target group, through the doors of listeners.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
    """
    services = _services(stacks, origins)
    for stack in stacks.values():
        for title, each in stack.resources.items():
            if each["Type"] not in (RULE, LISTENER):
                continue
            said, when = origins.of(stack, each["Properties"]), origins.conditions(stack, title)
            ours = origins.address(stack, title) if each["Type"] == LISTENER else owner(said.get("ListenerArn", ""))
            door = doors.get(ours, Door(ours, STRANGERS, "", when))
            actions = list(cases(said.get("Actions", said.get("DefaultActions")), when))
            login = any(_is_login(action) for action, _ in actions)
            asked = frozenset(_asked(said.get("Conditions")))
            for action, here in actions:
                for group, there in _groups(action, here):
                    where = services.get(group, group)
                    yield f"ways to {where}", Way(door, asked, login, where, there)


def _services(stacks: Mapping[str, Stack], origins: Origins) -> dict[str, str]:
    """Who is in a target group, also as the other colour."""
    found = {}
    for stack in stacks.values():
        for title, each in stack.resources.items():
            if each["Type"] == SERVICE:
                balanced = origins.of(stack, each["Properties"].get("LoadBalancers"))
                for one, _ in cases(balanced):
                    advanced = one.get("AdvancedConfiguration") if isinstance(one, dict) else None
                    for said in (one, advanced):
                        groups = said if isinstance(said, dict) else {}
                        for word in ("TargetGroupArn", "AlternateTargetGroupArn"):
                            if word in groups:
                                found[owner(groups[word])] = origins.address(stack, title)
    return found


def _groups(action: Any, when: When) -> Iterator[tuple[str, When]]:
    """The target groups that an action forwards to, whatever their weights are today."""
    if not isinstance(action, dict):
        return
    forward = action.get("ForwardConfig")
    groups = forward.get("TargetGroups") if isinstance(forward, dict) else None
    for each, here in cases([action, groups], when):
        if isinstance(each, dict) and "TargetGroupArn" in each:
            yield owner(each["TargetGroupArn"]), here


def _is_login(action: Any) -> bool:
    if not isinstance(action, dict) or action.get("Type") not in _LOGINS:
        return False
    told = [value for key, value in action.items() if key.endswith("Config") and isinstance(value, dict)]
    return not any(each.get("OnUnauthenticatedRequest") == "allow" for each in told)


def _asked(conditions: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for condition, _ in cases(conditions):
        if isinstance(condition, dict):
            configs = [value for key, value in condition.items() if key.endswith("Config") and isinstance(value, dict)]
            names = [text(each["HttpHeaderName"]) for each in configs if "HttpHeaderName" in each]
            said = [condition, *configs]
            values = [value for each in said for value, _ in cases([each.get("Values"), each.get("RegexValues")])]
            yield " ".join([text(condition.get("Field", "")), *names]), frozenset(map(_value, values))


def _value(said: Any) -> str:
    """A value, or the key and the value of a query."""
    return "=".join(text(said[key]) for key in ("Key", "Value") if key in said) if _is_pair(said) else text(said)


def _is_pair(said: Any) -> bool:
    return isinstance(said, dict) and bool(said) and said.keys() <= {"Key", "Value"}


def _includes(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    return all(any(matches(one, two) or within(one, two) for one in wide) for two in narrow)
