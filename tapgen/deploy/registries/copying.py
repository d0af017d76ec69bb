"""Copying an image from one registry to another, byte for byte, so that its digest stays what it is.

An image for several architectures is copied whole: `docker pull`, `tag` and `push` would take one of them, and make
another image of it. No builder is needed, nothing is stored on the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tapgen.deploy.aws import at_once
from tapgen.deploy.registries.client import Manifest, Registry, patiently


@dataclass(frozen=True)
class Repository:
    """A repository in a registry."""

    registry: Registry
    name: str

    def __str__(self) -> str:
        return f"{self.registry.url.partition('://')[2]}/{self.name}"


def copy(source: Repository, version: str, target: Repository, tag: str) -> str:
    """Copy the image that *version*, a tag or digest, names, call it *tag*, and give its digest.

    What is there already is not copied again.

    Raises:
        RegistryError: it is not there, or cannot be copied.
    """
    manifest = patiently(lambda: source.registry.manifest(source.name, version))
    if not patiently(lambda: target.registry.has(target.name, "manifests", manifest.digest)):
        _copy_parts(source, manifest, target)
    # A tag that cannot move cannot be given twice either.
    if patiently(lambda: target.registry.digest(target.name, tag)) != manifest.digest:
        patiently(lambda: target.registry.put_manifest(target.name, tag, manifest))
    return manifest.digest


def _copy_parts(source: Repository, manifest: Manifest, target: Repository) -> None:
    """First what a manifest names, then the manifest: a registry takes none whose parts it lacks."""
    content = json.loads(manifest.content)
    if not manifest.is_index:
        at_once(lambda blob: _copy_blob(source, blob, target), _blobs(content))
        return
    for each in content.get("manifests", []):
        digest = each["digest"]
        if target.registry.has(target.name, "manifests", digest):
            continue
        part = source.registry.manifest(source.name, digest)
        _copy_parts(source, part, target)
        target.registry.put_manifest(target.name, digest, part)


def _blobs(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The configuration and the layers, each once, but for those that nobody may hand on."""
    parts = {each["digest"]: each for each in [content["config"], *content.get("layers", [])]}
    yield from (
        each
        for each in parts.values()
        if "foreign" not in each["mediaType"] and "nondistributable" not in each["mediaType"]
    )


def _copy_blob(source: Repository, blob: dict[str, Any], target: Repository) -> None:
    digest, size = blob["digest"], int(blob["size"])

    def once() -> None:
        if not target.registry.has(target.name, "blobs", digest):
            with source.registry.blob(source.name, digest) as content:
                target.registry.put_blob(target.name, digest, size, content)

    patiently(once)
