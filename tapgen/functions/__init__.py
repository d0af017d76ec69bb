"""Programs that AWS Lambda runs. A template holds the whole text of each, so that it is reviewed where it is deployed.

Each is one file that needs nothing but Python and boto3, which the runtime brings along.
"""

from __future__ import annotations

from importlib.resources import files


def source(name: str) -> str:
    """The text of the program called *name*."""
    return files(__name__).joinpath(f"{name}.py").read_text(encoding="utf-8")
