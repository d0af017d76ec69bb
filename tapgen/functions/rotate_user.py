"""Rotates the credentials of a database. Two users take turns, so the old credentials work until the next rotation.

Secrets Manager calls this once for each of four steps, and begins again where one fails: each step can be repeated.
Statements run as the master user, through the Data API; the first rotation makes the users and gives them their rights.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import string
import time
from collections.abc import Iterator
from typing import Any

import boto3

CLUSTER = os.environ["CLUSTER_ARN"]
DATABASE = os.environ["DATABASE"]
ENGINE = os.environ["ENGINE"]
LENGTH = int(os.environ["PASSWORD_LENGTH"])
MASTER = os.environ["MASTER_SECRET_ARN"]
OWNER = os.environ["OWNER"]
PROBE = os.environ["PROBE_SECRET_ARN"]

Credentials = dict[str, str]

SECRETS = boto3.client("secretsmanager")
DATA = boto3.client("rds-data")


def handler(event: dict[str, str], _context: object) -> None:
    """Take one step of a rotation."""
    secret, token = event["SecretId"], event["ClientRequestToken"]
    stages = SECRETS.describe_secret(SecretId=secret)["VersionIdsToStages"].get(token, [])
    if "AWSCURRENT" in stages:
        return  # The rotation is over; only its answer got lost.
    if "AWSPENDING" not in stages:
        raise ValueError(f"version {token} is not pending")
    STEPS[event["Step"]](secret, token)


def create_secret(secret: str, token: str) -> None:
    """Keep a new password for the user whose turn it is not."""
    if pending(secret, token):
        return
    before = current(secret)
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))
    new = before | {"username": other(before["username"]), "password": password}
    SECRETS.put_secret_value(
        SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(new), VersionStages=["AWSPENDING"]
    )


def set_secret(secret: str, token: str) -> None:
    """Give that user the new password. The user in use is made if it is missing, and else left alone."""
    old, new = current(secret), pending(secret, token)
    for statement in STATEMENTS[ENGINE](old, new):
        run(MASTER, statement, old["password"], new["password"])


def test_secret(secret: str, token: str) -> None:
    """Log in with the new password. The Data API reads only current versions: the probe is a secret that has it."""
    new = pending(secret, token)
    SECRETS.put_secret_value(SecretId=PROBE, ClientRequestToken=token, SecretString=json.dumps(new))
    answer = run(PROBE, WHO[ENGINE])["records"][0][0]["stringValue"]
    if answer != new["username"]:
        raise ValueError(f"logged in as {answer}, not as {new['username']}")


def finish_secret(secret: str, token: str) -> None:
    """From now on, whoever asks gets the new credentials."""
    versions = SECRETS.describe_secret(SecretId=secret)["VersionIdsToStages"]
    before = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    SECRETS.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=before
    )


STEPS = {
    "createSecret": create_secret,
    "setSecret": set_secret,
    "testSecret": test_secret,
    "finishSecret": finish_secret,
}


def current(secret: str) -> Credentials:
    """The credentials in use."""
    return dict(json.loads(SECRETS.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"]))


def pending(secret: str, token: str) -> Credentials:
    """The new credentials; empty where there are none yet."""
    try:
        found = SECRETS.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except SECRETS.exceptions.ResourceNotFoundException:
        return {}
    return dict(json.loads(found["SecretString"]))


def other(user: str) -> str:
    """Whose turn it is after *user*."""
    return user.removesuffix("_clone") if user.endswith("_clone") else f"{user}_clone"


def run(secret: str, statement: str, *hidden: str) -> Any:
    """Run SQL; a database that paused needs a moment to resume. What is *hidden* is in no error, and so in no log."""
    for _ in range(10):
        try:
            return DATA.execute_statement(resourceArn=CLUSTER, secretArn=secret, database=DATABASE, sql=statement)
        except DATA.exceptions.DatabaseResumingException:
            time.sleep(5)
        except DATA.exceptions.ClientError as error:
            said = str(error)
            for password in hidden:
                said = said.replace(password, "***")
            raise RuntimeError(said) from None
    raise TimeoutError("the database does not resume")


def postgresql(old: Credentials, new: Credentials) -> Iterator[str]:
    """Both users act as the owner of the database: what one of them makes belongs to the other as well.

    https://www.postgresql.org/docs/current/role-membership.html
    """
    yield make(OWNER, "NOLOGIN")
    yield f'GRANT "{OWNER}" TO CURRENT_USER'
    yield f'ALTER DATABASE "{DATABASE}" OWNER TO "{OWNER}"'
    for user in (old, new):
        name = user["username"]
        yield make(name, f"LOGIN PASSWORD '{verifier(user['password'])}' IN ROLE \"{OWNER}\"")
        yield f'ALTER ROLE "{name}" SET role = "{OWNER}"'
    yield f"ALTER ROLE \"{new['username']}\" PASSWORD '{verifier(new['password'])}'"


def make(role: str, options: str) -> str:
    """Makes a role that is missing; PostgreSQL has no shorter word for it."""
    missing = f"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
    return f'DO $$ BEGIN IF {missing} THEN CREATE ROLE "{role}" {options}; END IF; END $$'


def verifier(password: str) -> str:
    """What PostgreSQL keeps of a password, made here: so no statement, and no log of statements, has the password.

    https://www.postgresql.org/docs/current/catalog-pg-authid.html
    """
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 4096)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return "SCRAM-SHA-256$4096:{}${}:{}".format(*(base64.b64encode(part).decode() for part in (salt, stored, server)))


def mysql(old: Credentials, new: Credentials) -> Iterator[str]:
    """MySQL knows no owners: both users have all rights on the database. Its logs leave passwords out."""
    for user in (old, new):
        name = user["username"]
        yield f"CREATE USER IF NOT EXISTS '{name}'@'%' IDENTIFIED BY '{user['password']}' REQUIRE SSL"
        yield f"GRANT ALL PRIVILEGES ON `{DATABASE}`.* TO '{name}'@'%'"
    yield f"ALTER USER '{new['username']}'@'%' IDENTIFIED BY '{new['password']}'"


STATEMENTS = {"postgresql": postgresql, "mysql": mysql}
WHO = {"postgresql": "SELECT session_user::text", "mysql": "SELECT SUBSTRING_INDEX(USER(), '@', 1)"}
