"""What all models share: the base class, and the small types that a single value can have."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, Strict
from pydantic_core import CoreSchema

from tapgen.config import schedule

T = TypeVar("T")


class Model(BaseModel):
    """A mapping of the file. Unknown keys are refused, values are never converted, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True, protected_namespaces=())


def looks(pattern: str, allowed: str, max_length: int | None = None) -> Any:
    """Text of a certain form; *allowed* says in words what the pattern lets through, for errors and for editors."""
    return Field(pattern=pattern, max_length=max_length, json_schema_extra={"patternErrorMessage": allowed})


def _network(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"is not an IPv4 network: {error}") from None
    if str(network) != value:
        raise ValueError(f"is not how a network is written: write {network}")
    return value


def _digits(value: object) -> object:
    return str(value) if type(value) is int else value


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _digits(value)


List = Annotated[tuple[T, ...], Strict(False)]
"""A YAML list, read as a tuple, since a frozen model holds nothing that can change."""


class _OrOne:
    """What may be one value alone says so in the schema too."""

    @staticmethod
    def __get_pydantic_json_schema__(core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        several = handler(core)
        said = {key: text for key, text in several["items"].items() if key == "patternErrorMessage"}
        return {"anyOf": [several, several["items"]], **said}


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Several = Annotated[tuple[T, ...], Strict(False), BeforeValidator(_several), _OrOne]
"""One text, or a YAML list of them."""

Name = Annotated[
    str, looks(r"^[a-z](-?[a-z0-9])*$", "lower-case letters, digits and single hyphens, beginning with a letter", 63)
]
"""Lower-case letters, digits and single hyphens, beginning with a letter: it must do as a host name, a file name and,
without its hyphens, as a logical id."""

Variable = Annotated[
    str, looks(r"^[A-Za-z_][A-Za-z0-9_]*$", "letters, digits and underscores, not beginning with a digit", 255)
]
"""The name of an environment variable."""

Cidr = Annotated[str, AfterValidator(_network), Field(json_schema_extra={"examples": ["10.0.0.0/16"]})]
"""An IPv4 network such as `10.0.0.0/16`, without host bits."""

Port = Annotated[int, Field(ge=1, le=65535)]

Percent = Annotated[int, Field(ge=1, le=100)]

AccountId = Annotated[
    str,
    BeforeValidator(_digits),
    looks(r"^[0-9]{12}$", "twelve digits"),
    Field(
        json_schema_extra={"type": ["string", "integer"], "pattern": "^[0-9]{12}$", "minimum": 0, "maximum": 10**12 - 1}
    ),
]
"""Twelve digits, quoted or not."""

Plain = Annotated[str, BeforeValidator(_text), Field(json_schema_extra={"type": ["string", "integer", "boolean"]})]
"""Text; a whole number or `true` counts as the text it is written as."""

Codes = Annotated[
    Plain,
    looks(
        r"^[0-9]{1,3}([,-][0-9]{1,3})*$", "codes such as 200, a list such as 200,204 or a range such as 200-299", 100
    ),
]
"""Codes of HTTP or gRPC that count as success."""

ProbePath = Annotated[str, looks(r"^/[A-Za-z0-9/_.~-]*$", "a path such as /health", 1024)]
RoutePath = Annotated[
    str,
    looks(
        r"^/([A-Za-z0-9_.~-]+(/[A-Za-z0-9_.~-]+)*)?$",
        "/ alone, or a path such as /payment without a slash at its end, of letters, digits and `_.~-`",
        120,
    ),
]
HostPattern = Annotated[
    str,
    looks(
        r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        "a host name such as shop.example.com, in lower case, or *.example.com",
        128,
    ),
]
"""A host name, or all below one.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""
Priority = Annotated[int, Field(ge=1, le=50000)]
MountPath = Annotated[
    str,
    looks(
        r"^(/[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$",
        "an absolute path such as /var/cache, without . or ..",
        255,
    ),
]
SecretSource = Annotated[
    str,
    looks(
        r"^([a-z](-?[a-z0-9])*\.(username|password)"
        r"|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+(:[^:\s]+)?"
        r"|arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+"
        r"|secret:[A-Za-z0-9/_+=.@-]+(:[^:\s]+)?"
        r"|(/[A-Za-z0-9_.-]+)+)$",
        "a secret or database and a part: shop.password; or what exists: secret:name:key, /parameter, or an ARN",
        2048,
    ),
]
User = Annotated[
    str,
    looks(r"^[1-9][0-9]{0,9}(:[1-9][0-9]{0,9})?$", "a number other than 0, or two with a colon between: 10001:10001"),
]

Attribute = Annotated[
    str, looks(r"^[A-Za-z0-9_.:#-]{1,255}$", "1 to 255 letters, digits and `_.:#-`, the name of an attribute")
]
"""The name of an attribute of DynamoDB items; DynamoDB itself takes any text."""

IndexName = Annotated[str, looks(r"^[A-Za-z0-9_.-]{3,255}$", "3 to 255 letters, digits and `_.-`")]
ActionName = Annotated[
    str, looks(r"^[a-z0-9-]+:[A-Za-z0-9]+$", "a service and one of its actions, such as ses:SendEmail; no *")
]
StatementResource = Annotated[
    str,
    looks(
        r"^(\*|arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[A-Za-z0-9_.$/][^\s*?]*(/\*)?)$",
        "an ARN of one resource, or of all within it with /* at the end; * for actions that know none",
        2048,
    ),
]
TagKey = Annotated[str, looks(r"^[A-Za-z0-9 _.:/=+@-]{1,128}$", "1 to 128 letters, digits, spaces and `_.:/=+@-`")]
TagValue = Annotated[Plain, looks(r"^[A-Za-z0-9 _.:/=+@-]{0,256}$", "up to 256 letters, digits, spaces and `_.:/=+@-`")]
CertificateArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$",
        "an ARN such as arn:aws:acm:eu-west-1:111111111111:certificate/ and the id",
    ),
]
VpcId = Annotated[str, looks(r"^vpc-[0-9a-f]{8,17}$", "an id such as vpc-0a1b2c3d4e5f67890")]
SubnetId = Annotated[str, looks(r"^subnet-[0-9a-f]{8,17}$", "an id such as subnet-0a1b2c3d4e5f67890")]
SecurityGroupId = Annotated[str, looks(r"^sg-[0-9a-f]{8,17}$", "an id such as sg-0a1b2c3d4e5f67890")]
ClusterName = Annotated[str, looks(r"^[A-Za-z0-9_-]{1,255}$", "letters, digits, hyphens and underscores", 255)]
ListenerArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener/app/[A-Za-z0-9-]+/[a-z0-9]+/[a-z0-9]+$",
        "the ARN of a listener of an application load balancer: arn:aws:elasticloadbalancing:eu-west-1:111111111111:"
        "listener/app/name/ and two ids",
    ),
]
NamespaceArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:servicediscovery:[a-z0-9-]+:[0-9]{12}:namespace/ns-[a-z0-9]+$",
        "an ARN such as arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ and the id",
    ),
]
TopicArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$",
        "the ARN of a standard topic such as arn:aws:sns:eu-west-1:111111111111:alerts",
    ),
]
KeyArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
        "the ARN of a key, not of an alias: arn:aws:kms:eu-west-1:111111111111:key/ and the id",
    ),
]
HostedZone = Annotated[str, looks(r"^Z[A-Z0-9]{1,31}$", "an id such as Z0123456789ABCDEFGHIJ")]
Domain = Annotated[
    str,
    looks(
        r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        "a host name such as shop.example.com, in lower case",
        253,
    ),
]
Email = Annotated[str, looks(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", "an address such as team@example.com", 254)]
ImageReference = Annotated[
    str,
    looks(
        r"^([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*"
        r"(:[A-Za-z0-9_][A-Za-z0-9_.-]*|(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?@sha256:[0-9a-f]{64})$",
        "an image with its tag or digest, such as ghcr.io/example/web:1.4",
        512,
    ),
]
Folder = Annotated[
    str, looks(r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$", "a path that begins at tapgen.yaml, such as services/web", 255)
]
Stage = Annotated[
    str, looks(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", "letters, digits and `_.-`, as it is called after AS", 128)
]
SecretArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$",
        "an ARN such as arn:aws:secretsmanager:eu-west-1:111111111111:secret: and the name",
    ),
]
Username = Annotated[
    str,
    looks(
        r"^[a-z_][a-z0-9_]{0,62}$", "up to 63 lower-case letters, digits and underscores, not beginning with a digit"
    ),
]
DatabaseUser = Annotated[
    str,
    looks(
        r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        "up to 26 lower-case letters, digits and underscores, beginning with a letter",
        26,
    ),
]
EngineVersion = Annotated[
    str,
    looks(
        r"^([0-9]+\.[0-9]+|8\.[0-9]+\.mysql_aurora\.[0-9]+\.[0-9]+\.[0-9]+)$",
        "a version with its minor version, such as 17.9 or 8.0.mysql_aurora.3.10.5",
    ),
]
PolicyArn = Annotated[
    str,
    looks(
        r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$",
        "an ARN such as arn:aws:iam::111111111111:policy/boundary",
    ),
]
Repository = Annotated[
    str,
    looks(
        r"^([A-Za-z0-9-]+/[A-Za-z0-9_.-]+|[A-Za-z0-9-]+@[0-9]+/[A-Za-z0-9_.-]+@[0-9]+)$",
        "a repository of GitHub such as owner/name or owner@1234/name@5678",
    ),
]
LogicalId = Annotated[str, looks(r"^[A-Za-z0-9]+$", "letters and digits", 255)]
PropertyPath = Annotated[
    str, looks(r"^[^.\s]+(\.[^.\s]+)*$", "keys and positions, with a dot between, such as Tags.0.Value")
]
Reason = Annotated[str, looks(r"\S+\s+\S+", "a sentence, of two words at least", 500)]
TemplatePath = Annotated[
    str,
    looks(
        r"^[^/\s{}$]([^\s{}$]*)\.(yaml|yml|json)$",
        "a path that ends in .yaml, .yml or .json, such as infra/search.yaml",
        255,
    ),
]
Schedule = Annotated[
    str,
    AfterValidator(schedule.schedule),
    Field(max_length=256, json_schema_extra={"examples": ["cron(0 6 * * ? *)", "rate(1 hour)"]}),
]
"""`cron(...)` with the six fields that AWS's schedulers have in common, or `rate(...)`."""

TimeZone = Annotated[
    str, AfterValidator(schedule.timezone), Field(max_length=50, json_schema_extra={"examples": ["Europe/Berlin"]})
]
"""A time zone of the IANA database: `Europe/Berlin`."""

Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""After how many days CloudWatch Logs can delete."""

TlsPolicy = Literal[
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
]
