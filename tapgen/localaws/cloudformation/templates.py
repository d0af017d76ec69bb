"""From a request to the revision of a stack that it asks for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.stacks import Revision
from tapgen.localaws.engine import Template
from tapgen.localaws.protocol import Fields, ServiceError

_HOSTED = re.compile(r"(?:(?P<bucket>[a-z0-9.-]+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")


async def body_of(request: Fields) -> str | None:
    """The text of the template that a request brings, or names."""
    if "TemplateBody" in request:
        if len(request["TemplateBody"].encode()) > 51_200:
            message = (
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have "
            )
            raise ServiceError("ValidationError", message + "length less than or equal to 51200")
        return str(request["TemplateBody"])
    return await fetched(request["TemplateURL"]) if "TemplateURL" in request else None


async def fetched(url: str) -> str:
    """The text of a template in S3, by the address of its object.

    Both styles of address: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html.
    """
    bucket, key = _object(url)
    try:
        found = await call("s3", "GetObject", Bucket=bucket, Key=key)
    except ServiceError as error:
        raise ServiceError("ValidationError", f"S3 error: {_MISSING.get(error.code, error.message)}") from error
    text = str(found["Body"])
    if len(text.encode()) > 1_000_000:
        raise ServiceError("ValidationError", "Template may not exceed 1000000 bytes in size.")
    return text


_HINT = "\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
_MISSING = {
    "NoSuchKey": f"The specified key does not exist.{_HINT}",
    "NoSuchBucket": f"The specified bucket does not exist{_HINT}",
    "AccessDenied": f"Access Denied{_HINT}",
}


def _object(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    hosted = _HOSTED.fullmatch(host)
    if parts.scheme not in ("http", "https") or not (hosted or host in ("127.0.0.1", "localhost")):
        raise ServiceError("ValidationError", "TemplateURL must be a supported URL.")
    if hosted and hosted["bucket"]:
        return hosted["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key


def revision(
    body: str, given: Iterable[Mapping[str, Any]], tags: Iterable[tuple[str, str]], before: Revision
) -> Revision:
    """What a stack is to be.

    Raises:
        ServiceError: the template or the parameters are wrong, in CloudFormation's words.
    """
    wanted = [{"Key": each["ParameterKey"], "Value": each.get("ParameterValue", ""),
               "UsePreviousValue": each.get("UsePreviousValue", False)} for each in given]  # fmt: skip
    try:
        template = _parsed(body)
        if unknown := [each["Key"] for each in wanted if each["Key"] not in template.get("Parameters", {})]:
            raise ServiceError("ValidationError", f"Parameters: [{', '.join(unknown)}] do not exist in the template")
        parameters = engine.resolve_parameters(template, wanted, before.parameters)
        conditions = engine.evaluate_conditions(template, parameters)
        engine.validate(template, conditions, parameters)
        _refuse_dangling(template)
        return Revision(body, template, parameters, conditions, tuple(tags))
    except ValueError as error:
        raise ServiceError("ValidationError", str(error)) from error


def _parsed(body: str) -> Template:
    try:
        template = engine.parse_template(body)
    except Exception as error:
        raise ServiceError("ValidationError", f"Template format error: {error}") from error
    if not template.get("Resources"):
        message = "Template format error: At least one Resources member must be defined."
        raise ServiceError("ValidationError", message)
    return template


def _refuse_dangling(template: Template) -> None:
    """Names that stand for nothing.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
    """
    resources = template["Resources"]
    known = resources.keys() | template.get("Parameters", {}).keys()
    used = set(references([*resources.values(), *template.get("Outputs", {}).values()]))
    waits = {name for each in resources.values() for name in _listed(each.get("DependsOn", []))}
    if names := (used - known) | (waits - resources.keys()):
        listed = ", ".join(sorted(names))
        text = f"Unresolved resource dependencies [{listed}] in the Resources block of the template"
        raise ServiceError("ValidationError", f"Template format error: {text}")


def references(node: Any) -> Iterator[str]:
    """Every logical name that a part of a template refers to."""
    match node:
        case {"Ref": str(name)} if not name.startswith("AWS::"):
            yield name
        case {"Ref": str()}:
            pass
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(path)}:
            yield path.partition(".")[0]
        case {"Fn::Sub": [str(text), dict(given)]}:
            yield from (name for name in _substituted(text) if name not in given)
            yield from references(list(given.values()))
        case {"Fn::Sub": str(text)}:
            yield from _substituted(text)
        case dict():
            yield from references(list(node.values()))
        case list():
            for item in node:
                yield from references(item)


def _substituted(text: str) -> Iterator[str]:
    names = (name.partition(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text))
    return (name for name in names if not name.startswith("AWS::"))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
