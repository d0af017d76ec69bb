"""What must hold between the parts of an environment, and between environments; one generator per rule.

A rule yields a `Complaint` for each thing that is wrong. It may rely on the types and ranges of the models, and on no
other rule.
"""

from __future__ import annotations

from tapgen.config.rules import (
    calls,
    data,
    entries,
    environments,
    images,
    ingress,
    mesh,
    names,
    network,
    paths,
    quotas,
    tasks,
    variables,
)
from tapgen.config.rules.complaint import FileRule, Rule

RULES: tuple[Rule, ...] = (
    network.vpc_size,
    network.zones_of_region,
    network.explicit_subnets,
    network.subnets_inside_vpc,
    network.subnet_sizes,
    network.subnets_overlap,
    network.computed_subnets_fit,
    network.no_nat_needs_endpoints,
    tasks.fargate_sizes,
    tasks.task_counts,
    tasks.room_to_deploy,
    tasks.target_timeout,
    tasks.container_timeout,
    tasks.grace_period,
    tasks.drain_on_spot,
    tasks.base_on_one_provider,
    tasks.weights,
    tasks.base_within_maximum,
    tasks.exec_needs_writable_root,
    paths.distinct_ports,
    paths.ports_need_port,
    paths.path_needs_port,
    paths.routing_needs_path,
    paths.path_ids,
    paths.distinct_paths,
    paths.distinct_hosts,
    paths.distinct_priorities,
    paths.reachable_paths,
    names.service_ids,
    names.secret_ids,
    names.port_ids,
    names.stack_names,
    names.discovery_names,
    names.host_names,
    names.firewall_ids,
    calls.known_callees,
    calls.no_call_to_self,
    calls.callees_have_ports,
    calls.distinct_calls,
    data.data_names,
    data.distinct_keys,
    data.types_of_keys,
    data.ttl_is_a_number,
    data.index_attributes,
    data.deleted_or_retired,
    data.deleted_unprotected,
    variables.known_secrets,
    variables.set_once,
    variables.not_reserved,
    variables.no_credentials,
    variables.no_references,
    images.repository_ids,
    images.credentials_need_image,
    images.no_nat_needs_images,
    mesh.mesh_timeouts,
    ingress.https_needs_certificate,
    ingress.hosted_zone_needs_domain,
    ingress.http_has_no_certificate,
    ingress.certificate_is_here,
    ingress.boundary_is_here,
    entries.distinct_egress,
    entries.distinct_sources,
    entries.distinct_addresses,
    entries.https_egress,
    entries.tags_not_reserved,
    quotas.listener_rules,
    quotas.target_groups,
    quotas.security_group_rules,
    quotas.template_resources,
    quotas.template_outputs,
    quotas.template_parameters,
    quotas.operation_resources,
)
"""Every rule on one environment, in the order of what it is about."""

ONCE_BUILT = (images.no_nat_needs_images,)
"""Rules that speak of images which those who make the registry, and fill it, have yet to bring."""

FILE_RULES: tuple[FileRule, ...] = (environments.environment_ids, environments.one_oidc_provider)
"""Every rule on the file as a whole."""
