"""Identity and logs: what services may do, and where they write."""

from __future__ import annotations

import re
from typing import Any

from .contract import add, drop, promise, put, swap
from .reading import CLIENTS, containers, rights, service, variables
from .resolved import Platform, allowed, sole

EXECUTION = "service-payment/ExecutionRole"
STATEMENT = f"{EXECUTION}/Policies/0/PolicyDocument/Statement"
CHANNELS = {f"ssmmessages:{verb}{channel}Channel" for verb in ("Create", "Open") for channel in ("Control", "Data")}
UNBOUND = {"ecr:GetAuthorizationToken", "logs:DescribeLogGroups"} | CHANNELS
"""What can only be allowed on everything."""

RECORD = {
    "logs:DescribeLogGroups",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "kms:Decrypt",
}
SESSIONS = CHANNELS | RECORD
"""What the code may do where sessions are allowed."""

TABLE = {
    *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:ConditionCheckItem"),
    *("dynamodb:DescribeTable", "dynamodb:PutItem", "dynamodb:UpdateItem"),
}
BUCKET = {"s3:ListBucket"}
OBJECTS = {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
"""What reading and writing is."""

SIGNERS: dict[str, list[str]] = {"dev": [], "prod": ["Signer"]}
"""What signs the certificates of a service, by environment: a function with a role and a log group of its own."""

MOVERS: dict[str, set[str]] = {"dev": set(), "prod": {"InfrastructureRole"}}
"""What moves requests from one version to the next, by environment: see test_release."""

DATA = {"payment": ("PaymentsTable", "ReceiptsBucket"), "order": ("OrdersTable", "InvoicesBucket")}
"""Which service has which table and bucket."""


@promise(
    "identity",
    defects=[7, 18, 20],
    broken_by={
        "one role for both": put(
            "service-payment/TaskDefinition/TaskRoleArn", {"Fn::GetAtt": ["ExecutionRole", "Arn"]}
        ),
        "a role from elsewhere": put("service-payment/TaskDefinition/ExecutionRoleArn", "arn:aws:iam::1:role/ecs"),
        "whoever asks may have it": drop(f"{EXECUTION}/AssumeRolePolicyDocument/Statement/0/Condition"),
        "another account's tasks may have it": drop(
            f"{EXECUTION}/AssumeRolePolicyDocument/Statement/0/Condition/StringEquals"
        ),
        "another service may have it": put(
            f"{EXECUTION}/AssumeRolePolicyDocument/Statement/0/Principal/Service", "ec2.amazonaws.com"
        ),
        "AWS's own policy": put(f"{EXECUTION}/ManagedPolicyArns", ["arn:aws:iam::aws:policy/AmazonECS_FullAccess"]),
        "logs of others": put(f"{STATEMENT}/2/Resource", ["*"]),
        "every action of a service": put(f"{STATEMENT}/2/Action", ["logs:*"]),
        "the key of the logs": add(
            STATEMENT, {"Effect": "Allow", "Action": ["kms:Encrypt"], "Resource": [{"Ref": "KeysLogsKeyArn"}]}
        ),
        "a bucket that may be somebody else's": put(
            "service-payment/TaskRole/Policies",
            [
                {
                    "PolicyName": "data",
                    "PolicyDocument": {
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": ["s3:GetObject"],
                                "Resource": ["arn:aws:s3:::payment-bucket/*"],
                            }
                        ]
                    },
                }
            ],
        ),
        "rights that come after the role": put(
            "service-payment/Late", {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "ExecutionRole"}]}}
        ),
    },
)
def test_the_tasks_of_every_service_have_two_roles_that_may_do_no_more_than_they_need(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        task = platform.only("AWS::ECS::TaskDefinition", stack)
        assert task["ExecutionRoleArn"] == f"${{{stack}.ExecutionRole.Arn}}"
        assert task["TaskRoleArn"] == f"${{{stack}.TaskRole.Arn}}"
        roles = platform.properties("AWS::IAM::Role", stack)
        tasks = {f"{stack}.ExecutionRole", f"{stack}.TaskRole"}
        others = {f"{signer}Role" for signer in SIGNERS[platform.name]} | MOVERS[platform.name]
        assert set(roles) == tasks | {f"{stack}.{role}" for role in others}
        assert not platform.all("AWS::IAM::Policy", stack)
        for address, role in roles.items():
            if address in tasks:
                _trusts_tasks_of_this_account_alone(role)
            assert "ManagedPolicyArns" not in role
        execution, own = rights(platform, name, "ExecutionRole"), rights(platform, name, "TaskRole")
        assert set(execution) == {
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        } | (CREDENTIALS if name in CLIENTS[platform.name] else set())
        data = TABLE | BUCKET | OBJECTS if name in DATA else set()
        assert set(own) == data | (SESSIONS if platform.name == "dev" else {"lambda:InvokeFunction"})
        assert "${keys.LogsKey.Arn}" not in [key for may in execution.values() for key in may["Resource"]]
        for action, statement in (*execution.items(), *own.items()):
            assert ("*" in statement["Resource"]) is (action in UNBOUND)


CREDENTIALS = {"secretsmanager:GetSecretValue", "kms:Decrypt"}
DATABASE = "/aws/rds/cluster/${databases.Any}/postgresql"
ACCESS = "service-payment/TaskRole/Policies/access/PolicyDocument/Statement"


@promise(
    "identity",
    defects=[18],
    broken_by={
        "no right to read items": put(f"{ACCESS}/0/Action", ["dynamodb:PutItem", "dynamodb:UpdateItem"]),
        "a right to delete them": put(f"{ACCESS}/0/Action", [*sorted(TABLE), "dynamodb:DeleteItem"]),
        "the table of another": put(
            "root/ServicePayment/Parameters/DataTablesPaymentsArn", {"Fn::GetAtt": ["Data", "Outputs.TablesOrdersArn"]}
        ),
        "a bucket that may be somebody else's": put(f"{ACCESS}/1/Resource", ["arn:aws:s3:::payment-bucket"]),
        "a bucket as if it were an object": put(f"{ACCESS}/2/Resource", [{"Ref": "DataBucketsReceiptsArn"}]),
        "a bucket that was given to somebody else": drop(f"{ACCESS}/2/Condition"),
        "rights of who has no data": put(
            "service-notification/TaskRole/Policies",
            [{"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}]}}],
        ),
        "a name that nobody tells": put("service-payment/TaskDefinition/ContainerDefinitions/app/Environment", []),
        "a table that is not there": drop("data/PaymentsTable"),
    },
)
def test_a_service_may_use_its_own_table_and_bucket_and_is_told_where_they_are(platform: Platform) -> None:
    for name in platform.services:
        may = rights(platform, name, "TaskRole")
        if name not in DATA:
            assert not any(action.startswith(("dynamodb:", "s3:")) for action in may)
            continue
        table, bucket = DATA[name]
        assert {action for action in may if action.startswith("dynamodb:")} == TABLE
        assert {action for action in may if action.startswith("s3:")} == BUCKET | OBJECTS
        for action in TABLE:
            assert may[action]["Resource"] == [f"${{data.{table}.Arn}}"]
        for actions, resource in ((BUCKET, ""), (OBJECTS, "/*")):
            for action in actions:
                assert may[action]["Resource"] == [f"${{data.{bucket}.Arn}}{resource}"]
                assert may[action].get("Condition") == {"StringEquals": {"aws:ResourceAccount": "${AWS::AccountId}"}}
        told = variables(platform, name)
        assert told.get(table.removesuffix("Table").upper() + "_TABLE") == f"${{data.{table}}}"
        assert told.get(bucket.removesuffix("Bucket").upper() + "_BUCKET") == f"${{data.{bucket}}}"
        assert {table, bucket} <= platform.templates["data"]["Resources"].keys()


def _trusts_tasks_of_this_account_alone(role: Any) -> None:
    statement = sole(allowed(role["AssumeRolePolicyDocument"]))
    assert statement["Action"] == ["sts:AssumeRole"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement.get("Condition") == {
        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        "ArnLike": {"aws:SourceArn": "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*"},
    }


KEY = "keys/LogsKey"
GRANT = f"{KEY}/KeyPolicy/Statement/1"


@promise(
    "logs",
    defects=[1],
    broken_by={
        "the key does not know CloudWatch Logs": drop(GRANT),
        "another Region's principal": put(f"{GRANT}/Principal/Service", "logs.us-east-1.amazonaws.com"),
        "a principal of no Region": put(f"{GRANT}/Principal/Service", "logs.amazonaws.com"),
        "CloudWatch Logs may only decrypt": put(f"{GRANT}/Action", ["kms:Decrypt"]),
        "wrong prefix in the encryption context": swap(f"{GRANT}/Condition", "${RootStackName}-", "/ecs/"),
        "another service's context": put(
            f"{GRANT}/Condition", {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::logs"}}
        ),
        "anybody's log groups": drop(f"{GRANT}/Condition"),
        "the root gives another name": put("root/Keys/Parameters/RootStackName", "shop"),
        "the log group has no key": drop("service-payment/LogGroup/KmsKeyId"),
        "the log group has another key": put(
            "root/ServicePayment/Parameters/KeysLogsKeyArn", {"Fn::GetAtt": ["Keys", "Outputs.AlertsKeyArn"]}
        ),
        "a log group with a name of its own": put("service-payment/LogGroup/LogGroupName", "/ecs/payment"),
        "flow logs without a key": drop("network/FlowLogGroup/KmsKeyId"),
    },
)
def test_every_log_group_has_a_key_that_cloudwatch_logs_may_use(platform: Platform) -> None:
    """The names of log groups begin with that of their stack, and that with the name of the root."""
    groups = platform.properties("AWS::Logs::LogGroup")
    assert len(groups) >= 4
    for group in groups.values():
        # That of a database is named by the database.
        assert re.fullmatch(r"/aws/rds/cluster/\$\{databases\.\w+\}/postgresql", group.get("LogGroupName", DATABASE))
        assert re.fullmatch(r"\$\{keys\.\w+\.Arn\}", group.get("KmsKeyId", ""))
        _, *others = allowed(platform.at(group["KmsKeyId"])["Properties"]["KeyPolicy"])
        grant = sole(others)
        assert grant["Resource"] == ["*"]
        assert grant["Principal"] == {"Service": "logs.${AWS::Region}.amazonaws.com"}
        wanted = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}
        assert set(grant["Action"]) == wanted
        ours = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-*"
        of_databases = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/rds/cluster/*"
        wanted_groups = [ours, of_databases] if CLIENTS[platform.name] else ours
        assert grant.get("Condition") == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": wanted_groups}}


@promise(
    "logs",
    broken_by={
        "rotation off": put(f"{KEY}/EnableKeyRotation", False),
        "rotation not mentioned": drop("keys/AlertsKey/EnableKeyRotation"),
        "nobody may ever change the key": drop(f"{KEY}/KeyPolicy/Statement/0"),
        "the account may only encrypt": put("keys/AlertsKey/KeyPolicy/Statement/0/Action", ["kms:Encrypt"]),
        "everybody may": put(f"{KEY}/KeyPolicy/Statement/0/Principal", {"AWS": "*"}),
        "denied": put(f"{KEY}/KeyPolicy/Statement/0/Effect", "Deny"),
    },
)
def test_every_key_rotates_and_the_account_governs_it(platform: Platform) -> None:
    for key in platform.properties("AWS::KMS::Key").values():
        assert key.get("EnableKeyRotation") is True
        account = sole(each for each in allowed(key["KeyPolicy"]) if "AWS" in each["Principal"])
        assert account["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
        assert (account["Action"], account["Resource"]) == (["kms:*"], ["*"])


@promise(
    "logs",
    defects=[21],
    broken_by={
        "retention 8": put("service-payment/LogGroup/RetentionInDays", 8),
        "for ever": drop("service-payment/LogGroup/RetentionInDays"),
        "written to another's group": put(
            "service-payment/TaskDefinition/ContainerDefinitions/app/LogConfiguration/Options/awslogs-group", "/ecs/all"
        ),
        "what traffic reaches writes to another's group": put(
            "service-payment/TaskDefinition/ContainerDefinitions/-1/LogConfiguration/Options/awslogs-group", "/ecs/all"
        ),
        "the proxy writes nowhere": drop("service-payment/Service/ServiceConnectConfiguration/LogConfiguration"),
        "another Region": put(
            "service-payment/TaskDefinition/ContainerDefinitions/app/LogConfiguration/Options/awslogs-region",
            "us-east-1",
        ),
        "not allowed to write": put(f"{STATEMENT}/2/Action", ["logs:CreateLogStream"]),
        "allowed to write elsewhere": put(f"{STATEMENT}/2/Resource", ["arn:aws:logs:eu-west-1:1:log-group:x:*"]),
        "a container that waits for its logs": swap(
            "service-payment/TaskDefinition/ContainerDefinitions/app/LogConfiguration", "non-blocking", "blocking"
        ),
    },
)
def test_every_service_writes_to_a_group_of_its_own_that_is_kept_as_configured(platform: Platform) -> None:
    """One week where nothing is kept, and longer in production."""
    for name in platform.services:
        stack = f"service-{name}"
        groups = platform.properties("AWS::Logs::LogGroup", stack)
        assert set(groups) == {f"{stack}.{writer}LogGroup" for writer in ("", *SIGNERS[platform.name])}
        for group in groups.values():
            assert group.get("RetentionInDays") == {"dev": 7, "prod": 365}[platform.name]
        proxy = service(platform, name)["ServiceConnectConfiguration"].get("LogConfiguration", {"Options": {}})
        for writer in (*(each["LogConfiguration"] for each in containers(platform, name).values()), proxy):
            options = writer["Options"]
            assert options.get("awslogs-group") == f"${{{stack}.LogGroup}}"
            assert options["awslogs-region"] == "${AWS::Region}"
            assert options["mode"] == "non-blocking"
        may = rights(platform, name, "ExecutionRole")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            assert may[action]["Resource"] == [f"${{{stack}.LogGroup.Arn}}"]
