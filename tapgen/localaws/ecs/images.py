"""Images: those of the account's own registry must be there, and may say how their containers behave.

A manifest's annotations (https://github.com/opencontainers/image-spec/blob/main/annotations.md) bring failures about
with `aws ecr put-image` alone. Images of other registries are taken to be there, and to work.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.protocol import ServiceError

_OWN = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)(?P<version>[:@].+)?"
)
_PREFIX = "com.tapgen.local."


@dataclass(frozen=True)
class Behaviour:
    """What a container does once it is started."""

    exit_code: int | None = None
    """It ends with this code at once: `com.tapgen.local.exit-code`."""

    lasts: float = 0
    """Seconds after which a task that no service started ends by itself: `com.tapgen.local.lasts`."""

    log: str = ""
    """What it writes to its log first: `com.tapgen.local.log`."""

    healthy: bool = True
    """Whether the load balancer likes its answers: `com.tapgen.local.health`, which may be `unhealthy`."""


class CannotPullError(Exception):
    """The image is not there."""


async def behaviour(image: str) -> Behaviour:
    """How the containers of an image behave.

    Raises:
        CannotPullError: it is one of the account's own, and missing; the text is that of
            https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html.
    """
    own = _OWN.fullmatch(image)
    if not own:
        return Behaviour()
    version = own["version"] or ":latest"
    key = "imageDigest" if version.startswith("@") else "imageTag"
    with engine.acting_for(own["account"], own["region"]):
        try:
            found = await call("ecr", "BatchGetImage", repositoryName=own["name"], imageIds=[{key: version[1:]}])
        except ServiceError:
            found = {"images": []}
    if not found["images"]:
        text = f"pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
        raise CannotPullError(f"CannotPullContainerError: {text}")
    return _read(found["images"][0]["imageManifest"])


def _read(manifest: str) -> Behaviour:
    try:
        annotations = json.loads(manifest).get("annotations", {})
    except ValueError:
        annotations = {}
    code = annotations.get(f"{_PREFIX}exit-code")
    healthy = annotations.get(f"{_PREFIX}health") != "unhealthy"
    return Behaviour(
        exit_code=None if code is None else int(code),
        lasts=float(annotations.get(f"{_PREFIX}lasts", 0)),
        log=annotations.get(f"{_PREFIX}log", ""),
        healthy=healthy,
    )
