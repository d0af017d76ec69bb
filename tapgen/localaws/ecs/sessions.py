"""Sessions in running tasks: everything but the session itself.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
"""

from __future__ import annotations

from uuid import uuid4

from tapgen.localaws.ecs.state import Task, cluster_name, services
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


@operation("ecs", "ExecuteCommand")
async def execute_command(request: Fields, _proceed: Proceed) -> Fields:
    """What a client needs for a session, whose other end nobody is at.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommand.html
    """
    task = _task(request)
    names = [each["name"] for each in task.definition["containerDefinitions"]]
    name = request.get("container") or names[0]
    if name not in names or not request.get("interactive"):
        text = "The container name is not in the task." if name not in names else "Interactive is the only mode."
        raise ServiceError("InvalidParameterException", text)
    id_ = f"ecs-execute-command-{uuid4().hex[:17]}"
    session = {"sessionId": id_, "streamUrl": f"wss://localhost/{id_}", "tokenValue": uuid4().hex}
    return {
        "clusterArn": task.cluster_arn,
        "containerArn": f"{task.arn}/{name}".replace(":task/", ":container/"),
        "containerName": name,
        "interactive": True,
        "session": session,
        "taskArn": task.arn,
    }


def _task(request: Fields) -> Task:
    """The task that is meant, which must take commands: only services start such here."""
    wanted = request["task"].rpartition("/")[2]
    suffix = f"/{cluster_name(request.get('cluster'))}"
    for service in services():
        for deployment in service.deployments:
            for task in deployment.running:
                if task.id == wanted and task.cluster_arn.endswith(suffix):
                    if not deployment.settings.get("enableExecuteCommand"):
                        text = (
                            "The execute command failed because execute command was not enabled when the task was run "
                            "or the execute command agent isn't running. Wait and try again or run a new task with "
                            "execute command enabled and try again."
                        )
                        raise ServiceError("InvalidParameterException", text)
                    return task
    raise ServiceError("InvalidParameterException", "The task provided in the request was not found.")
