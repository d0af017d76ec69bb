"""Deploying rendered templates as `make deploy` does: children in S3 under their hash, the root naming them."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BUCKET = "tapgen-templates"
PATIENCE = 60
"""Seconds."""


def upload(s3: Any, region: str, text: str, bucket: str = BUCKET) -> str:
    """The address of a template in S3."""
    key = hashlib.sha256(text.encode()).hexdigest() + ".yaml"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return f"https://{bucket}.s3.{region}.amazonaws.com/{key}"


def root_of(folder: Path, s3: Any, region: str, bucket: str = BUCKET) -> str:
    """The root template of an environment, its children uploaded."""

    def uploaded(found: re.Match[str]) -> str:
        return f"TemplateURL: {upload(s3, region, (folder / found[1]).read_text(), bucket)}"

    return re.sub(r"TemplateURL: (\S+)", uploaded, (folder / "root.yaml").read_text())


def settled(cloudformation: Any, name: str, seconds: float = 30) -> dict[str, Any]:
    """A stack, as soon as nothing happens to it any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.02)
    raise TimeoutError(f"{name} is still {stack['StackStatus']}")


def until(done: Callable[[], bool]) -> None:
    """Wait until something has come about."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
