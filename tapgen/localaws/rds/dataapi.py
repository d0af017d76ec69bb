"""The Data API: SQL over HTTPS, as the user of a secret.

https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tapgen.localaws.calls import call
from tapgen.localaws.kept import kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError
from tapgen.localaws.rds.postgresql import Database, Server, port, server

Row = list[Any]


@operation("rds-data", "ExecuteStatement")
async def execute_statement(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html."""
    cluster = await _cluster(request["resourceArn"])
    if cluster["Engine"] != "aurora-postgresql":
        return await proceed(request)
    who = await _credentials(request["secretArn"])
    running = await _server(cluster)
    database = request.get("database") or cluster["DatabaseName"]
    return await asyncio.to_thread(_execute, running, who, database, request)


@operation("rds", "DescribeDBClusters")
async def describe_clusters(request: Fields, proceed: Proceed) -> Fields:
    """A cluster whose server runs says where: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html."""
    found = await proceed(request)
    return found | {"DBClusters": [_described(cluster) for cluster in found["DBClusters"]]}


def _described(cluster: Fields) -> Fields:
    remembered, listens = kept(cluster["DBClusterIdentifier"]), port(cluster["DBClusterArn"])
    where = {"Endpoint": "127.0.0.1", "Port": listens} if listens else {}
    shown = {name: remembered[name] for name in ("BackupRetentionPeriod", "CopyTagsToSnapshot") if name in remembered}
    exported = remembered.get("EnableCloudwatchLogsExports")
    return cluster | where | shown | ({"EnabledCloudwatchLogsExports": exported} if exported else {})


async def _cluster(arn: str) -> Fields:
    try:
        found = (await call("rds", "DescribeDBClusters", DBClusterIdentifier=arn))["DBClusters"][0]
    except ServiceError as error:
        raise ServiceError("DatabaseNotFoundException", f"HttpEndpoint is not found for resource {arn}", 404) from error
    if not found.get("HttpEndpointEnabled"):
        raise ServiceError("HttpEndpointNotEnabledException", f"HttpEndpoint is not enabled for resource {arn}")
    if not found["DBClusterMembers"]:
        raise ServiceError("DatabaseUnavailableException", f"{arn} has no instance", 504)
    return dict(found)


async def _credentials(arn: str) -> Fields:
    """What the secret says now: no version can be asked for."""
    try:
        text = (await call("secretsmanager", "GetSecretValue", SecretId=arn))["SecretString"]
        who = json.loads(text)
        return {"user": who["username"], "password": who["password"]}
    except ServiceError as error:
        raise ServiceError("SecretsErrorException", error.message) from error
    except (ValueError, KeyError, TypeError):
        raise ServiceError("InvalidSecretException", f"{arn} has no username and password") from None


async def _server(cluster: Fields) -> Server:
    master = await _credentials(cluster["MasterUserSecret"]["SecretArn"])
    made = Database(name=cluster["DatabaseName"], user=master["user"], password=master["password"])
    return await server(cluster["DBClusterArn"], made)


def _execute(running: Server, who: Fields, database: str, request: Fields) -> Fields:
    from pg8000.exceptions import Error
    from pg8000.native import Connection

    given = {each["name"]: next(iter(each["value"].values())) for each in request.get("parameters", [])}
    try:
        where: Fields = {"host": "127.0.0.1", "port": running.port, "database": database, "ssl_context": False}
        connection = Connection(**who, **where, timeout=45)
        try:
            rows = connection.run(request["sql"], **given) or []
        finally:
            connection.close()
    except Error as error:
        raise ServiceError("DatabaseErrorException", _said(error)) from error
    return {"numberOfRecordsUpdated": 0, "records": [[_field(value) for value in row] for row in rows]}


def _said(error: Exception) -> str:
    """The database's own words and its code, as the Data API puts them."""
    said = error.args[0] if error.args else ""
    if isinstance(said, dict):
        return f"{said['S']}: {said['M']}; SQLState: {said['C']}"
    return str(said)


def _field(value: Any) -> Fields:
    """https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Field.html."""
    match value:
        case None:
            return {"isNull": True}
        case bool():
            return {"booleanValue": value}
        case int():
            return {"longValue": value}
        case float():
            return {"doubleValue": value}
    return {"stringValue": str(value)}
