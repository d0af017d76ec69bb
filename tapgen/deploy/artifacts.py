"""Templates as they are sent: the children as they are checked in, the root with their addresses in it."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tapgen.deploy.aws import Aws, AwsError
from tapgen.deploy.guard import RefusedError
from tapgen.errors import OutputError

_CHILD = re.compile(r"^(\s+TemplateURL: )(\S+\.yaml)$", re.MULTILINE)
"""Where a root template names one of its children, by the name of the file beside it."""

_SUFFIX = {"aws-cn": "amazonaws.com.cn"}
"""What addresses end in, by partition, where it is not `amazonaws.com`."""


@dataclass(frozen=True)
class Artifacts:
    """What a deployment puts into the bucket for it, and where that can then be read."""

    texts: Mapping[str, str]
    """By key: a name with the hash of the text, so that a key never comes to mean something else."""

    root_url: str

    @property
    def root(self) -> str:
        """The root template, as it is sent."""
        return self.texts[self.root_url.split("/", 3)[3]]


def apart(templates: Mapping[str, str], folder: str) -> dict[str, str]:
    """The *templates* of one environment as if they lay in another *folder*."""
    return {f"{folder}/{path.partition('/')[2]}": text for path, text in templates.items()}


def artifacts(templates: Mapping[str, str], bucket: str, region: str, partition: str) -> Artifacts:
    """Name the *templates* of one environment, by path, for *bucket*; in the root, put their addresses."""
    base = f"https://{bucket}.s3.{region}.{_SUFFIX.get(partition, 'amazonaws.com')}"
    root_path = next(path for path in templates if path.endswith("/root.yaml"))
    folder = root_path.removesuffix("root.yaml")
    keys = {path: _key(path, text) for path, text in templates.items() if path != root_path}
    root = _CHILD.sub(lambda child: f"{child[1]}{base}/{keys[folder + child[2]]}", templates[root_path])
    texts = {keys[path]: templates[path] for path in keys}
    key = _key(root_path, root)
    return Artifacts(texts | {key: root}, f"{base}/{key}")


def upload(aws: Aws, found: Artifacts, bucket: str) -> None:
    """Put what the bucket does not have yet, in one call.

    Raises:
        RefusedError: the bucket is gone.
        AwsError: the caller may not write to it.
        OutputError: there is no room to lay the files out for the call.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tapgen-") as folder:
            for key, text in found.texts.items():
                path = Path(folder, key)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            # A key holds the hash of its content, so what is there under it is the same, whenever it was written.
            aws.run("s3", "sync", folder, f"s3://{bucket}", "--size-only", "--no-progress")
    except AwsError as error:
        if error.code != "NoSuchBucket":
            raise
        remedy = f"make it again, under its name: aws s3 mb s3://{bucket} --region {aws.region}; then: make bootstrap"
        raise RefusedError(f"the bucket that bootstrap made is gone: {bucket}", remedy) from error
    except OSError as error:
        raise OutputError(
            f"the templates cannot be laid out for the upload: {error.strerror}; TMPDIR says where"
        ) from error


def _key(path: str, text: str) -> str:
    return f"{path.removesuffix('.yaml')}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
