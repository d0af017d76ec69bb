"""Whatever the strategy, a service waits for its migration, and that for what runs it."""

from __future__ import annotations

from typing import Any

import pytest

from tapgen.config.environment import Environment
from tapgen.platform import assemble
from tapgen.stack import names


def templates(job: dict[str, Any] | None = None, **service: Any) -> dict[str, Any]:
    said = {"platform": "shop", "name": "dev", "account": "1" * 12, "region": "eu-west-1"}
    services = {"web": {"name": "web"} | service, "api": {"name": "api", "port": 81}}
    jobs = {"fill": {"name": "fill"} | (job or {}), "report": {"name": "report", "schedule": "rate(1 hour)"}}
    ingress = {"protocol": "http"}
    return assemble(
        Environment.model_validate({**said, "services": services, "jobs": jobs, "ingress": ingress})
    ).templates()


@pytest.mark.parametrize("strategy", ["rolling", "blue-green", "canary", "linear"])
@pytest.mark.parametrize("path", [[], ["/web"]])
def test_tasks_wait_for_the_migration(strategy: str, path: list[str]) -> None:
    made = templates(port=80, path=path, migrate="fill", deployment={"strategy": strategy})
    web = made["service-web"]["Resources"]
    assert "Migration" in web["Service"]["DependsOn"]
    assert "Migration" not in made["service-api"]["Resources"]
    assert "DependsOn" not in made["service-api"]["Resources"]["Service"]


def test_it_is_asked_for_again_when_the_job_is_another_and_never_deleted() -> None:
    migration = templates(migrate="fill", job={"spot": True})["service-web"]["Resources"]["Migration"]
    assert migration["Properties"] == {
        "ServiceToken": {"Ref": "MigrationsFunctionArn"},
        "Job": "fill",
        "TaskDefinition": {"Ref": "JobFillMigrationTaskDefinitionArn"},
        "Cluster": {"Ref": "ClusterName"},
        "Subnets": {"Ref": "NetworkPrivateSubnetIds"},
        "SecurityGroup": {"Ref": "FirewallJobGroupIdsFill"},
        "CapacityProvider": "FARGATE_SPOT",
        "LogGroup": {"Ref": "JobFillMigrationLogGroupName"},
    }
    assert (migration["DeletionPolicy"], migration["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_job_is_there_first_then_the_function_then_the_service() -> None:
    root = templates(migrate="fill")["root"]["Resources"]
    assert "JobFill" in set(names(root["Migrations"]))
    assert {"JobFill", "Migrations"} <= set(names(root["ServiceWeb"]))
    assert {"JobFill", "JobReport", "Migrations"}.isdisjoint(names(root["ServiceApi"]))


def test_the_function_may_run_the_jobs_that_migrate_and_no_others() -> None:
    migrations = templates(migrate="fill")["migrations"]
    (policy,) = migrations["Resources"]["MigrateRole"]["Properties"]["Policies"]
    run, _, hand, *_ = policy["PolicyDocument"]["Statement"]
    ecs = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    assert run["Resource"] == [{"Fn::Sub": f"{ecs}:task-definition/${{JobFillMigrationFamily}}:*"}]
    assert hand["Resource"] == [{"Ref": f"JobFillMigration{role}RoleArn"} for role in ("Execution", "Task")]
    assert not [name for name in migrations["Parameters"] if name.startswith("JobReport")]


def test_where_nobody_migrates_there_is_no_function() -> None:
    made = templates()
    assert "migrations" not in made
    assert not [name for name in made["job-fill"]["Outputs"] if name.startswith("Migration")]
