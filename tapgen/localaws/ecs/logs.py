"""What containers write, in CloudWatch Logs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.protocol import Fields, ServiceError


async def write(container: Fields, task_id: str, lines: Iterable[str]) -> None:
    """Add lines to the stream of a container, which is made with the first."""
    options = container.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" not in options:
        return
    group = options["awslogs-group"]
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task_id}"
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines if line]
    with engine.acting_for(engine.account(), options.get("awslogs-region", engine.region())):
        try:
            await call("logs", "CreateLogStream", logGroupName=group, logStreamName=stream)
        except ServiceError as error:
            if "AlreadyExists" not in error.code:
                return
        if events:
            await call("logs", "PutLogEvents", logGroupName=group, logStreamName=stream, logEvents=events)
