"""A moto server; run as a program, it is a second opinion on what AWS would make of a template."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


def without_api_gateway() -> None:
    """Let moto's CloudFormation load without a validator that only API Gateway needs, and that is not installed."""
    for name in ("", ".validation", ".validation.exceptions"):
        module = ModuleType(f"openapi_spec_validator{name}")
        vars(module).update(__path__=[], validate_spec=None, OpenAPIValidationError=Exception)
        sys.modules[module.__name__] = module


def get_cfn_attribute(self: Any, attribute: str) -> str:
    """The output of a nested stack: the one piece that moto lacks for them."""
    name = attribute.partition(".")[2]
    return next(str(output.value) for output in self.output_map.values() if output.key == name)


def main() -> None:
    """Serve, as the command line says."""
    without_api_gateway()
    from moto.cloudformation.models import Stack
    from moto.server import main as serve

    type.__setattr__(Stack, "get_cfn_attribute", get_cfn_attribute)
    serve()


if __name__ == "__main__":
    main()
