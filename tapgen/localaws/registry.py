"""The registry of images over HTTP, as builders push to it and pull from it: ministack's, with a login and ECR's rules.

The password says in which account and Region its user acts, since here all registries have one address.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from urllib.parse import parse_qs

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.ecr import immutable
from tapgen.localaws.elbv2.traffic import Request, Response
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields

_PASSWORD = re.compile(r"AWS:(\d{12})/([a-z0-9-]+)")
_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<version>[^/]+)")


@operation("ecr", "GetAuthorizationToken")
async def get_authorization_token(_request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html."""
    token = base64.b64encode(f"AWS:{engine.account()}/{engine.region()}".encode()).decode()
    address = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    given = {"authorizationToken": token, "expiresAt": time.time() + 12 * 3600, "proxyEndpoint": address}
    return {"authorizationData": [given]}


def serves(path: str) -> bool:
    """Whether a request is for the registry."""
    return path == "/v2" or path.startswith("/v2/")


async def answer(request: Request) -> Response:
    """Answer as ECR does: to whoever has logged in."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        user = _PASSWORD.fullmatch(base64.b64decode(token, validate=True).decode()) if kind == "Basic" else None
    except ValueError:
        user = None
    if not user:
        return _refusal(
            401, "UNAUTHORIZED", "Not Authorized", {"www-authenticate": 'Basic realm="local",service="ecr"'}
        )
    with engine.acting_for(*user.groups()):
        manifest = _MANIFEST.fullmatch(request.path) if request.method == "PUT" else None
        if manifest and (refused := await _refused(manifest["name"], manifest["version"], request.body)):
            return refused
        query = parse_qs(request.query, keep_blank_values=True)
        status, headers, body = await engine.registry(
            request.method, request.path, request.headers, request.body, query
        )
    return Response(status, {name.lower(): value for name, value in headers.items()}, body)


async def _refused(name: str, version: str, body: bytes) -> Response | None:
    """A tag that cannot move, or a manifest that names what is not there.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-multi-architecture-image.html
    """
    described = await call("ecr", "DescribeRepositories", repositoryNames=[name])
    there = await call("ecr", "BatchGetImage", repositoryName=name, imageIds=[{"imageTag": version}])
    if there["images"] and immutable(described["repositories"][0], version):
        text = f"The image tag '{version}' already exists in the '{name}' repository and cannot be overwritten"
        return _refusal(400, "TAG_INVALID", f"{text} because the tag is immutable.")
    content = json.loads(body)
    kind = "manifests" if "manifests" in content else "blobs"
    parts = content["manifests"] if "manifests" in content else [content["config"], *content["layers"]]
    for part in parts:
        status, _, _ = await engine.registry("HEAD", f"/v2/{name}/{kind}/{part['digest']}", {}, b"", {})
        if status != 200:
            text = f"'{part['digest']}', which the manifest names, is not in the repository '{name}'"
            return _refusal(404, "BLOB_UNKNOWN" if kind == "blobs" else "MANIFEST_UNKNOWN", text)
    return None


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Response(status, {"content-type": "application/json", **(headers or {})}, body)
