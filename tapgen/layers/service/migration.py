"""What a service waits for before tasks of a new version start."""

from __future__ import annotations

from troposphere import AWSObject, PropsDictType

from tapgen.kinds import Text
from tapgen.layers.migrations import Migration
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts.context import why
from tapgen.parts.retention import KEPT

TITLE = "Migration"


class _Migration(AWSObject):
    """What the function is told.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
    """

    resource_type = "Custom::Migration"
    props: PropsDictType = {  # noqa: RUF012 (as troposphere has it)
        "ServiceToken": (str, True),
        "Job": (str, True),
        "TaskDefinition": (str, True),
        "Cluster": (str, True),
        "Subnets": ([str], True),
        "SecurityGroup": (str, True),
        "CapacityProvider": (str, True),
        "LogGroup": (str, True),
    }


def migration(job: Migration, function_arn: Text, on: Foundation) -> _Migration:
    """Has *function_arn* run the job when the service is made, and whenever the job's task definition is another.

    What it has done stays when it goes, so nobody is asked: the function may be gone in the same moment, and
    CloudFormation would wait for it for an hour.
    """
    return _Migration(
        TITLE,
        **KEPT,
        Metadata=why(
            f"The job {job.job} runs to its end before tasks of a new version start; its failure stops the release. It "
            "runs when its task definition is another, and never on the way back.",
            "Versions before and after it bear the data that it leaves, since the old one runs until the new one does",
            "It bears to be run again",
        ),
        ServiceToken=function_arn,
        Job=job.job,
        TaskDefinition=job.task_definition_arn,
        Cluster=on.cluster.name,
        Subnets=on.network.private_subnet_ids,
        SecurityGroup=job.group_id,
        CapacityProvider=job.provider,
        LogGroup=job.log_group_name,
    )
