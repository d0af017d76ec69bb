"""A builder as small as can be, told what Buildah is told: an image of one layer, really pushed over HTTP.

It keeps what it has built, and who logged in, in the folder SMALL_BUILDER, and notes down what it was told.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tarfile
from pathlib import Path

from tapgen.deploy.registries.client import IMAGES, Manifest, Registry
from tapgen.deploy.registries.credentials import Login
from tests.deploy.registries.upstream import digest

HOME = Path(os.environ.get("SMALL_BUILDER", "."))


def login(given: argparse.Namespace) -> None:
    host, password = given.rest[-1], sys.stdin.read()
    Registry(f"http://{host}", Login(given.username, password)).has("shop/web", "blobs", digest(b""))
    (HOME / "login.json").write_text(json.dumps({host: [given.username, password]}))


def build(given: argparse.Namespace) -> None:
    context = Path(given.rest[-1])
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for path in sorted(context.iterdir()):
            entry = tarfile.TarInfo(path.name)
            entry.size = path.stat().st_size
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
    system, _, architecture = given.platform.partition("/")
    config = {"os": system, "architecture": architecture, "config": {"Labels": given.label, "Args": given.build_arg}}
    findings = context / "findings"
    built = HOME / given.tag.replace("/", "_")
    built.mkdir()
    (built / "config").write_text(json.dumps(config))
    (built / "layer").write_bytes(layer.getvalue())
    (built / "findings").write_text(findings.read_text() if findings.exists() else "")


def push(given: argparse.Namespace) -> None:
    host, _, rest = given.rest[-1].partition("/")
    repository, _, tag = rest.partition(":")
    built = HOME / given.rest[-1].replace("/", "_")
    registry = Registry(f"http://{host}", Login(*json.loads((HOME / "login.json").read_text())[host]))
    parts = []
    for name in ("config", "layer"):
        content = (built / name).read_bytes()
        registry.put_blob(repository, digest(content), len(content), io.BytesIO(content))
        kind = f"application/vnd.oci.image.{name}.v1" + ("+json" if name == "config" else ".tar")
        parts.append({"mediaType": kind, "digest": digest(content), "size": len(content)})
    annotations = {"com.tapgen.local.findings": (built / "findings").read_text().strip()}
    manifest = {"schemaVersion": 2, "mediaType": IMAGES[0], "config": parts[0], "layers": parts[1:]}
    text = json.dumps(manifest | {"annotations": annotations})
    registry.put_manifest(repository, tag, Manifest(IMAGES[0], text.encode()))


def main() -> None:
    parser = argparse.ArgumentParser()
    for word in ("--username", "--tls-verify", "--platform", "--file", "--target", "--tag"):
        parser.add_argument(word)
    for word in ("--label", "--build-arg"):
        parser.add_argument(word, action="append")
    parser.add_argument("--password-stdin", action="store_true")
    parser.add_argument("command")
    parser.add_argument("rest", nargs="*")
    given = parser.parse_intermixed_args()
    with (HOME / "log").open("a") as log:
        log.write(" ".join(sys.argv[1:]) + "\n")
    {"info": lambda _: None, "login": login, "build": build, "push": push}[given.command](given)


if __name__ == "__main__":
    main()
