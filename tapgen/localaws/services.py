"""Everything that answers: importing this fills the registries of operations and of resource types."""

from __future__ import annotations

from tapgen.localaws import (
    applicationautoscaling,
    appmesh,
    cloudcontrol,
    cloudwatch,
    dynamodb,
    ec2,
    ecr,
    ecs,
    elbv2,
    iam,
    logs,
    registry,
    rotation,
    route53,
    s3,
    scheduler,
    secretsmanager,
    sns,
    wafv2,
)
from tapgen.localaws.acmpca import authorities, issuing
from tapgen.localaws.acmpca import resources as acmpca_resources
from tapgen.localaws.cloudformation import api, custom, nested, proposing, reading
from tapgen.localaws.ecs import clusters, deployments, sessions, standalone, tasks
from tapgen.localaws.ecs import resources as ecs_resources
from tapgen.localaws.ecs import services as ecs_services
from tapgen.localaws.elbv2 import balancers, certificates, health, interfaces, records
from tapgen.localaws.elbv2 import resources as elbv2_resources
from tapgen.localaws.rds import dataapi
from tapgen.localaws.rds import resources as rds_resources

_MODULES = (
    *(authorities, acmpca_resources, issuing),
    *(api, custom, nested, proposing, reading),
    *(
        applicationautoscaling,
        appmesh,
        cloudcontrol,
        cloudwatch,
        dynamodb,
        ec2,
        ecr,
        iam,
        logs,
        registry,
        rotation,
        route53,
        s3,
        scheduler,
        secretsmanager,
        sns,
        wafv2,
    ),
    *(ecs, clusters, deployments, ecs_resources, ecs_services, sessions, standalone, tasks),
    *(elbv2, balancers, certificates, elbv2_resources, health, interfaces, records),
    *(dataapi, rds_resources),
)


def load() -> int:
    """Have the registries filled; gives the number of modules that did."""
    return len(_MODULES)
