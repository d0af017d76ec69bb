"""A cluster with the secrets and the function that a template would give it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock
from uuid import uuid4

import boto3
from pg8000.native import Connection

from tapgen.functions import source
from tests.localaws.account import Account

Credentials = dict[str, str]


def load(name: str, environment: Mapping[str, str]) -> ModuleType:
    """A function, as Lambda loads it: its clients find the local AWS, and who they are, through *environment* alone."""
    module = ModuleType(name)
    with mock.patch.dict(os.environ, environment), mock.patch.object(boto3, "DEFAULT_SESSION", None):
        exec(compile(source(name), f"{name}.py", "exec"), module.__dict__)
    return module


class Cluster:
    """A cluster, and secrets for its users."""

    def __init__(self, account: Account) -> None:
        self.account = account
        ec2, rds = account("ec2"), account("rds")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")
            for number, zone in enumerate("ab")
        ]
        ids = [each["Subnet"]["SubnetId"] for each in subnets]
        rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=ids)
        made = rds.create_db_cluster(
            DBClusterIdentifier="shop",
            Engine="aurora-postgresql",
            EngineVersion="16.8",
            MasterUsername="master",
            ManageMasterUserPassword=True,
            EnableHttpEndpoint=True,
            DatabaseName="shop",
            DBSubnetGroupName="g",
        )["DBCluster"]
        rds.create_db_instance(
            DBInstanceIdentifier="shop-1",
            DBClusterIdentifier="shop",
            Engine="aurora-postgresql",
            DBInstanceClass="db.serverless",
        )
        self.arn, self.master = made["DBClusterArn"], made["MasterUserSecret"]["SecretArn"]
        self.secrets = account("secretsmanager")

    def secret(self, user: str) -> str:
        """A secret as the template makes it: a user that no database knows yet."""
        text = json.dumps({"username": user, "password": uuid4().hex})
        return str(self.secrets.create_secret(Name=f"{user}-{uuid4()}", SecretString=text)["ARN"])

    def environment(self) -> dict[str, str]:
        """What the template tells the function."""
        return {
            "CLUSTER_ARN": self.arn,
            "DATABASE": "shop",
            "ENGINE": "postgresql",
            "MASTER_SECRET_ARN": self.master,
            "OWNER": "app_owner",
            "PASSWORD_LENGTH": "32",
            "PROBE_SECRET_ARN": self.secret("probe"),
        }

    def function(self) -> ModuleType:
        """The function that rotates users."""
        return load("rotate_user", {**self.account.environment, **self.environment()})

    def value(self, secret: str, stage: str = "AWSCURRENT") -> Credentials:
        """What a secret holds."""
        found = self.secrets.get_secret_value(SecretId=secret, VersionStage=stage)
        return dict(json.loads(found["SecretString"]))

    def begin(self, secret: str) -> str:
        """A version to be filled, as Secrets Manager makes one, with a function that does nothing about it."""
        version = self.secrets.rotate_secret(SecretId=secret, RotationLambdaARN=self._idle)["VersionId"]
        return str(version)

    @cached_property
    def _idle(self) -> str:
        return self.deploy("idle", "def handler(event, context): pass", {})

    def deploy(self, name: str, text: str, environment: Mapping[str, str]) -> str:
        """A function of Lambda that Secrets Manager may call."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", text)
        functions = self.account("lambda")
        arn = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=f"arn:aws:iam::{self.account.number}:role/{name}",
            Code={"ZipFile": archive.getvalue()},
            Timeout=60,
            Environment={"Variables": dict(environment)},
        )["FunctionArn"]
        functions.add_permission(
            FunctionName=name,
            StatementId="rotation",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
        )
        return str(arn)

    def run(self, who: Credentials, statement: str) -> Any:
        """What the server answers whoever logs in so, over a connection of its own."""
        user, password = who["username"], who["password"]
        where: dict[str, Any] = {"host": "127.0.0.1", "port": self._port, "database": "shop", "ssl_context": False}
        connection = Connection(user, password=password, **where)
        try:
            return connection.run(statement)
        finally:
            connection.close()

    def login(self, who: Credentials) -> str:
        """Who the server thinks that this is."""
        return str(self.run(who, "SELECT session_user::text")[0][0])

    def log(self) -> str:
        """Every statement that the server was given."""
        for lock in Path("/tmp").glob("tapgen-postgresql-*/data/postmaster.pid"):
            if lock.read_text().splitlines()[3] == str(self._port):
                return (lock.parents[1] / "log").read_text()
        raise FileNotFoundError("the server keeps no log")

    @cached_property
    def _port(self) -> int:
        return int(self.account("rds").describe_db_clusters(DBClusterIdentifier="shop")["DBClusters"][0]["Port"])
