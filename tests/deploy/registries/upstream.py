"""A public registry as there are many: it gives tokens to anybody, and sends clients elsewhere for the bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Upstream:
    """What the registry holds, and what it was asked."""

    address: str = ""
    user: str = ""
    """Who gets tokens; anybody, where empty."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path, and what was said of the user."""
    failures: list[int] = field(default_factory=list)
    """What the next requests for blobs are answered."""

    def image(self, tag: str, *layers: bytes, **annotations: str) -> dict[str, Any]:
        """Hold an image, and give its descriptor."""
        parts = [
            (CONFIG, json.dumps({"architecture": tag, "os": "linux"}).encode()),
            *((LAYER, each) for each in layers),
        ]
        self.blobs |= {digest(content): content for _, content in parts}
        described = [{"mediaType": kind, "digest": digest(data), "size": len(data)} for kind, data in parts]
        return self._manifest(
            tag,
            {
                "schemaVersion": 2,
                "mediaType": IMAGE,
                "config": described[0],
                "layers": described[1:],
                "annotations": annotations,
            },
        )

    def index(self, tag: str, **images: dict[str, Any]) -> dict[str, Any]:
        """Hold an image for several architectures."""
        parts = [{**each, "platform": {"architecture": name, "os": "linux"}} for name, each in images.items()]
        # Not how we would write JSON: a digest is of bytes, and not of what they mean.
        return self._manifest(tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": parts}, indent=3)

    def _manifest(self, tag: str, content: dict[str, Any], indent: int | None = None) -> dict[str, Any]:
        text = json.dumps(content, indent=indent).encode()
        self.manifests[tag] = self.manifests[digest(text)] = (content["mediaType"], text)
        return {"mediaType": content["mediaType"], "digest": digest(text), "size": len(text)}


class Handler(BaseHTTPRequestHandler):
    """Answers for the registry that it is made for."""

    upstream: Upstream

    def do_GET(self) -> None:
        said = self.headers.get("Authorization", "")
        self.upstream.asked.append((self.command, self.path.partition("?")[0], said))
        if self.path.startswith("/token"):
            given = {"token": "let-me-in"} if not self.upstream.user or said.startswith("Basic ") else {}
            self._answer(200, "application/json", json.dumps(given).encode())
        elif self.path.startswith("/storage/"):
            self._answer(200, "application/octet-stream", self.upstream.blobs[self.path.rpartition("/")[2]])
        elif said != "Bearer let-me-in":
            realm = f'Bearer realm="{self.upstream.address}/token",service="upstream",scope="repository:a:pull"'
            self._answer(401, "application/json", b"{}", ("WWW-Authenticate", realm))
        else:
            self._held(self.path.rpartition("/")[2])

    def do_HEAD(self) -> None:
        self.do_GET()

    def _held(self, version: str) -> None:
        if "/blobs/" in self.path and self.upstream.failures:
            self._answer(self.upstream.failures.pop(), "text/plain", b"not now")
        elif "/blobs/" in self.path:
            self._answer(307, "text/plain", b"", ("Location", f"{self.upstream.address}/storage/{version}"))
        elif version in self.upstream.manifests:
            self._answer(200, *self.upstream.manifests[version])
        else:
            errors = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
            self._answer(404, "application/json", json.dumps(errors).encode())

    def _answer(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(upstream: Upstream) -> Iterator[Upstream]:
    """Serve it, on loopback, until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Handler,), {"upstream": upstream}))
    upstream.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
