"""The credentials of the services for a database, and what replaces them again and again."""

from __future__ import annotations

import json

from awacs import secretsmanager as actions
from awacs.aws import Action
from troposphere import Template, rds, secretsmanager

from tapgen.config.database import database_name
from tapgen.layers.databases.cluster import Cluster
from tapgen.parts.context import why
from tapgen.parts.functions import Program
from tapgen.parts.policies import allow
from tapgen.parts.retention import retention
from tapgen.parts.rotation import may_rotate, schedule
from tapgen.stack import logical_id

LENGTH = 32
"""Characters of a password."""


def add(template: Template, database: Cluster, cluster: rds.DBCluster) -> secretsmanager.Secret:
    """The secret with the user and the password that services use, rotated by a function of its own.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets_strategies.html
    """
    title = logical_id(database.name)
    secret = template.add_resource(_secret(database))
    probe = template.add_resource(
        secretsmanager.Secret(
            f"{title}Probe",
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
            Metadata=why(
                "The Data API logs in with the current version of a secret, never with a pending one: rotation puts new"
                " credentials in here and logs in with them before anyone gets them."
            ),
            Description=f"Credentials under test: database {database.name}",
            KmsKeyId=database.on.credentials_key_arn,
        )
    )
    function = database.on.functions.add(template, _program(database, cluster, secret, probe))
    schedule(template, secret, function, database.config.rotate_days)
    # The first rotation begins at once, and needs somebody to ask.
    template.resources[f"{secret.title}Rotation"].DependsOn = [f"{function.title}Permission", f"{title}Instance1"]
    return secret


def _secret(database: Cluster) -> secretsmanager.Secret:
    return secretsmanager.Secret(
        f"{logical_id(database.name)}Secret",
        **retention(database.protect),
        Metadata=why(
            "Two users take turns: what a task has read works until the next rotation at least.",
            "Changing GenerateSecretString makes a password that the database does not know.",
        ),
        Description=f"Credentials: database {database.name}",
        KmsKeyId=database.on.credentials_key_arn,
        GenerateSecretString=secretsmanager.GenerateSecretString(
            SecretStringTemplate=json.dumps({"username": database.config.username}),
            GenerateStringKey="password",
            PasswordLength=LENGTH,
            ExcludePunctuation=True,
        ),
    )


def _program(
    database: Cluster, cluster: rds.DBCluster, secret: secretsmanager.Secret, probe: secretsmanager.Secret
) -> Program:
    master = cluster.get_att("MasterUserSecret.SecretArn")
    return Program(
        title=f"{logical_id(database.name)}Rotation",
        name="rotate_user",
        purpose=f"Replaces the credentials of the services for the database {database.name}.",
        environment={
            "CLUSTER_ARN": cluster.get_att("DBClusterArn"),
            "DATABASE": database_name(database.name),
            "ENGINE": database.config.engine,
            "MASTER_SECRET_ARN": master,
            "OWNER": f"{database.config.username}_owner",
            "PASSWORD_LENGTH": str(LENGTH),
            "PROBE_SECRET_ARN": probe.ref(),
        },
        statements=(
            *may_rotate(secret, database.on.credentials_key_arn),
            allow("TestCredentials", [actions.GetSecretValue, actions.PutSecretValue], [probe.ref()]),
            allow("ActAsTheMasterUser", [actions.GetSecretValue], [master]),
            allow("RunStatements", [Action("rds-data", "ExecuteStatement")], [cluster.get_att("DBClusterArn")]),
        ),
    )
