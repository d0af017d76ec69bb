"""Everything we use of ministack that it does not promise to keep: a new version breaks here, and nowhere else.

`tests/localaws/test_engine.py` fails loudly when the version changes or one of these names does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from functools import lru_cache
from time import time
from typing import Any, cast

import ministack.app
from ministack.core import responses
from ministack.services.cloudformation import engine as templates
from ministack.services.cloudformation import handlers, provisioners

VERSION = "1.5.33"

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

Template = dict[str, Any]
Parameters = dict[str, dict[str, Any]]
"""Each parameter of a template: `{"Value": ..., "NoEcho": ..., "Type": ...}`."""

Answer = tuple[int, dict[str, str], bytes]
Conditions = dict[str, bool]
Attributes = dict[str, Any]

application: Application = ministack.app.app


def module(service: str) -> Any:
    """The module of a service, as ministack names it: `alb`, `ecs`."""
    return ministack.app._get_module(service)  # noqa: SLF001


async def registry(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> Answer:
    """What ministack's registry of images answers: status, headers and body."""
    return cast("Answer", await module("ecr").handle_registry_request(method, path, headers, body, query))


def account() -> str:
    """The account of the request being answered."""
    return cast("str", responses.get_account_id())


def account_of(access_key: str) -> str | None:
    """The account that an access key acts in: the key itself, or the account of a session of STS."""
    if access_key.isdecimal() and len(access_key) == 12:
        return access_key
    return cast("str | None", responses._account_from_sts_session(access_key))  # noqa: SLF001


def region() -> str:
    """The Region of the request being answered."""
    return cast("str", responses.get_region())


def acting_for(account_id: str, region_name: str) -> AbstractContextManager[None]:
    """Work for an account in a Region, outside of any request."""
    return cast("AbstractContextManager[None]", responses.request_scope(account_id, region_name))


def let_rotate(secret_arn: str, function: str | None, rules: dict[str, Any] | None) -> None:
    """Note by which function a secret rotates, and when; by none, not at all."""
    secret = _secret(secret_arn)
    secret |= {"RotationEnabled": bool(function), "RotationLambdaARN": function, "RotationRules": rules}


def empty_version(secret_arn: str, version: str) -> None:
    """A version of a secret that is pending, and has no value yet; no other is pending any more."""
    secret = _secret(secret_arn)
    for other in secret["Versions"].values():
        other["Stages"] = [stage for stage in other["Stages"] if stage != "AWSPENDING"]
    made = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time()), "Stages": ["AWSPENDING"]}
    secret["Versions"][version] = made


def _secret(arn: str) -> dict[str, Any]:
    return cast("dict[str, Any]", module("secretsmanager")._resolve(arn)[1])  # noqa: SLF001


def name_zone(zone_id: str) -> None:
    """Call a hosted zone by the reference that its caller gave it."""
    route53 = module("route53")
    made = next((key for key, zone in route53._zones.items() if zone["caller_reference"] == zone_id), None)  # noqa: SLF001
    if made and made != zone_id:
        route53._zones[zone_id] = route53._zones.pop(made) | {"id": zone_id}  # noqa: SLF001
        route53._records[zone_id] = route53._records.pop(made)  # noqa: SLF001
        route53._caller_refs[zone_id] = zone_id  # noqa: SLF001


def now() -> str:
    """The time, as AWS writes it."""
    return cast("str", responses.now_iso())


@lru_cache(256)
def parse_template(body: str) -> Template:
    """A template's text, short intrinsics spelled out; not to be changed, since the next who asks gets the same."""
    return cast("Template", templates._parse_template(body))  # noqa: SLF001


def resolve_parameters(template: Template, given: list[dict[str, Any]], previous: Parameters | None) -> Parameters:
    """The value of every parameter, or ValueError in CloudFormation's words."""
    return cast("Parameters", templates._resolve_parameters(template, given, previous))  # noqa: SLF001


