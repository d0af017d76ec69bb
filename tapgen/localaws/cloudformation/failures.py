"""What goes wrong with resources and stacks, worded as stack events word it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from tapgen.localaws.protocol import ServiceError


class HandlerError(Exception):
    """A resource cannot be made, changed or removed.

    Codes: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
    """

    def __init__(self, message: str, code: str = "InvalidRequest") -> None:
        super().__init__(
            f'Resource handler returned message: "{message}" (RequestToken: {uuid4()}, HandlerErrorCode: {code})'
        )


class StackFailedError(Exception):
    """An operation on a stack has failed; the text is the reason of its status."""


class EmbeddedStackError(Exception):
    """An operation on a nested stack has failed; the text is the reason its resource fails for."""


def reason(error: Exception) -> str:
    """Why a resource failed, as its event says."""
    match error:
        case ServiceError():
            code = next((ours for part, ours in _CODES.items() if part in error.code), "InvalidRequest")
            return str(HandlerError(f"{error.message} (Status Code: {error.status}, Request ID: {uuid4()})", code))
        case ValueError() | KeyError():
            return str(HandlerError(str(error)))
    return str(error)


_CODES = {
    "NotFound": "NotFound",
    "NoSuch": "NotFound",
    "AlreadyExists": "AlreadyExists",
    "Duplicate": "AlreadyExists",
    "InUse": "ResourceConflict",
}


def failed_to(**names: Iterable[str]) -> str:
    """`The following resource(s) failed to create: [A, B].` and so on, for each verb that has any."""
    listed = ((verb, ", ".join(each)) for verb, each in names.items())
    return " ".join(f"The following resource(s) failed to {verb}: [{text}]." for verb, text in listed if text)
