"""Cloud Control, as far as it deletes what no stack has any more.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from tapgen.localaws.cloudformation.failures import reason
from tapgen.localaws.cloudformation.providers import provider
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields


@operation("cloudcontrol", "DeleteResource")
async def delete_resource(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_DeleteResource.html.

    AWS goes on by itself and is to be asked again; here the first answer is the last.
    """
    kind, identifier = request["TypeName"], request["Identifier"]
    event = {
        "TypeName": kind,
        "Identifier": identifier,
        "RequestToken": str(uuid4()),
        "Operation": "DELETE",
        "EventTime": datetime.now(UTC),
    }
    try:
        await provider(kind).delete(Resource("", kind, identifier, {}))
    except Exception as error:  # noqa: BLE001 (whatever the handler raises is why it failed)
        failed = {"OperationStatus": "FAILED", "ErrorCode": "GeneralServiceException", "StatusMessage": reason(error)}
        return {"ProgressEvent": event | failed}
    return {"ProgressEvent": event | {"OperationStatus": "SUCCESS"}}