def evaluate_conditions(template: Template, parameters: Parameters) -> Conditions:
    """Which conditions hold; they may ask where they are."""
    here = {"AWS::AccountId": account(), "AWS::Partition": "aws", "AWS::Region": region()}
    known = {**{name: {"Value": value} for name, value in here.items()}, **parameters}
    return cast("Conditions", templates._evaluate_conditions(template, known))  # noqa: SLF001


def validate(template: Template, conditions: Conditions, parameters: Parameters) -> None:
    """Refuse unknown types, quotas, malformed intrinsics: ValueError in CloudFormation's words."""
    templates.validate_template_support(template, conditions, parameters)


def known_type(name: str) -> None:
    """Let templates use a type that ministack has never heard of."""
    provisioners._RESOURCE_HANDLERS.setdefault(name, {})  # noqa: SLF001


def dependencies(definition: Mapping[str, Any], names: set[str]) -> set[str]:
    """Which of *names* a resource needs first."""
    return cast("set[str]", templates._extract_deps(definition, names))  # noqa: SLF001


def in_order(resources: Mapping[str, Any], conditions: Conditions) -> list[str]:
    """The resources whose condition holds, each after those it needs."""
    return cast("list[str]", templates._topological_sort(resources, conditions))  # noqa: SLF001


def required_capabilities(template: Template) -> list[str]:
    """The capabilities that the IAM resources of a template demand."""
    return cast("list[str]", handlers._required_iam_capabilities(template))  # noqa: SLF001


def missing_capabilities(given: set[str], required: list[str]) -> list[str]:
    """Those of *required* that *given* does not acknowledge."""
    return cast("list[str]", handlers._missing_capabilities(given, required))  # noqa: SLF001


def resolve(
    value: Any,
    resources: Mapping[str, Mapping[str, Any]],
    template: Template,
    parameters: Parameters,
    conditions: Conditions,
    stack: tuple[str, str],
) -> Any:
    """*value* without intrinsics; *stack* is its name and id."""
    mappings = template.get("Mappings", {})
    resolved = templates._resolve_refs(deepcopy(value), resources, parameters, conditions, mappings, *stack)  # noqa: SLF001
    return None if resolved is templates._NO_VALUE else resolved  # noqa: SLF001


def with_dynamic_references(properties: Any) -> Any:
    """*properties* with what `{{resolve:...}}` names in its place."""
    return templates._resolve_dynamic_references(properties)[0]  # noqa: SLF001


def with_stack_tags(kind: str, properties: Any, tags: list[dict[str, str]], stack: tuple[str, str], name: str) -> Any:
    """*properties* with the tags of the stack and those that CloudFormation adds."""
    return provisioners._with_stack_tags(kind, properties, tags, *stack, name)  # noqa: SLF001


def refusal_to_replace(kind: str, old: Any, new: Any, physical_id: str) -> str | None:
    """Why a resource with a name of its own cannot be replaced, in CloudFormation's words."""
    return cast("str | None", provisioners._custom_named_replacement_error(kind, old, new, physical_id))  # noqa: SLF001


def provision(kind: str, name: str, properties: Any, stack_name: str) -> tuple[str, Attributes]:
    """Create a resource of a type that ministack can make."""
    return cast("tuple[str, Attributes]", provisioners._provision_resource(kind, name, properties, stack_name))  # noqa: SLF001


def modify(
    kind: str, physical_id: str, old: Any, new: Any, stack_name: str, name: str, attributes: Attributes
) -> tuple[str, Attributes]:
    """Change a resource in place, as far as ministack can."""
    changed = provisioners._update_resource(kind, physical_id, old, new, stack_name, name, attributes)  # noqa: SLF001
    return cast("tuple[str, Attributes]", changed)


def remove(kind: str, physical_id: str, properties: Any, name: str) -> None:
    """Delete a resource that ministack made."""
    provisioners._delete_resource(kind, physical_id, properties, None, name)  # noqa: SLF001
