"""Deleting a stack with all that is nested in it, in the order that AWS needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tapgen.deploy import changes, failure
from tapgen.deploy.aws import Aws, AwsError
from tapgen.deploy.deployment import FailedError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.kept import Holding, empty_bucket
from tapgen.deploy.operation import Operation
from tapgen.deploy.progress import follow
from tapgen.deploy.protection import permit_deletion
from tapgen.deploy.stacks import Stack
from tapgen.deploy.tasks import Witness

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
BUCKET = "AWS::S3::Bucket"
CLUSTER = "AWS::RDS::DBCluster"


def remove(aws: Aws, stack: Stack, found: Iterable[Holding]) -> None:
    """Delete *stack*, which consists of what was *found*, and follow.

    Before that, lift what protects it from deletion, and empty what could not be deleted otherwise.

    Raises:
        RefusedError: AWS is at work on it.
        FailedError: something could not be deleted; with the cause. What could be is gone.
        AwsError: AWS could not be asked.
    """
    if not stack.exists:
        changes.abandon(aws, stack.name)
        return
    if stack.state.busy:
        raise RefusedError(f"{stack.name} {stack.state.meaning} ({stack.status})", "wait until it is done")
    if stack.protected:
        permit_deletion(aws, stack.id, allowed=True)
    _open_up(aws, found)
    operation, witness = Operation(aws, stack.name, stack.id), Witness(aws)
    aws("cloudformation", "delete-stack", "--stack-name", stack.id, "--client-request-token", operation.token)
    follow(operation, witness)
    if operation.status != "DELETE_COMPLETE":
        raise FailedError(f"{failure.explain(operation, witness)}\n{stack.name} could not be deleted whole")


def _open_up(aws: Aws, found: Iterable[Holding]) -> None:
    """Lift the protection of every load balancer and database, and empty every bucket that is not kept."""
    for each in found:
        with _unless_gone():
            if each.type == BALANCER:
                _unprotect(aws, each.physical_id)
            if each.type == CLUSTER and not each.kept:
                cluster = ("--db-cluster-identifier", each.physical_id)
                aws("rds", "modify-db-cluster", *cluster, "--no-deletion-protection", "--apply-immediately")
            if each.type == BUCKET and not each.kept:
                empty_bucket(aws, each.physical_id)


def _unprotect(aws: Aws, balancer: str) -> None:
    """Let a load balancer be deleted, and stop it from writing to a bucket that is being emptied."""
    switches = ("deletion_protection.enabled", "access_logs.s3.enabled")
    attributes = [json.dumps({"Key": key, "Value": "false"}) for key in switches]
    aws("elbv2", "modify-load-balancer-attributes", "--load-balancer-arn", balancer, "--attributes", *attributes)


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        if error.code not in ("LoadBalancerNotFound", "NoSuchBucket", "DBClusterNotFoundFault"):
            raise
