"""What we use of ministack and moto without their promise: another version has to be looked at."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest

pytest.importorskip("ministack")


def test_versions() -> None:
    from tapgen.localaws import engine

    assert version("ministack") == engine.VERSION
    assert version("moto") == "5.2.5"


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        ("ministack.app", "app", "scope receive send"),
        ("ministack.core.responses", "request_scope", "account_id region"),
        ("ministack.core.responses", "_account_from_sts_session", "access_key_id"),
        ("ministack.services.cloudformation.engine", "_parse_template", "template_body"),
        ("ministack.services.cloudformation.engine", "_resolve_parameters", "template provided_params previous_params"),
        ("ministack.services.cloudformation.engine", "_evaluate_conditions", "template params"),
        ("ministack.services.cloudformation.engine", "validate_template_support", "template conditions params"),
        ("ministack.services.cloudformation.engine", "_extract_deps", "resource_def all_resource_names"),
        ("ministack.services.cloudformation.engine", "_topological_sort", "resources conditions"),
        (
            "ministack.services.cloudformation.engine",
            "_resolve_refs",
            "value resources params conditions mappings stack_name stack_id",
        ),
        (
            "ministack.services.cloudformation.engine",
            "_resolve_dynamic_references",
            "value previous reuse_ssm reuse_secrets",
        ),
        ("ministack.services.cloudformation.handlers", "_required_iam_capabilities", "template"),
        ("ministack.services.cloudformation.handlers", "_missing_capabilities", "given required"),
        (
            "ministack.services.cloudformation.provisioners",
            "_provision_resource",
            "resource_type logical_id props stack_name",
        ),
        (
            "ministack.services.cloudformation.provisioners",
            "_update_resource",
            "resource_type physical_id old_props new_props stack_name logical_id old_attrs",
        ),
        (
            "ministack.services.cloudformation.provisioners",
            "_delete_resource",
            "resource_type physical_id props stack_name logical_id",
        ),
        (
            "ministack.services.cloudformation.provisioners",
            "_with_stack_tags",
            "resource_type props stack_tags stack_name stack_id logical_id",
        ),
        (
            "ministack.services.cloudformation.provisioners",
            "_custom_named_replacement_error",
            "resource_type old_props new_props physical_id",
        ),
    ],
)
def test_private_names(module: str, name: str, parameters: str) -> None:
    found = getattr(__import__(module, fromlist=[name]), name)
    assert list(inspect.signature(found).parameters) == parameters.split()


def test_moto_still_asks_for_the_service() -> None:
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

    assert callable(ApplicationAutoscalingBackend._ecs_service_exists_for_target)


def test_moto_keeps_certificate_authorities_so() -> None:
    from moto.acmpca.models import CertificateAuthority

    made = CertificateAuthority("eu-west-1", "111111111111", {}, "ROOT", {}, None)
    ours = ("usage_mode", "private_bytes", "password", "key", "certificate", "certificate_bytes", "certificate_chain")
    issued = ("issued_certificates", "issued_certificates_certificate_chains")
    known = ("arn", "status", "certificate_authority_type", "certificate_authority_configuration")
    assert [name for name in (*ours, *issued, *known) if not hasattr(made, name)] == []
