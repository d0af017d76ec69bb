"""Starts new tasks of every service that has a rotated secret: tasks read secrets once, when they start.

Called when a secret has a new value, when a deployment of such a service is over, and once a day. It looks at all of
them each time: whatever it missed or could not do yet, it does the next time.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

import json
import os
from datetime import datetime
from typing import Any

import boto3

CLUSTER = os.environ["CLUSTER"]
SECRETS_OF = json.loads(os.environ["SECRETS_OF"])  # by the ARN of a service, the ARNs of its secrets

ECS = boto3.client("ecs")
SECRETS = boto3.client("secretsmanager")


def handler(event: dict[str, Any], _context: object) -> None:
    """Redeploy what began before one of its secrets changed."""
    changed = {arn: changed_at(arn, event) for arns in SECRETS_OF.values() for arn in arns}
    for service, arns in SECRETS_OF.items():
        times = [time for arn in arns if (time := changed[arn])]
        if times:
            redeploy(service, max(times))


def changed_at(secret: str, event: dict[str, Any]) -> datetime | None:
    """When the secret was last rotated, if ever: the event of a new value comes before the secret says so itself."""
    times = [SECRETS.describe_secret(SecretId=secret).get("LastRotatedDate")]
    if event["source"] == "aws.secretsmanager" and secret in event["resources"]:
        times.append(datetime.fromisoformat(event["time"]))
    return max(filter(None, times), default=None)


def redeploy(service: str, since: datetime) -> None:
    """Have tasks that are older than *since* replaced. A deployment in progress is left alone: its end calls again."""
    deployments = ECS.describe_services(cluster=CLUSTER, services=[service])["services"][0]["deployments"]
    newest = max(deployments, key=created_at)
    if created_at(newest) > since:
        return
    if newest["rolloutState"] == "IN_PROGRESS" or len(deployments) > 1:
        print(f"{service}: waits for the deployment in progress")
        return
    ECS.update_service(cluster=CLUSTER, service=service, forceNewDeployment=True)
    print(f"{service}: redeployed, since a secret changed at {since:%Y-%m-%d %H:%M:%S}")


def created_at(deployment: dict[str, Any]) -> datetime:
    """When a deployment began."""
    began: datetime = deployment["createdAt"]
    return began
