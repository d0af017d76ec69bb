"""Each rule at its border: what it refuses, where it points, and the nearest thing that it lets through."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Any

import pytest
import yaml

from tapgen.config.environment import Environment
from tapgen.config.match import Match
from tapgen.config.model import File
from tapgen.config.network import Network
from tapgen.config.priority import ANYWHERE, LAST, NAMED, WILDCARD, band, priority
from tapgen.config.rules import FILE_RULES, RULES, quotas
from tapgen.config.service import Service
from tapgen.config.subnets import subnets
from tapgen.config.workload import split_reference, url_variable
from tapgen.platform import assemble

BY_NAME = {rule.__name__: rule for rule in RULES}
FILE_BY_NAME = {rule.__name__: rule for rule in FILE_RULES}
BESIDE = "{digest: x, telemetry: true, sidecars: {b: {image: 'b:1'}}}"
ECR = "222222222222.dkr.ecr.eu-west-1.amazonaws.com/team/web:1"
SECRET = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:hub-AbCdEf"
EXISTING = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:shop/api-AbCdEf:key"
PARAMETER = "arn:aws:ssm:eu-west-1:111111111111:parameter/shop/token"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1-2"
ABROAD = EXISTING.replace("eu-west-1", "us-east-1")
THEIRS, THEIR_KEY = (arn.replace("111111111111", "222222222222") for arn in (PARAMETER, KEY))
A_ENV = "services.a.env.A"
IDENTITY = "arn:aws:ses:eu-west-1:111111111111:identity/example.com"
CHINESE = IDENTITY.replace("arn:aws:", "arn:aws-cn:")


def many_ports(count: int) -> str:
    """A service with a port and so many more."""
    ports = ", ".join(f"p{number}: {9000 + number}" for number in range(count))
    return f"b: {{port: 8080, ports: {{{ports}}}}}"


def stating(*statements: tuple[str, str]) -> str:
    """A file whose service has statements: actions, divided by commas, and a resource."""
    said = [f"{{actions: [{actions}], resources: ['{resource}']}}" for actions, resource in statements]
    return f"services: {{a: {{statements: [{', '.join(said)}]}}}}"


ARN = "arn:aws:acm:eu-west-1:111111111111:certificate/1"


def environment(text: str, **more: Any) -> Environment:
    data = {
        "platform": "shop",
        "name": "dev",
        "account": "111111111111",
        "region": "eu-west-1",
        "services": {"a": {}},
        **(yaml.safe_load(text) or {}),
        **more,
    }
    for kind in ("services", "jobs"):
        data[kind] = {name: {"name": name, **(each or {})} for name, each in data.get(kind, {}).items()}
    return Environment.model_validate(data)


def complaints(rule: str, text: str, **more: Any) -> list[str]:
    return [".".join(map(str, complaint.path)) for complaint in BY_NAME[rule](environment(text, **more))]


OWN_STACK = "{name: a, template: a.yaml, text: '', declared: {}, required: [], outputs: [Endpoint, Port], types: []}"
OVERRIDE = "layer: a, resource: R, why: a b"
VPC = "{vpc: vpc-0a1b2c3d, cidr: 10.4.0.0/16, private_subnets: [subnet-0a1b2c31]}"
LISTENER = "listener: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/x/1/2'"
BALANCER = f"{LISTENER}, security_group: sg-0a1b2c3d, dns_name: a.b.co"
NAMESPACE = "arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ns-1"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:t"
CODES = "health: {target: {status: '204'}}"
READS_D = "access: {d: [connect]}"
MESHED = "mesh: {app_mesh: '2026-09-30'}"

AT_NIGHT = "scaling: {schedule: {night: {at: 'cron(0 20 * * ? *)',"

REFUSED = [
    ("job_ids", "jobs: {b-1: {}, b1: {}}", "jobs.b1"),
    ("job_ids", "jobs: {a: {}}", "jobs.a"),
    ("image_of_service", "jobs: {b: {image_of: c}}", "jobs.b.image_of"),
    ("image_of_service", "jobs: {b: {image_of: b}}", "jobs.b.image_of"),
    ("one_image", "jobs: {b: {image_of: a, build: {}}}", "jobs.b.image_of"),
    ("one_image", "jobs: {b: {image_of: a, image: ghcr.io/a/b:1}}", "jobs.b.image_of"),
    ("same_architecture", "jobs: {b: {image_of: a, architecture: arm64}}", "jobs.b.architecture"),
    ("known_migration", "{services: {a: {migrate: c}}, jobs: {b: {}}}", "services.a.migrate"),
    ("known_migration", "services: {a: {migrate: a}}", "services.a.migrate"),
    (
        "migration_not_by_the_clock",
        "{services: {a: {migrate: b}}, jobs: {b: {schedule: rate(1 hour), enabled: false}}}",
        "services.a.migrate",
    ),
    (
        "migration_of_its_version",
        "{services: {a: {migrate: b}, c: {}}, jobs: {b: {image_of: c}}}",
        "services.a.migrate",
    ),
    ("one_service_each", "{services: {a: {migrate: b}, c: {migrate: b}}, jobs: {b: {}}}", "services.c.migrate"),
    ("fargate_sizes", "jobs: {b: {cpu: 4096}}", "jobs.b.memory"),
    (
        "exec_needs_writable_root",
        "{cluster: {exec: true}, services: {a: {read_only: false}}, jobs: {b: {}}}",
        "cluster.exec",
    ),
    ("stack_names", "{platform: " + "p" * 60 + ", jobs: {" + "j" * 50 + ": {}}}", "jobs." + "j" * 50),
    (
        "firewall_ids",
        "{services: {a: {calls: [b-group]}, b-group: {port: 1}}, jobs: {a-to-b: {}}}",
        "services.a.calls.0",
    ),
    (
        "no_nat_needs_images",
        "{network: {nat: none}, services: {a: {digest: 'sha256:1'}}, jobs: {b: {}}}",
        "jobs.b",
    ),
    ("credentials_need_image", f"jobs: {{b: {{image_credentials: {SECRET}}}}}", "jobs.b.image_credentials"),
    ("known_secrets", "jobs: {b: {secrets: {A: db.password}}}", "jobs.b.secrets.A"),
    ("set_once", "jobs: {b: {env: {A: x}, secrets: {A: db.password}}}", "jobs.b.env.A"),
    ("not_reserved", "jobs: {b: {env: {ENVIRONMENT: x}}}", "jobs.b.env.ENVIRONMENT"),
    ("no_credentials", "jobs: {b: {env: {A: AKIAIOSFODNN7EXAMPLE}}}", "jobs.b.env.A"),
    ("no_references", "jobs: {b: {command: [echo, '${ClusterName}']}}", "jobs.b.command.1"),
    (
        "distinct_egress",
        "jobs: {b: {egress: [{cidr: 0.0.0.0/0, port: 443}, {cidr: 0.0.0.0/0, port: 443}]}}",
        "jobs.b.egress.1",
    ),
    ("https_egress", "jobs: {b: {egress: []}}", "jobs.b.egress"),
    ("vpc_size", "network: {cidr: 10.0.0.0/15}", "network.cidr"),
    ("vpc_size", "network: {cidr: 10.0.0.0/29}", "network.cidr"),
    ("zones_of_region", "{region: us-west-1, network: {zones: 3}}", "network.zones"),
    ("zones_of_region", "region: us-west-1", "network.zones"),
    ("explicit_subnets", "network: {public_subnets: [10.0.0.0/24]}", "network.public_subnets network.private_subnets"),
    (
        "explicit_subnets",
        "network: {zones: 2, public_subnets: [10.0.0.0/24, 10.0.1.0/24]}",
        "network.private_subnets",
    ),
    ("subnets_inside_vpc", "network: {private_subnets: [10.1.0.0/24]}", "network.private_subnets.0"),
    ("subnets_inside_vpc", "network: {cidr: 10.0.0.0/20, public_subnets: [10.0.0.0/19]}", "network.public_subnets.0"),
    ("subnet_sizes", "network: {public_subnets: [10.0.0.0/28]}", "network.public_subnets.0"),
    ("subnet_sizes", "network: {private_subnets: [10.0.0.0/29]}", "network.private_subnets.0"),
    ("subnet_sizes", "network: {public_subnets: [10.0.0.0/15]}", "network.public_subnets.0"),
    (
        "subnets_overlap",
        "network: {public_subnets: [10.0.0.0/24], private_subnets: [10.0.0.0/25]}",
        "network.private_subnets.0",
    ),
    ("computed_subnets_fit", "network: {cidr: 10.0.0.0/20, subnet_prefix: 22}", "network.subnet_prefix"),
    ("computed_subnets_fit", "network: {cidr: 10.0.0.0/25}", "network.subnet_prefix"),
    ("no_nat_needs_endpoints", "network: {nat: none, endpoints: gateway}", "network.endpoints"),
    ("no_nat_needs_images", "network: {nat: none}", "services.a"),
    ("no_nat_needs_images", "{network: {nat: none}, services: {a: {image: 'ghcr.io/a/b:1'}}}", "services.a"),
    (
        "no_nat_needs_images",
        f"{{region: eu-west-2, network: {{nat: none}}, services: {{a: {{image: {ECR}}}}}}}",
        "services.a",
    ),
    (
        "no_nat_needs_images",
        "{network: {nat: none}, services: {a: {image: 'b:1'}}, mirrors: {tapgen.placeholder: x}}",
        "services.a",
    ),
    (
        "no_nat_needs_images",
        f"{{network: {{nat: none}}, services: {{a: {BESIDE}}}}}",
        "services.a.sidecars.b services.a.telemetry",
    ),
    ("repository_ids", "services: {web: {sidecars: {proxy: {}}}, web-proxy: {}}", "services.web-proxy"),
    ("repository_ids", "services: {a: {sidecars: {b-c: {}}}, a-b: {sidecars: {c: {}}}}", "services.a-b.sidecars.c"),
    ("repository_ids", "services: {tapgen: {}, tapgen-placeholder: {}}", "services.tapgen services.tapgen-placeholder"),
    ("built_or_taken", "services: {a: {build: {}, image: 'b:1'}}", "services.a.image"),
    (
        "no_build_credentials",
        "services: {a: {build: {args: {A: 'https://me:secret@example.com'}}}}",
        "services.a.build.args.A",
    ),
    ("credentials_need_image", f"services: {{a: {{image_credentials: {SECRET}}}}}", "services.a.image_credentials"),
    (
        "credentials_need_image",
        f"services: {{a: {{image: {ECR}, image_credentials: {SECRET}}}}}",
        "services.a.image_credentials",
    ),
    ("fargate_sizes", "services: {a: {cpu: 256}, b: {memory: 4096, cpu: 256}}", "services.b.memory"),
    ("fargate_sizes", "services: {a: {cpu: 1024, memory: 9216}}", "services.a.memory"),
    ("fargate_sizes", "services: {a: {cpu: 8192, memory: 17408}}", "services.a.memory"),
    ("fargate_sizes", "services: {a: {cpu: 32768, memory: 124928}}", "services.a.memory"),
    ("task_counts", "services: {a: {tasks: {min: 3, max: 2}}}", "services.a.tasks.min"),
    ("task_counts", "services: {a: {tasks: {max: 1}}}", "services.a.tasks.min"),
    (
        "room_to_deploy",
        "services: {a: {deployment: {max_percent: 149}}, b: {deployment: {max_percent: 149}, tasks: {min: 3}}}",
        "services.a.deployment.max_percent",
    ),
    (
        "room_to_deploy",
        "services: {a: {tasks: {min: 1}, deployment: {max_percent: 199}}}",
        "services.a.deployment.max_percent",
    ),
    (
        "room_to_deploy",
        "services: {a: {tasks: {min: 9}, deployment: {max_percent: 110, min_percent: 89}}}",
        "services.a.deployment.max_percent",
    ),
    (
        "room_to_deploy",
        f"services: {{a: {{tasks: {{min: 4}}, deployment: {{max_percent: 150}}, {AT_NIGHT} min: 1, max: 2}}}}}}}}}}",
        "services.a.deployment.max_percent",
    ),
    (
        "requests_to_move",
        "services: {a: {deployment: {strategy: canary}}, b: {port: 1, deployment: {strategy: canary}}}",
        "services.a.deployment.strategy",
    ),
    (
        "one_rule_for_colours",
        "services: {a: {port: 1, path: [/a, /b], deployment: {strategy: blue-green}}, b: {port: 1, path: [/c, /d]}}",
        "services.a.deployment.strategy",
    ),
    (
        "sessions_stay",
        "services: {a: {port: 1, path: /a, sticky: 60, deployment: {strategy: linear}}}",
        "services.a.deployment.strategy",
    ),
    (
        "colours_need_service_connect",
        "{mesh: {app_mesh: '2026-09-30'}, services: {a: {port: 1, deployment: {strategy: linear}}, b: {port: 2}}}",
        "services.a.deployment.strategy",
    ),
    (
        "tested_by_own_listener",
        (
            f"{{ingress: {{existing: {{{LISTENER}, security_group: sg-0a1b2c3d, dns_name: x.example.com}}}}, services: "
            "{a: {port: 1, path: /a, deployment: {strategy: canary}}, b: {port: 1, deployment: {strategy: canary}}}}"
        ),
        "services.a.deployment.test.enabled",
    ),
    (
        "answers_in_time",
        "services: {a: {port: 1, path: /a, deployment: {strategy: canary, test: {times: 49, seconds: 5}}}}",
        "services.a.deployment.test.times",
    ),
    (
        "deployments_end",
        "services: {a: {port: 1, deployment: {strategy: canary, bake_minutes: 1440, canary: {minutes: 541}}}}",
        "services.a.deployment",
    ),
    (
        "deployments_end",
        (
            "services: {a: {port: 1, path: /a, deployment: {strategy: linear, bake_minutes: 1440, linear: {"
            "percent: 50, minutes: 540}, test: {minutes: 1}}}}"
        ),
        "services.a.deployment",
    ),
    ("mesh_timeouts", "mesh: {request_timeout: 301}", "mesh.request_timeout"),
    ("mesh_timeouts", "mesh: {idle_timeout: 14}", "mesh.request_timeout"),
    ("room_for_proxies", "{mesh: {tls: 'on'}, services: {a: {port: 1, cpu: 256, memory: 512}}}", "services.a.cpu"),
    (
        "room_for_proxies",
        "{mesh: {tls: mutual}, services: {a: {cpu: 512, memory: 1024, calls: [b]}, b: {port: 1}}}",
        "services.a.cpu",
    ),
    (
        "room_for_proxies",
        "{mesh: {tls: mutual}, services: {a: {port: 1, path: /a, cpu: 1024, sidecars: {s: {image: 'x:1', cpu: 600}}}}}",
        "services.a.cpu",
    ),
    (
        "ports_of_proxies",
        "{mesh: {tls: mutual}, services: {a: {port: 15000, ports: {x: 15399}, health: {port: 15300}, path: /a}}}",
        "services.a.port services.a.health.port services.a.ports.x",
    ),
    ("ways_out", f"{{mesh: {{tls: mutual}}, services: {{a: {{calls: [b]}}, {many_ports(8)}}}}}", "services.a.calls"),
    (
        "ports_of_proxies",
        f"{{{MESHED}, services: {{a: {{port: 15001, health: {{port: 9901}}, path: /a}}}}}}",
        "services.a.port services.a.health.port",
    ),
    ("one_mesh", "mesh: {tls: mutual, app_mesh: '2026-09-30'}", "mesh.tls"),
    ("one_mesh", "mesh: {request_timeout: 16, app_mesh: '2026-09-30'}", "mesh.request_timeout"),
    ("app_mesh_reaches_aws", f"{{{MESHED}, network: {{nat: none}}}}", "network.nat"),
    ("name_of_gateway", f"{{{MESHED}, services: {{gateway: {{port: 1, path: /}}}}}}", "services.gateway"),
    (
        "name_of_gateway",
        f"{{{MESHED}, services: {{a: {{port: 1, path: /}}}}, jobs: {{gateway: {{}}}}, databases: {{gateway: {{}}}}}}",
        "jobs.gateway databases.gateway",
    ),
    (
        "within_app_mesh",
        f"{{{MESHED}, services: {{a: {{port: 1, path: /, protocol: grpc, sticky: 9, slow_start: 30}}}}}}",
        "services.a.protocol services.a.sticky services.a.slow_start",
    ),
    (
        "within_app_mesh",
        f"{{{MESHED}, services: {{a: {{port: 1, path: /, priority: {{/: 1}}, scaling: {{requests: 9}}}}}}}}",
        "services.a.priority services.a.scaling.requests",
    ),
    (
        "within_app_mesh",
        f"{{{MESHED}, services: {{a: {{port: 1, path: /, calls: [b], {CODES}}}, b: {{port: 1, ports: {{x: 2}}}}}}}}",
        "services.a.health.target.status services.b.ports",
    ),
    ("calls_through_envoy", f"{{{MESHED}, services: {{a: {{calls: [b]}}, b: {{port: 443}}}}}}", "services.b.port"),
    (
        "calls_through_envoy",
        f"{{{MESHED}, databases: {{d: {{}}}}, services: {{a: {{calls: [b], {READS_D}}}, b: {{port: 5432}}}}}}",
        "services.b.port",
    ),
    ("target_timeout", "services: {a: {health: {target: {timeout: 10}}}}", "services.a.health.target.timeout"),
    ("container_timeout", "services: {a: {health: {container: {interval: 5}}}}", "services.a.health.container.timeout"),
    ("success_codes", "services: {a: {health: {target: {status: '199-200'}}}}", "services.a.health.target.status"),
    (
        "success_codes",
        "services: {a: {protocol: grpc, health: {target: {status: '0,100'}}}}",
        "services.a.health.target.status",
    ),
    ("methods_stay_whole", "services: {a: {protocol: grpc, path: /x, strip_prefix: true}}", "services.a.strip_prefix"),
    (
        "http2_needs_https",
        "{ingress: {protocol: http}, services: {a: {protocol: grpc, host: a.b.co}, b: {protocol: http2, path: /}}}",
        "services.a.protocol services.b.protocol",
    ),
    ("grace_period", "services: {a: {port: 1, path: /, health: {grace: 29}}}", "services.a.health.grace"),
    ("drain_on_spot", "services: {a: {port: 1, path: /, drain: 61}}", "services.a.drain"),
    ("drain_on_spot", "services: {a: {port: 1, path: /, stop_timeout: 29}}", "services.a.drain"),
    ("base_on_one_provider", "services: {a: {capacity: {spot: {base: 1}}}}", "services.a.capacity.spot.base"),
    (
        "base_on_one_provider",
        "services: {a: {capacity: {spot: {base: 1}, on_demand: {base: 1}}}}",
        "services.a.capacity.spot.base",
    ),
    (
        "weights",
        "services: {a: {capacity: {spot: {weight: 0}, on_demand: {weight: 0}}}}",
        "services.a.capacity.spot.weight",
    ),
    ("base_within_maximum", "services: {a: {capacity: {on_demand: {base: 11}}}}", "services.a.capacity.on_demand.base"),
    ("base_within_maximum", "services: {a: {capacity: {spot: {base: 11}}}}", "services.a.capacity.spot.base"),
    ("exec_needs_writable_root", "cluster: {exec: true}", "cluster.exec"),
    (
        "task_counts",
        "services: {a: {scaling: {schedule: {n: {at: rate(1 day), min: 2, max: 1}}}}}",
        "services.a.scaling.schedule.n.min",
    ),
    ("smoke_leads_here", "services: {a: {port: 1, path: /a, smoke: {path: /ab}}}", "services.a.smoke.path"),
    ("requests_need_path", "services: {a: {port: 1, scaling: {requests: 1}}}", "services.a.scaling.requests"),
    ("known_queue", "services: {a: {scaling: {queue: {name: q}}}}", "services.a.scaling.queue.name"),
    (
        "known_queue",
        "{queues: {q: {retired: true}}, services: {a: {scaling: {queue: {name: q}}}}}",
        "services.a.scaling.queue.name",
    ),
    (
        "known_queue",
        "{queues: {q: {}}, services: {a: {access: {q: [publish]}, scaling: {queue: {name: q}}}}}",
        "services.a.scaling.queue.name",
    ),
    ("nobody_sleeps_for_ever", "services: {a: {tasks: {min: 0}}}", "services.a.tasks.min"),
    (
        "nobody_sleeps_for_ever",
        "services: {a: {port: 1, tasks: {min: 0}, scaling: {queue: {name: q}}}}",
        "services.a.tasks.min",
    ),
    ("sidecars_have_images", "services: {a: {sidecars: {b: {}, c: {image: 'c:1'}}}}", "services.a.sidecars.b"),
    ("container_names", "services: {a: {sidecars: {app: {image: 'a:1'}}}}", "services.a.sidecars.app"),
    ("container_names", "services: {a: {telemetry: true, sidecars: {telemetry: {}}}}", "services.a.sidecars.telemetry"),
    ("known_needs", "services: {a: {needs: {b: started}}}", "services.a.needs.b"),
    ("known_needs", "services: {a: {needs: {app: started}}}", "services.a.needs.app"),
    ("known_needs", "services: {a: {sidecars: {b: {needs: {b: started}}}}}", "services.a.sidecars.b.needs.b"),
    ("needs_can_be_met", "services: {a: {needs: {b: healthy}, sidecars: {b: {}}}}", "services.a.needs.b"),
    ("needs_can_be_met", "services: {a: {needs: {b: finished}, sidecars: {b: {}}}}", "services.a.needs.b"),
    ("needs_can_be_met", "services: {a: {sidecars: {b: {needs: {app: finished}}}}}", "services.a.sidecars.b.needs.app"),
    (
        "no_circle_of_needs",
        "services: {a: {needs: {b: started}, sidecars: {b: {needs: {c: started}}, c: {needs: {b: started}}}}}",
        "services.a.sidecars.b.needs",
    ),
    (
        "no_circle_of_needs",
        "services: {a: {needs: {b: started}, sidecars: {b: {needs: {app: started}}}}}",
        "services.a.needs",
    ),
    (
        "distinct_mounts",
        "services: {a: {volumes: {b: /tmp, c: /c, d: /c}}}",
        "services.a.volumes.b services.a.volumes.d",
    ),
    ("scratch_fits", "services: {a: {memory: 512, scratch: {/a: 256, /b: 256}}}", "services.a.scratch"),
    ("scratch_fits", "services: {a: {memory: 512, sidecars: {b: {scratch: {/b: 448}}}}}", "services.a.scratch"),
    ("sidecars_fit", "services: {a: {sidecars: {b: {memory: 1024}, c: {memory: 1024}}}}", "services.a.sidecars"),
    ("sidecars_fit", "services: {a: {cpu: 256, memory: 512, sidecars: {b: {cpu: 256}}}}", "services.a.sidecars"),
    ("distinct_ports", "services: {a: {port: 1, ports: {x: 1}}}", "services.a.ports.x"),
    ("distinct_ports", "services: {a: {port: 1, ports: {x: 2, y: 2}}}", "services.a.ports.y"),
    ("ports_need_port", "services: {a: {ports: {x: 1}}}", "services.a.ports"),
    ("path_needs_port", "services: {a: {path: /}}", "services.a.path"),
    (
        "routing_needs_path",
        "services: {a: {priority: {/: 1}, strip_prefix: true}}",
        "services.a.strip_prefix services.a.priority./",
    ),
    ("routing_needs_path", "services: {a: {path: [/x, /y], priority: {/z: 1, /y: 2}}}", "services.a.priority./z"),
    ("routing_needs_path", "services: {a: {host: a.example.com, strip_prefix: true}}", "services.a.strip_prefix"),
    ("path_ids", "services: {a: {path: [/x-y, /x/y]}}", "services.a.path.1"),
    ("path_ids", "services: {a: {path: [/x, /X, /x.]}}", "services.a.path.1 services.a.path.2"),
    ("distinct_paths", "services: {a: {path: /x}, b: {path: /x}}", "services.b.path.0"),
    ("distinct_paths", "services: {a: {path: [/x, /y, /x]}}", "services.a.path.2"),
    ("distinct_paths", "services: {a: {host: [a.b.co, c.b.co]}, b: {host: [d.b.co, c.b.co]}}", "services.b.host"),
    (
        "distinct_paths",
        "services: {a: {host: a.b.co, path: [/, /x]}, b: {host: a.b.co, path: [/y, /x]}}",
        "services.b.path.1",
    ),
    ("distinct_hosts", "services: {a: {host: [a.b.co, c.b.co, a.b.co]}}", "services.a.host.2"),
    (
        "distinct_priorities",
        "services: {a: {path: /x, priority: {/x: 7}}, b: {path: /y, priority: {/y: 7}}}",
        "services.b.priority./y",
    ),
    (
        "distinct_priorities",
        f"services: {{a: {{path: /x, priority: {{/x: {priority(Match('/y'))}}}}}, b: {{path: /y}}}}",
        "services.a.priority./x",
    ),
    ("reachable_paths", "services: {a: {path: /x, priority: {/x: 7}}, b: {path: /x/y}}", "services.a.priority./x"),
    ("reachable_paths", "services: {a: {path: /, priority: {/: 7}}, b: {path: /x/y}}", "services.a.priority./"),
    (
        "reachable_paths",
        "services: {a: {path: /x}, b: {path: /x/y, priority: {/x/y: 50000}}}",
        "services.a.priority./x",
    ),
    (
        "reachable_paths",
        "services: {a: {path: /x, priority: {/x: 1}}, b: {path: /x/y, host: a.b.co}}",
        "services.a.priority./x",
    ),
    (
        "reachable_paths",
        "services: {a: {host: '*.b.co', priority: {/: 1}}, b: {host: a.b.co}}",
        "services.a.priority./",
    ),
    ("reachable_paths", "services: {a: {host: '*.b.co'}, b: {host: '*.x.b.co'}}", "services.a.priority./"),
    ("service_ids", "services: {order-1: {}, order1: {}}", "services.order1"),
    ("secret_ids", "secrets: {db-1: {}, db1: {}}", "secrets.db1"),
    ("port_ids", "services: {a: {ports: {x-1: 1, x1: 2}}}", "services.a.ports.x1"),
    ("stack_names", f"{{platform: {'p' * 50}, services: {{{'s' * 53}: {{}}}}}}", f"services.{'s' * 53}"),
    ("discovery_names", f"services: {{{'s' * 60}: {{ports: {{abcd: 1}}}}}}", f"services.{'s' * 60}.ports.abcd"),
    ("discovery_names", "services: {a: {ports: {b: 1}}, a-b: {}}", "services.a.ports.b"),
    ("discovery_names", "services: {a: {ports: {b-1: 1}}, a-b1: {}}", "services.a.ports.b-1"),
    ("discovery_names", "services: {a: {ports: {b-c: 1}}, a-b: {ports: {c: 1}}}", "services.a-b.ports.c"),
    ("discovery_names", "services: {a: {ports: {a: 1}}}", "services.a.ports.a"),
    ("host_names", "services: {localhost: {}}", "services.localhost"),
    ("firewall_ids", "services: {load-balancer: {}, a: {path: /}}", "services.load-balancer"),
    ("firewall_ids", "{services: {endpoints: {}}, network: {nat: none}}", "services.endpoints"),
    (
        "firewall_ids",
        "services: {a-to-b: {calls: [c]}, a: {calls: [b-to-c]}, b-to-c: {port: 1}, c: {port: 1}}",
        "services.a.calls.0",
    ),
    (
        "firewall_ids",
        "services: {a-to-b: {calls: [c]}, a: {calls: [b]}, b: {port: 1, ports: {to-c: 2}}, c: {port: 1}}",
        "services.a.calls.0",
    ),
    ("firewall_ids", "services: {a: {calls: [b-group]}, b-group: {port: 1}, a-to-b: {}}", "services.a.calls.0"),
    ("firewall_ids", "services: {x-group: {port: 1, path: /x}, load-balancer-to-x: {}}", "services.x-group.path"),
    (
        "firewall_ids",
        "services: {a: {calls: [b]}, b: {port: 1, ports: {c-group: 2}}, a-to-b-c: {}}",
        "services.a.calls.0",
    ),
    ("firewall_ids", "services: {port80: {port: 80, path: /x}}", "services.port80.port"),
    (
        "firewall_ids",
        "services: {load-balancer: {calls: [a]}, a: {port: 80, path: /}}",
        "services.load-balancer services.load-balancer.calls.0",
    ),
    (
        "words_of_strategy",
        "services: {a: {deployment: {linear: {minutes: 5}}}}",
        "services.a.deployment.linear.minutes",
    ),
    (
        "words_of_strategy",
        "services: {a: {port: 1, deployment: {strategy: linear, canary: {percent: 5}}}}",
        "services.a.deployment.canary.percent",
    ),
    (
        "words_of_strategy",
        "services: {a: {port: 1, deployment: {strategy: blue-green, max_percent: 150}}}",
        "services.a.deployment.max_percent",
    ),
    ("smoke_needs_path", "services: {a: {port: 1, smoke: {status: 204}}}", "services.a.smoke.status"),
    ("known_callees", "services: {a: {calls: [b]}}", "services.a.calls.0"),
    ("no_call_to_self", "services: {a: {calls: [b, a]}, b: {}}", "services.a.calls.1"),
    ("callees_have_ports", "services: {a: {calls: [b]}, b: {}}", "services.a.calls.0"),
    ("distinct_calls", "services: {a: {calls: [b, b]}}", "services.a.calls.1"),
    ("data_names", "{tables: {x: {key: id}}, buckets: {x: {}}}", "buckets.x"),
    ("data_names", "{tables: {x-1: {key: id}, x1: {key: id}}}", "tables.x1"),
    ("data_names", "queues: {a: {}}", "queues.a"),
    ("distinct_keys", "tables: {x: {key: id, sort: id}}", "tables.x.sort"),
    ("distinct_keys", "tables: {x: {key: id, indexes: {all: {key: day, sort: day}}}}", "tables.x.indexes.all.sort"),
    ("types_of_keys", "tables: {x: {key: id, types: {di: number}}}", "tables.x.types.di"),
    ("ttl_is_a_number", "tables: {x: {key: id, ttl: id}}", "tables.x.ttl"),
    (
        "index_attributes",
        "tables: {x: {key: id, indexes: {all: {key: day, attributes: [id, total, total, day]}}}}",
        "tables.x.indexes.all.attributes.0 tables.x.indexes.all.attributes.2 tables.x.indexes.all.attributes.3",
    ),
    ("deleted_or_retired", "queues: {x: {retired: true, delete: true}}", "queues.x.delete"),
    ("deleted_unprotected", "queues: {x: {delete: true}}", "queues.x.delete"),
    ("deleted_unprotected", "{protect: false, buckets: {x: {delete: true, protect: true}}}", "buckets.x.delete"),
    ("known_data", "services: {a: {access: {x: [read]}}}", "services.a.access.x"),
    (
        "known_data",
        "{tables: {x: {key: id, retired: true}}, services: {a: {access: {x: [read]}}}}",
        "services.a.access.x",
    ),
    ("known_data", "{queues: {x: {delete: true}}, services: {a: {access: {x: [consume]}}}}", "services.a.access.x"),
    (
        "known_verbs",
        "{queues: {q: {}}, tables: {t: {key: id}}, services: {a: {access: {q: [read, consume], t: [publish]}}}}",
        "services.a.access.q.0 services.a.access.t.0",
    ),
    ("distinct_verbs", "services: {a: {access: {x: [read, write, read]}}}", "services.a.access.x.2"),
    (
        "known_actions",
        stating(("ses:SendMail, sess:SendEmail", IDENTITY)),
        "services.a.statements.0.actions.0 services.a.statements.0.actions.1",
    ),
    (
        "resources_of_actions",
        stating(("ses:SendEmail", "*")),
        "services.a.statements.0.resources.0",
    ),
    (
        "resources_of_actions",
        stating(("sqs:ListQueues", IDENTITY)),
        "services.a.statements.0.resources.0",
    ),
    (
        "resources_of_actions",
        stating(("iam:PassRole", "arn:aws:iam::123456789012:role/*")),
        "services.a.statements.0.resources.0",
    ),
    (
        "partition_is_here",
        stating(("ses:SendEmail", CHINESE)),
        "services.a.statements.0.resources.0",
    ),
    (
        "not_reserved",
        "{tables: {t-1: {key: id}}, services: {a: {access: {t-1: [read]}, env: {T_1_TABLE: x}}}}",
        "services.a.env.T_1_TABLE",
    ),
    (
        "distinct_variables",
        "{queues: {q: {}}, services: {a: {access: {q: [consume]}, calls: [q-queue]}, q-queue: {port: 1}}}",
        "services.a.access.q",
    ),
    ("known_references", "services: {a: {env: {A: 'x ${b.url}', B: '${b.url}'}}}", "services.a.env.A services.a.env.B"),
    ("known_references", "{queues: {q: {}}, services: {a: {env: {A: '${q.uri}'}}}}", "services.a.env.A"),
    ("known_references", "{queues: {q: {retired: true}}, services: {a: {env: {A: '${q.url}'}}}}", "services.a.env.A"),
    ("usable_references", "services: {a: {env: {A: '${b.url}'}}, b: {port: 1}}", "services.a.env.A"),
    ("usable_references", "services: {a: {port: 1, env: {A: '${a.url}'}}}", "services.a.env.A"),
    ("usable_references", "{queues: {q: {}}, services: {a: {env: {A: '${q.url}-${q.arn}'}}}}", f"{A_ENV} {A_ENV}"),
    ("capacity_order", "databases: {x: {capacity: {min: 2.5, max: 2}}}", "databases.x.capacity.min"),
    ("version_of_engine", "databases: {x: {version: 8.0.mysql_aurora.3.10.4}}", "databases.x.version"),
    ("version_of_engine", "databases: {x: {engine: mysql, version: '17.9'}}", "databases.x.version"),
    ("version_of_engine", "databases: {x: {version: '13.20'}}", "databases.x.version"),
    ("database_words", "databases: {order: {}, sel-ect: {engine: mysql}}", "databases.order databases.sel-ect"),
    ("database_words", "databases: {x: {username: postgres}}", "databases.x.username"),
    ("database_secrets", "{databases: {x: {}}, secrets: {x: {}}}", "databases.x"),
    ("known_data", "services: {a: {access: {x: [connect]}}}", "services.a.access.x"),
    ("known_data", "{databases: {x: {retired: true}}, services: {a: {access: {x: [connect]}}}}", "services.a.access.x"),
    (
        "credentials_need_access",
        "{databases: {x: {}}, services: {a: {secrets: {A: x.password}}}}",
        "services.a.secrets.A",
    ),
    ("known_secrets", "services: {a: {secrets: {A: db.password}}}", "services.a.secrets.A"),
    (
        "secrets_are_here",
        f"services: {{a: {{secrets: {{A: '{ABROAD}', B: '{THEIRS}'}}, secret_keys: ['{THEIR_KEY}']}}}}",
        "services.a.secrets.A services.a.secrets.B services.a.secret_keys.0",
    ),
    (
        "keys_have_secrets",
        f"services: {{a: {{secret_keys: ['{KEY}'], secrets: {{A: db.password}}}}}}",
        "services.a.secret_keys",
    ),
    (
        "known_secrets",
        "{databases: {x: {retired: true}}, services: {a: {secrets: {A: x.password}}}}",
        "services.a.secrets.A",
    ),
    (
        "not_reserved",
        "{databases: {x-y: {}}, services: {a: {access: {x-y: [connect]}, env: {X_Y_HOST: x, X_Y_READER_HOST: x}}}}",
        "services.a.env.X_Y_HOST services.a.env.X_Y_READER_HOST",
    ),
    ("set_once", "services: {a: {env: {A: x}, secrets: {A: db.password}}}", "services.a.env.A"),
    (
        "not_reserved",
        "services: {a: {env: {PORT: x, AWS_REGION: x, ECS_AGENT_URI: x}}}",
        "services.a.env.PORT services.a.env.AWS_REGION services.a.env.ECS_AGENT_URI",
    ),
    (
        "not_reserved",
        "services: {a: {secrets: {SERVICE_NAME: db.password, ENVIRONMENT: db.password}}}",
        "services.a.secrets.SERVICE_NAME services.a.secrets.ENVIRONMENT",
    ),
    ("not_reserved", "services: {a: {calls: [b-c], env: {B_C_URL: x}}, b-c: {}}", "services.a.env.B_C_URL"),
    (
        "not_reserved",
        "services: {a: {calls: [b], env: {B_ADMIN_URL: x, B_URL: x}}, b: {ports: {admin: 1}}}",
        "services.a.env.B_ADMIN_URL services.a.env.B_URL",
    ),
    ("no_references", "services: {a: {env: {A: 'x {{resolve:secretsmanager:db}}'}}}", "services.a.env.A"),
    (
        "no_references",
        "services: {a: {env: {A: 'in ${AWS::Region}', B: '${ClusterName}'}}}",
        "services.a.env.A services.a.env.B",
    ),
    (
        "no_references",
        "services: {a: {health: {container: {command: [echo, '${Vpc}']}}}}",
        "services.a.health.container.command.1",
    ),
    (
        "no_references",
        "services: {a: {port: 80, health: {container: {command: [echo, '{{resolve:ssm:a}}']}}}}",
        "services.a.health.container.command.1",
    ),
    ("no_credentials", "services: {a: {env: {A: AKIAIOSFODNN7EXAMPLE}}}", "services.a.env.A"),
    ("https_needs_certificate", "services: {a: {path: /}}", "ingress"),
    ("https_needs_certificate", "{services: {a: {path: /}}, ingress: {domain: a.example.com}}", "ingress"),
    ("hosted_zone_needs_domain", "ingress: {hosted_zone: Z1}", "ingress.hosted_zone"),
    ("http_has_no_certificate", f"ingress: {{protocol: http, certificate: '{ARN}'}}", "ingress.certificate"),
    ("http_has_no_certificate", "ingress: {protocol: http, hosted_zone: Z1}", "ingress.hosted_zone"),
    ("certificate_is_here", f"ingress: {{certificate: '{ARN.replace('eu', 'us')}'}}", "ingress.certificate"),
    ("certificate_is_here", f"ingress: {{certificate: '{ARN.replace('1' * 12, '2' * 12)}'}}", "ingress.certificate"),
    (
        "certificate_is_here",
        f"ingress: {{certificates: ['{ARN}', 'arn:aws:acm:us-east-1:111111111111:certificate/1']}}",
        "ingress.certificates.1",
    ),
    (
        "distinct_certificates",
        f"ingress: {{certificate: '{ARN}', certificates: ['{ARN}', '{ARN}2', '{ARN}2']}}",
        "ingress.certificates.0 ingress.certificates.2",
    ),
    (
        "hosts_in_zone",
        "{ingress: {hosted_zone: Z1, domain: a.example.com}, services: {a: {host: [b.example.com, c.example.org]}}}",
        "services.a.host.1",
    ),
    (
        "hosts_in_zone",
        "ingress: {hosted_zone: Z1, domain: a.b.co, redirects: [{host: '*.c.co', to_host: a.b.co}]}",
        "ingress.redirects.0.host.0",
    ),
    (
        "host_ids",
        "{ingress: {hosted_zone: Z1, domain: b.co}, services: {a: {host: x-y.b.co}, b: {host: x.y.b.co}}}",
        "ingress.hosted_zone",
    ),
    (
        "redirect_ids",
        "ingress: {redirects: [{path: /x-y, to_path: /a}, {path: /x/y, to_path: /b}]}",
        "ingress.redirects.1",
    ),
    ("redirects_lead_elsewhere", "ingress: {redirects: [{path: /x, to_path: /x/y}]}", "ingress.redirects.0"),
    ("redirects_lead_elsewhere", "ingress: {redirects: [{path: /x}]}", "ingress.redirects.0"),
    ("redirects_lead_elsewhere", "ingress: {redirects: [{to_host: a.b.co}]}", "ingress.redirects.0"),
    ("redirects_lead_elsewhere", "ingress: {redirects: [{path: /, to_path: /x}]}", "ingress.redirects.0"),
    (
        "redirects_lead_elsewhere",
        "ingress: {redirects: [{host: '*.b.co', to_host: a.b.co}]}",
        "ingress.redirects.0",
    ),
    ("only_of_what_is_made", f"network: {{nat: per-az, existing: {VPC}}}", "network.nat"),
    ("only_of_what_is_made", f"network: {{endpoints: gateway, existing: {VPC}}}", "network.endpoints"),
    (
        "only_of_what_is_made",
        f"ingress: {{existing: {{{BALANCER}}}, waf: {{enabled: true}}, certificate: '{ARN}', allow: [10.0.0.0/8]}}",
        "ingress.certificate ingress.allow ingress.waf",
    ),
    (
        "only_of_what_is_made",
        f"cluster: {{existing: {{name: c, namespace: '{NAMESPACE}'}}, exec: true, insights: enabled}}",
        "cluster.insights cluster.exec",
    ),
    (
        "only_of_what_is_made",
        f"{{alerts: {{topic: '{TOPIC}', email: [a@b.co]}}, keys: {{alerts: '{KEY}'}}}}",
        "alerts.email keys.alerts",
    ),
    (
        "existing_is_here",
        f"{{region: us-east-1, ingress: {{existing: {{{BALANCER}}}}}, alerts: {{topic: '{TOPIC}'}}}}",
        "ingress.existing.listener alerts.topic",
    ),
    (
        "existing_is_here",
        f"{{account: '222222222222', cluster: {{existing: {{name: c, namespace: '{NAMESPACE}'}}}}}}",
        "cluster.existing.namespace",
    ),
    ("existing_is_here", "keys: {logs: 'arn:aws:kms:eu-west-2:111111111111:key/1'}", "keys.logs"),
    ("balancer_needs_its_network", f"ingress: {{existing: {{{BALANCER}}}}}", "ingress.existing"),
    (
        "balancer_needs_two_zones",
        f"{{network: {{existing: {VPC}}}, services: {{a: {{path: /}}}}}}",
        "network.existing.public_subnets",
    ),
    (
        "distinct_subnets",
        f"network: {{existing: {VPC.replace('c31]', 'c31, subnet-0a1b2c31]')}}}",
        "network.existing.private_subnets.1",
    ),
    ("record_needs_zone", f"ingress: {{hosted_zone: Z1, existing: {{{BALANCER}}}}}", "ingress.existing"),
    (
        "priorities_in_order",
        f"ingress: {{existing: {{{BALANCER}, priorities: {{first: 2, last: 1}}}}}}",
        "ingress.existing.priorities.first",
    ),
    ("boundary_is_here", "permissions_boundary: arn:aws:iam::222222222222:policy/x", "permissions_boundary"),
    (
        "distinct_egress",
        "services: {a: {egress: [{cidr: 0.0.0.0/0, port: 443}, {cidr: 0.0.0.0/0, port: 443}]}}",
        "services.a.egress.1",
    ),
    (
        "distinct_egress",
        "services: {a: {calls: [b], egress: [{cidr: 10.0.0.0/16, port: 8}]}, b: {port: 8}}",
        "services.a.egress.0",
    ),
    ("distinct_sources", "ingress: {allow: [10.0.0.0/8, 11.0.0.0/8, 10.0.0.0/8]}", "ingress.allow.2"),
    ("distinct_addresses", "alerts: {email: [a@b.c, a@b.c]}", "alerts.email.1"),
    ("distinct_addresses", "alerts: {email: [a.a@b.c, a-a@b.c]}", "alerts.email.1"),
    ("https_egress", "services: {a: {egress: []}}", "services.a.egress"),
    ("https_egress", "services: {a: {egress: [{cidr: 0.0.0.0/0, port: 80}]}}", "services.a.egress"),
    ("https_egress", "services: {a: {egress: [{cidr: 10.0.0.0/8, port: 443}]}}", "services.a.egress"),
    (
        "tags_not_reserved",
        "tags: {Environment: x, Service: x, ManagedBy: x, 'AWS:x': x}",
        "tags.Environment tags.Service tags.ManagedBy tags.AWS:x",
    ),
    ("set_or_remove", f"overrides: [{{{OVERRIDE}, path: A}}]", "overrides.0"),
    (
        "set_or_remove",
        f"overrides: [{{{OVERRIDE}, path: A, set: 1, remove: true}}]",
        "overrides.0.remove",
    ),
    (
        "distinct_overrides",
        f"overrides: [{{{OVERRIDE}, path: A, set: 1}}, {{{OVERRIDE}, path: A, set: 2}}]",
        "overrides.1.path",
    ),
    ("own_stack_names", f"stacks: {{a-1: {OWN_STACK}, a1: {OWN_STACK}}}", "stacks.a1"),
    ("own_stack_names", f"stacks: {{a: {OWN_STACK}}}", "stacks.a"),
    ("own_stack_names", f"{{tables: {{t: {{key: id}}}}, stacks: {{t: {OWN_STACK}}}}}", "stacks.t"),
    (
        "known_references",
        f"{{stacks: {{x: {OWN_STACK}}}, services: {{a: {{env: {{A: 'at ${{x.Prt}}'}}}}}}}}",
        "services.a.env.A",
    ),
]

ACCEPTED = [
    (
        "answers_in_time",
        "services: {a: {port: 1, path: /a, deployment: {strategy: canary, test: {times: 48, seconds: 5}}}}",
    ),
    (
        "room_to_deploy",
        "services: {a: {deployment: {max_percent: 150}}, b: {deployment: {max_percent: 134}, tasks: {min: 3}}}",
    ),
    ("words_of_strategy", "services: {a: {port: 1, deployment: {strategy: canary, canary: {percent: 5}, linear: {}}}}"),
    ("words_of_strategy", "services: {a: {deployment: {max_percent: 150, min_percent: 50}}}"),
    ("smoke_needs_path", "services: {a: {port: 1, host: a.example.com, smoke: {status: 204}}, b: {smoke: {}}}"),
    ("room_to_deploy", "services: {a: {tasks: {min: 1}, deployment: {max_percent: 100, min_percent: 0}}}"),
    ("room_to_deploy", "services: {a: {tasks: {min: 10}, deployment: {max_percent: 100, min_percent: 90}}}"),
    ("room_to_deploy", "services: {a: {port: 1, deployment: {max_percent: 100, strategy: canary}}}"),
    (
        "room_to_deploy",
        f"services: {{a: {{tasks: {{min: 4}}, deployment: {{max_percent: 125}}, {AT_NIGHT} min: 0, max: 0}}}}}}}}}}",
    ),
    ("requests_to_move", "services: {a: {}, b: {port: 1, deployment: {strategy: canary}}}"),
    (
        "one_rule_for_colours",
        (
            "services: {a: {port: 1, path: /a, host: [a.co, b.co], deployment: {strategy: blue-green}}, "
            "b: {port: 1, path: [/c, /d]}}"
        ),
    ),
    ("sessions_stay", "services: {a: {port: 1, path: /a, sticky: 60, deployment: {strategy: blue-green}}}"),
    ("colours_need_service_connect", "{mesh: {app_mesh: '2026-09-30'}, services: {a: {port: 1}}}"),
    (
        "tested_by_own_listener",
        (
            f"{{ingress: {{existing: {{{LISTENER}, security_group: sg-0a1b2c3d, dns_name: x.example.com}}}}, services: "
            "{a: {port: 1, path: /a, deployment: {strategy: canary, test: {enabled: false}}}}}"
        ),
    ),
    (
        "deployments_end",
        (
            "services: {a: {port: 1, path: /a, deployment: {strategy: linear, bake_minutes: 1440, "
            "linear: {percent: 50, minutes: 535}}}, "
            "b: {port: 1, deployment: {strategy: canary, bake_minutes: 1440, canary: {minutes: 540}}}}"
        ),
    ),
    ("known_references", f"{{stacks: {{x: {OWN_STACK}}}, services: {{a: {{env: {{A: '${{x.Port}}'}}}}}}}}"),
    ("job_ids", "jobs: {b-1: {}, b-2: {}}"),
    ("image_of_service", "jobs: {b: {image_of: a}, c: {}}"),
    ("one_image", "{services: {a: {image: ghcr.io/a/b:1}}, jobs: {b: {image_of: a, image: ghcr.io/a/b:1}}}"),
    (
        "same_architecture",
        "{services: {a: {architecture: arm64}}, jobs: {b: {image_of: a, architecture: arm64}, c: {}}}",
    ),
    ("known_migration", "{services: {a: {migrate: b}, c: {}}, jobs: {b: {}}}"),
    (
        "migration_not_by_the_clock",
        "{services: {a: {migrate: b}}, jobs: {b: {}, c: {schedule: rate(1 hour)}}}",
    ),
    (
        "migration_of_its_version",
        "{services: {a: {migrate: b}, c: {migrate: d}, e: {}}, jobs: {b: {image_of: a}, d: {}, f: {image_of: a}}}",
    ),
    ("one_service_each", "{services: {a: {migrate: b}, c: {migrate: d}, e: {}}, jobs: {b: {}, d: {}}}"),
    ("firewall_ids", "jobs: {a-to-b: {}, b: {}}"),
    ("vpc_size", "network: {cidr: 10.0.0.0/16}"),
    ("vpc_size", "network: {cidr: 10.0.0.0/28}"),
    ("zones_of_region", "{region: us-west-1, network: {zones: 2}}"),
    ("zones_of_region", "{region: us-west-2, network: {zones: 4}}"),
    (
        "explicit_subnets",
        "network: {zones: 2, public_subnets: [1.0.0.0/24, 2.0.0.0/24], private_subnets: [3.0.0.0/24, 4.0.0.0/24]}",
    ),
    ("explicit_subnets", "network: {zones: 4}"),
    ("subnets_inside_vpc", "network: {cidr: 10.0.0.0/20, public_subnets: [10.0.15.0/24]}"),
    ("subnet_sizes", "network: {public_subnets: [10.0.0.0/27, 10.0.0.0/16], private_subnets: [10.0.0.0/28]}"),
    ("subnets_overlap", "network: {public_subnets: [10.0.0.0/25], private_subnets: [10.0.0.128/25]}"),
    ("computed_subnets_fit", "network: {cidr: 10.0.0.0/20, subnet_prefix: 23}"),
    ("computed_subnets_fit", "network: {zones: 2, cidr: 10.0.0.0/20, subnet_prefix: 22}"),
    ("computed_subnets_fit", "network: {cidr: 10.0.0.0/25, public_subnets: [10.0.0.0/28]}"),
    ("no_nat_needs_endpoints", "network: {nat: none, endpoints: interface}"),
    ("no_nat_needs_endpoints", "network: {nat: none}"),
    ("no_nat_needs_endpoints", "network: {nat: single, endpoints: gateway}"),
    ("no_nat_needs_images", "{network: {nat: none}, services: {a: {digest: 'sha256:0'}}}"),
    ("no_nat_needs_images", "{network: {nat: none}, mirrors: {tapgen.placeholder: 'sha256:0'}}"),
    ("no_nat_needs_images", f"{{network: {{nat: none}}, services: {{a: {{image: {ECR}}}}}}}"),
    (
        "no_nat_needs_images",
        f"{{network: {{nat: none}}, mirrors: {{a.b: x, tapgen.otel: x}}, services: {{a: {BESIDE}}}}}",
    ),
    (
        "repository_ids",
        "services: {web: {sidecars: {proxy: {}, api: {}}}, web-proxies: {}, api: {sidecars: {proxy: {}}}}",
    ),
    ("no_nat_needs_images", "network: {nat: single}"),
    ("repository_ids", "services: {tapgen-placeholders: {}, tap-gen: {}}"),
    ("built_or_taken", "services: {a: {build: {}}, b: {image: 'b:1'}, c: {}}"),
    ("no_build_credentials", "services: {a: {build: {args: {A: info}}}, b: {}}"),
    ("credentials_need_image", f"services: {{a: {{image: ghcr.io/a/b:1, image_credentials: {SECRET}}}}}"),
    (
        "fargate_sizes",
        "services: {a: {cpu: 256, memory: 512}, b: {cpu: 4096, memory: 30720}, c: {cpu: 32768, memory: 249856}}",
    ),
    ("fargate_sizes", "services: {a: {cpu: 8192, memory: 20480}, b: {cpu: 16384, memory: 122880}, c: {}}"),
    ("task_counts", "services: {a: {tasks: {min: 3, max: 3}}}"),
    ("mesh_timeouts", "mesh: {request_timeout: 300}"),
    ("mesh_timeouts", "mesh: {idle_timeout: 15}"),
    (
        "room_for_proxies",
        "{mesh: {tls: mutual}, services: {a: {port: 1, cpu: 256, memory: 512}, b: {path: /b, port: 2, cpu: 1024}}}",
    ),
    ("room_for_proxies", "{mesh: {tls: 'on'}, services: {a: {cpu: 256}, b: {port: 2, cpu: 512, memory: 1024}}}"),
    ("ports_of_proxies", "{mesh: {tls: 'on'}, services: {a: {port: 15000, path: /a}}}"),
    ("ports_of_proxies", "{mesh: {tls: mutual}, services: {a: {port: 14999, path: /a}, b: {port: 15000}}}"),
    ("ways_out", f"{{mesh: {{tls: mutual}}, services: {{a: {{calls: [b]}}, {many_ports(7)}}}}}"),
    ("ways_out", f"{{mesh: {{tls: 'on'}}, services: {{a: {{calls: [b]}}, {many_ports(8)}}}}}"),
    ("ports_of_proxies", f"{{{MESHED}, services: {{a: {{port: 15002, path: /a}}, b: {{port: 15000}}}}}}"),
    ("one_mesh", "mesh: {request_timeout: 15, app_mesh: '2026-09-30'}"),
    ("one_mesh", "mesh: {request_timeout: 16, tls: mutual}"),
    ("app_mesh_reaches_aws", f"{{{MESHED}, network: {{nat: single}}}}"),
    ("app_mesh_reaches_aws", "network: {nat: none}"),
    ("name_of_gateway", f"{{{MESHED}, services: {{gateway: {{port: 1}}}}}}"),
    ("name_of_gateway", "services: {gateway: {port: 1, path: /}}"),
    (
        "within_app_mesh",
        f"{{{MESHED}, services: {{a: {{port: 1, path: /}}, b: {{calls: [c]}}, c: {{port: 1, protocol: grpc}}}}}}",
    ),
    ("within_app_mesh", f"{{{MESHED}, services: {{a: {{port: 1, ports: {{x: 2}}}}}}}}"),
    ("within_app_mesh", "services: {a: {port: 1, path: /, protocol: grpc, ports: {x: 2}}}"),
    ("calls_through_envoy", f"{{{MESHED}, services: {{a: {{calls: [b]}}, b: {{port: 5432}}, c: {{port: 443}}}}}}"),
    ("calls_through_envoy", "services: {a: {calls: [b]}, b: {port: 443}}"),
    ("target_timeout", "services: {a: {health: {target: {timeout: 9}}}}"),
    ("container_timeout", "services: {a: {health: {container: {interval: 6}}}}"),
    ("success_codes", "services: {a: {health: {target: {status: '200-299,499'}}}, b: {health: {target: {}}}}"),
    ("success_codes", "services: {a: {protocol: grpc, health: {target: {status: 0-99}}}}"),
    ("methods_stay_whole", "services: {a: {protocol: http2, path: /x, strip_prefix: true}, b: {protocol: grpc}}"),
    ("http2_needs_https", "{ingress: {protocol: http}, services: {a: {protocol: grpc}, b: {path: /}}}"),
    ("http2_needs_https", "{ingress: {hosted_zone: Z1}, services: {a: {protocol: grpc, path: /}}}"),
    ("grace_period", "services: {a: {path: /, health: {grace: 30}}, b: {health: {grace: 0}}}"),
    ("grace_period", "services: {a: {path: /, health: {grace: 0, container: {command: []}}}}"),
    ("drain_on_spot", "services: {a: {path: /, drain: 60}, b: {drain: 3600}}"),
    ("drain_on_spot", "services: {a: {path: /, drain: 3600, capacity: {spot: {weight: 0}}}}"),
    ("base_on_one_provider", "services: {a: {capacity: {spot: {base: 1}, on_demand: {base: 0}}}, b: {}}"),
    ("smoke_leads_here", "services: {a: {path: [/b, /a], smoke: {path: /a/b/}}, b: {port: 1, smoke: {path: /c}}}"),
    ("smoke_leads_here", "services: {a: {path: /, smoke: {path: /c}}, b: {host: b.co, smoke: {path: /c}}}"),
    ("requests_need_path", "services: {a: {port: 1, path: /, scaling: {requests: 1}}}"),
    ("known_queue", "{queues: {q: {}}, services: {a: {access: {q: [consume]}, scaling: {queue: {name: q}}}}}"),
    ("nobody_sleeps_for_ever", "services: {a: {tasks: {min: 0}, scaling: {queue: {name: q}}}, b: {tasks: {min: 1}}}"),
    ("sidecars_have_images", "services: {a: {sidecars: {b: {image: 'b:1'}}}}"),
    ("container_names", "services: {a: {sidecars: {telemetry: {}, b: {}}}}"),
    ("known_needs", "services: {a: {needs: {b: started}, sidecars: {b: {needs: {c: started}}, c: {}}}}"),
    ("known_needs", "services: {a: {sidecars: {b: {needs: {app: started}}}}}"),
    (
        "needs_can_be_met",
        (
            "services: {a: {needs: {b: healthy, c: finished, d: started}, "
            "sidecars: {b: {health: {command: [x]}}, c: {essential: false}, d: {needs: {app: healthy}}}}}"
        ),
    ),
    (
        "no_circle_of_needs",
        "services: {a: {needs: {b: started, c: started}, sidecars: {b: {needs: {c: started}}, c: {}}}}",
    ),
    ("distinct_mounts", "services: {a: {volumes: {b: /b, c: /c}, sidecars: {d: {volumes: {b: /b}}}}}"),
    ("scratch_fits", "services: {a: {cpu: 256, memory: 512, scratch: {/a: 511}}}"),
    ("sidecars_fit", "services: {a: {sidecars: {b: {memory: 1024, cpu: 512}, c: {memory: 1023, cpu: 511}}}}"),
    ("weights", "services: {a: {capacity: {spot: {weight: 0}}}, b: {capacity: {on_demand: {weight: 0}}}}"),
    ("base_within_maximum", "services: {a: {capacity: {on_demand: {base: 10}}}}"),
    ("exec_needs_writable_root", "{cluster: {exec: true}, services: {a: {read_only: false}}}"),
    ("exec_needs_writable_root", "services: {a: {read_only: true}}"),
    ("distinct_ports", "services: {a: {port: 1, ports: {x: 2, y: 3}}, b: {port: 1}}"),
    ("ports_need_port", "services: {a: {port: 1, ports: {x: 1}}}"),
    ("path_needs_port", "services: {a: {port: 1, path: /}}"),
    ("routing_needs_path", "services: {a: {path: /, priority: {/: 1}, strip_prefix: true}}"),
    ("routing_needs_path", "services: {a: {host: a.example.com, priority: {/: 1}}}"),
    ("path_ids", "services: {a: {path: [/, /x, /x1]}, b: {path: /X}}"),
    ("distinct_paths", "services: {a: {path: /x}, b: {path: /X}, c: {path: /x/y}}"),
    ("distinct_paths", "services: {a: {path: /x, host: a.b.co}, b: {path: /x, host: '*.b.co'}, c: {path: /x}}"),
    ("distinct_hosts", "services: {a: {host: [a.b.co, c.b.co]}, b: {host: a.b.co}}"),
    ("distinct_priorities", "services: {a: {path: /x, priority: {/x: 7}}, b: {path: /y, priority: {/y: 8}}}"),
    ("reachable_paths", "services: {a: {path: /x, priority: {/x: 7}}, b: {path: /xy}, c: {path: /}}"),
    (
        "reachable_paths",
        "services: {a: {path: [/, /x]}, b: {path: /x/y}, d: {path: /x/y/z, priority: {/x/y/z: 1}}}",
    ),
    ("reachable_paths", "services: {a: {host: '*.b.co'}, b: {host: a.b.co}, c: {path: /x}, d: {path: /}}"),
    ("reachable_paths", "services: {a: {host: a.b.co, priority: {/: 1}}, b: {host: c.b.co}, c: {path: /x}}"),
    ("service_ids", "services: {order-1: {}, order-2: {}, order1-2: {}}"),
    ("secret_ids", "secrets: {db-1: {}, db-2: {}}"),
    ("port_ids", "services: {a: {ports: {x-1: 1}}, b: {ports: {x1: 1}}}"),
    ("stack_names", f"{{platform: {'p' * 50}, services: {{{'s' * 52}: {{}}}}}}"),
    (
        "discovery_names",
        f"services: {{{'s' * 60}: {{ports: {{abc: 1}}}}, a: {{ports: {{b: 1}}}}, b: {{ports: {{a: 1}}}}}}",
    ),
    ("host_names", "services: {local-host: {}, localhost1: {}}"),
    ("firewall_ids", "services: {load: {path: /}, balancer: {}, endpoint: {}, endpoints: {}}"),
    ("firewall_ids", "services: {load-balancer: {}}"),
    ("firewall_ids", "services: {order-1: {}, order1: {}}"),
    ("firewall_ids", "services: {a: {calls: [b, c, d]}, b: {port: 1, calls: [c, a]}, c: {port: 1, ports: {x: 2}}}"),
    ("firewall_ids", "services: {port80: {port: 81, path: /x}, port81: {port: 1}}"),
    ("firewall_ids", "services: {x: {port: 80, path: /x}, y: {port: 80, path: /y}}"),
    ("known_callees", "services: {a: {calls: [b]}, b: {}}"),
    ("no_call_to_self", "services: {a: {calls: [b]}, b: {calls: [a]}}"),
    ("callees_have_ports", "services: {a: {calls: [b, unknown]}, b: {port: 1}}"),
    ("distinct_calls", "services: {a: {calls: [b]}, c: {calls: [b]}}"),
    ("data_names", "{tables: {x-1: {key: id}}, buckets: {x-2: {}}, queues: {x1-2: {}}}"),
    ("distinct_keys", "tables: {x: {key: id, sort: day, indexes: {all: {key: day, sort: id}, day: {key: day}}}}"),
    (
        "types_of_keys",
        "tables: {x: {key: id, sort: a, types: {id: binary, a: number, b: number}, indexes: {all: {key: b}}}}",
    ),
    (
        "ttl_is_a_number",
        "tables: {x: {key: id, ttl: until}, y: {key: id, sort: until, types: {until: number}, ttl: until}}",
    ),
    (
        "index_attributes",
        "tables: {x: {key: id, indexes: {all: {key: day, attributes: [total, name]}, none: {key: a}}}}",
    ),
    ("deleted_or_retired", "queues: {x: {retired: true}, y: {delete: true}}"),
    ("deleted_unprotected", "{queues: {x: {delete: true, protect: false}, y: {}}, buckets: {z: {protect: true}}}"),
    ("deleted_unprotected", "{protect: false, tables: {x: {key: id, delete: true}}}"),
    ("known_data", "{queues: {x: {}}, tables: {y: {key: id}}, services: {a: {access: {x: [read], y: [read]}}}}"),
    (
        "known_verbs",
        "{queues: {q: {}}, buckets: {b: {}}, services: {a: {access: {q: [publish], b: [read], x: [read]}}}}",
    ),
    ("distinct_verbs", "services: {a: {access: {x: [read, write], y: [read]}}}"),
    (
        "known_actions",
        stating(("ses:SendEmail, s3:getobject", IDENTITY)),
    ),
    (
        "resources_of_actions",
        stating(("ses:SendEmail", IDENTITY), ("sqs:ListQueues", "*")),
    ),
    (
        "resources_of_actions",
        stating(("iam:PassRole", "arn:aws:iam::123456789012:role/runner"), ("iam:ListRoles", "*")),
    ),
    (
        "partition_is_here",
        stating(("ses:SendEmail", IDENTITY), ("ses:SendEmail", "*")),
    ),
    (
        "distinct_variables",
        "{queues: {q: {}}, services: {a: {access: {q: [consume]}}, b: {calls: [q-queue]}, q-queue: {port: 1}}}",
    ),
    ("known_references", "{queues: {q: {}}, services: {a: {env: {A: '${q.url}/${b.host}:${b.port}'}}, b: {}}}"),
    ("known_references", "services: {a: {env: {A: '${HOME} $${b.url} ${B.url} ${b} ${.x} {b.url} ${b-.url}'}}}"),
    (
        "usable_references",
        "{queues: {q: {}}, services: {a: {access: {q: [publish]}, calls: [b], env: {A: '${q.url}${b.url}'}}, b: {}}}",
    ),
    ("capacity_order", "databases: {x: {capacity: {min: 2, max: 2}}}"),
    ("version_of_engine", "databases: {x: {}, y: {engine: mysql}, z: {version: '14.17'}}"),
    ("version_of_engine", "databases: {x: {engine: mysql, version: 8.4.mysql_aurora.8.4.7}}"),
    ("database_words", "databases: {orders: {username: order}, selection: {engine: mysql, username: app}}"),
    ("database_secrets", "{databases: {x: {}}, secrets: {y: {}}}"),
    ("known_data", "{databases: {x: {}}, services: {a: {access: {x: [connect]}}}}"),
    (
        "credentials_need_access",
        "{databases: {x: {}}, services: {a: {access: {x: [connect]}, secrets: {A: x.password}}}}",
    ),
    ("known_secrets", "{secrets: {db: {}}, services: {a: {secrets: {A: db.password}}}}"),
    ("known_secrets", "services: {a: {secrets: {A: 'secret:db.password', B: /db.password}}}"),
    (
        "secrets_are_here",
        f"services: {{a: {{secrets: {{A: '{EXISTING}', B: '{PARAMETER}', C: 'secret:x:y'}}, secret_keys: ['{KEY}']}}}}",
    ),
    ("keys_have_secrets", f"services: {{a: {{secret_keys: ['{KEY}'], secrets: {{A: /x}}}}}}"),
    ("known_secrets", "{databases: {x: {}}, services: {a: {secrets: {A: x.password}}}}"),
    ("not_reserved", "{databases: {x: {}}, services: {a: {env: {X_HOST: x}}, b: {access: {x: [connect]}}}}"),
    ("set_once", "services: {a: {env: {A: x}, secrets: {B: db.password}}, b: {env: {B: x}}}"),
    (
        "not_reserved",
        "services: {a: {env: {MY_PORT: x, AWS_X: x, ECS_X: x, B_C_URL: x, C_URL: x}, calls: [d]}, b-c: {}}",
    ),
    ("not_reserved", "services: {a: {calls: [b], env: {B_ADMIN_URL: x}}, b: {ports: {admin1: 1}}}"),
    ("no_credentials", "services: {a: {env: {A: info}}}"),
    ("no_references", "services: {a: {env: {A: '{{ mustache }} ${shell} $Vpc {Vpc}'}}}"),
    ("no_references", "services: {a: {env: {A: '${HOME} ${db.url} ${DB_HOST} ${dbUrl} ${A1}'}}}"),
    ("https_needs_certificate", "services: {a: {port: 1}}"),
    ("https_needs_certificate", "{services: {a: {path: /}}, ingress: {protocol: http}}"),
    ("https_needs_certificate", f"{{services: {{a: {{path: /}}}}, ingress: {{certificate: '{ARN}'}}}}"),
    ("https_needs_certificate", "{services: {a: {path: /}}, ingress: {hosted_zone: Z1}}"),
    ("hosted_zone_needs_domain", "ingress: {hosted_zone: Z1, domain: a.example.com}"),
    ("http_has_no_certificate", "ingress: {protocol: http, domain: a.example.com}"),
    ("certificate_is_here", f"ingress: {{certificate: '{ARN}'}}"),
    ("certificate_is_here", f"ingress: {{certificates: ['{ARN}']}}"),
    ("distinct_certificates", f"ingress: {{certificate: '{ARN}', certificates: ['{ARN}2', '{ARN}3']}}"),
    (
        "hosts_in_zone",
        "{ingress: {hosted_zone: Z1, domain: a.b.co}, services: {a: {host: [b.co, '*.b.co']}}}",
    ),
    ("hosts_in_zone", "{ingress: {domain: a.b.co}, services: {a: {host: a.c.co}}}"),
    (
        "host_ids",
        "{ingress: {hosted_zone: Z1, domain: b.co}, services: {a: {host: ['*.b.co', b.co]}, b: {host: x.b.co}}}",
    ),
    ("host_ids", "services: {a: {host: x-y.b.co}, b: {host: x.y.b.co}}"),
    (
        "redirect_ids",
        "ingress: {redirects: [{path: /x, to_path: /a}, {path: /x, exact: true, to_path: /b}, {host: '*.x.co'}]}",
    ),
    (
        "redirects_lead_elsewhere",
        "ingress: {redirects: [{path: /x, exact: true, to_path: /x/y}, {path: /a, to_path: /}]}",
    ),
    ("redirects_lead_elsewhere", "ingress: {redirects: [{path: /, exact: true, to_path: /x}]}"),
    (
        "redirects_lead_elsewhere",
        "ingress: {redirects: [{host: '*.b.co', to_host: b.co}, {host: b.co, to_host: a.co}]}",
    ),
    ("only_of_what_is_made", f"network: {{endpoints: interface, existing: {VPC}}}"),
    ("only_of_what_is_made", f"ingress: {{existing: {{{BALANCER}}}, access_logs: false, domain: a.b.co}}"),
    ("only_of_what_is_made", f"cluster: {{existing: {{name: c, namespace: '{NAMESPACE}'}}, exec: false}}"),
    ("only_of_what_is_made", f"{{alerts: {{topic: '{TOPIC}'}}, network: {{nat: single}}, cluster: {{exec: true}}}}"),
    ("existing_is_here", f"{{ingress: {{existing: {{{BALANCER}}}}}, alerts: {{topic: '{TOPIC}'}}}}"),
    ("existing_is_here", "keys: {logs: 'arn:aws:kms:eu-west-1:111111111111:key/1'}"),
    ("balancer_needs_its_network", f"{{ingress: {{existing: {{{BALANCER}}}}}, network: {{existing: {VPC}}}}}"),
    ("balancer_needs_two_zones", f"network: {{existing: {VPC}}}"),
    (
        "balancer_needs_two_zones",
        f"{{network: {{existing: {VPC}}}, services: {{a: {{path: /}}}}, ingress: {{existing: {{{BALANCER}}}}}}}",
    ),
    (
        "distinct_subnets",
        f"network: {{existing: {VPC.replace('private', 'public_subnets: [subnet-0a1b2c31], private')}}}",
    ),
    ("record_needs_zone", f"ingress: {{hosted_zone: Z1, existing: {{{BALANCER}, zone: Z2}}}}"),
    ("record_needs_zone", f"ingress: {{existing: {{{BALANCER}}}}}"),
    ("priorities_in_order", f"ingress: {{existing: {{{BALANCER}, priorities: {{first: 2, last: 2}}}}}}"),
    ("https_needs_certificate", f"{{services: {{a: {{path: /}}}}, ingress: {{existing: {{{BALANCER}}}}}}}"),
    ("zones_of_region", f"{{region: us-west-1, network: {{existing: {VPC}}}}}"),
    ("boundary_is_here", "permissions_boundary: arn:aws:iam::111111111111:policy/x"),
    ("boundary_is_here", "permissions_boundary: arn:aws:iam::aws:policy/PowerUserAccess"),
    ("distinct_egress", "services: {a: {egress: [{cidr: 0.0.0.0/0, port: 443}, {cidr: 0.0.0.0/0, port: 80}]}, b: {}}"),
    ("distinct_egress", "services: {a: {calls: [b], egress: [{cidr: 10.0.0.0/8, port: 8}]}, b: {port: 8}}"),
    ("distinct_sources", "ingress: {allow: [10.0.0.0/8, 11.0.0.0/8]}"),
    ("distinct_addresses", "alerts: {email: [a@b.c, b@b.c]}"),
    ("https_egress", "services: {a: {egress: [{cidr: 10.0.0.0/8, port: 80}, {cidr: 0.0.0.0/0, port: 443}]}}"),
    ("tags_not_reserved", "tags: {environment: x, awsome: x, 'my:aws:x': x}"),
    (
        "set_or_remove",
        f"overrides: [{{{OVERRIDE}, path: A, set: 0}}, {{{OVERRIDE}, path: B, remove: true}}]",
    ),
    (
        "distinct_overrides",
        f"overrides: [{{{OVERRIDE}, path: A, set: 1}}, {{{OVERRIDE}, path: B, set: 1}}]",
    ),
    ("own_stack_names", f"{{tables: {{t: {{key: id}}}}, stacks: {{x-1: {OWN_STACK}, x-2: {OWN_STACK}}}}}"),
]


@pytest.mark.parametrize(("rule", "text", "paths"), REFUSED)
def test_refused(rule: str, text: str, paths: str) -> None:
    assert complaints(rule, text) == paths.split()


@pytest.mark.parametrize(("rule", "text"), ACCEPTED)
def test_accepted(rule: str, text: str) -> None:
    assert complaints(rule, text) == []


FILE_REFUSED = [
    ("environment_ids", "environments: {dev-1: {}, dev1: {}}", "environments.dev1"),
    ("one_oidc_provider", "{ci: {}, environments: {a: {}, b: {region: us-east-1}}}", "ci.oidc_provider"),
    (
        "one_oidc_provider",
        "{ci: {oidc_provider: make}, environments: {a: {account: 2}, b: {}, c: {region: us-east-1}}}",
        "ci.oidc_provider",
    ),
]

FILE_ACCEPTED = [
    ("environment_ids", "environments: {dev-1: {}, dev-2: {}, dev1-2: {}}"),
    ("one_oidc_provider", "environments: {a: {}, b: {region: us-east-1}}"),
    ("one_oidc_provider", "{ci: {oidc_provider: existing}, environments: {a: {}, b: {region: us-east-1}}}"),
    ("one_oidc_provider", "{ci: {}, environments: {a: {}, b: {}, c: {account: 2, region: us-east-1}}}"),
]


def file_complaints(rule: str, text: str) -> list[str]:
    data = yaml.safe_load(text)
    for here in data["environments"].values():
        here |= {
            "account": "222222222222" if "account" in here else "1" * 12,
            "region": here.get("region", "eu-west-1"),
        }
    if "ci" in data:
        data["ci"]["repository"] = "example/shop"
    file = File.model_validate({"name": "shop", "services": {"a": {}}, **data})
    return [".".join(map(str, complaint.path)) for complaint in FILE_BY_NAME[rule](file)]


@pytest.mark.parametrize(("rule", "text", "paths"), FILE_REFUSED)
def test_refused_file(rule: str, text: str, paths: str) -> None:
    assert file_complaints(rule, text) == paths.split()


@pytest.mark.parametrize(("rule", "text"), FILE_ACCEPTED)
def test_accepted_file(rule: str, text: str) -> None:
    assert file_complaints(rule, text) == []


def public(count: int, ports: int = 1) -> dict[str, Any]:
    return {f"s{n}": {"port": 80 + n % ports, "path": f"/s{n}"} for n in range(count)}


def coloured(count: int) -> dict[str, Any]:
    return {name: service | {"deployment": {"strategy": "canary"}} for name, service in public(count).items()}


def hosted(count: int) -> dict[str, Any]:
    return {f"s{n}": {"port": 80, "host": f"h{n}.b.co"} for n in range(count)}


def workers(count: int) -> dict[str, Any]:
    return {f"s{n}": {} for n in range(count)}


def called(count: int) -> dict[str, Any]:
    return {"hub": {"port": 1}} | {f"s{n}": {"calls": ["hub"]} for n in range(count)}


def calling(count: int) -> dict[str, Any]:
    services: dict[str, Any] = {f"s{n}": {"port": n + 1} for n in range(count)}
    return services | {"hub": {"calls": list(services)}}


def dense(count: int) -> dict[str, Any]:
    """20 services and so many calls."""
    names = [f"s{n}" for n in range(30)]
    calls = [(caller, callee) for caller in names for callee in names if caller != callee][:count]
    return {name: {"port": 1, "calls": [callee for caller, callee in calls if caller == name]} for name in names}


QUOTAS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("listener_rules", {"services": public(100)}, {"services": public(101)}, "services.s100.path.0"),
    ("listener_rules", {"services": coloured(50)}, {"services": coloured(51)}, "services.s50.path.0"),
    ("target_groups", {"services": public(100)}, {"services": public(101)}, "services.s100.path"),
    ("target_groups", {"services": coloured(50)}, {"services": coloured(51)}, "services.s50.path"),
    (
        "certificate_names",
        {"ingress": {"hosted_zone": "Z1", "domain": "a.b.co"}, "services": hosted(9)},
        {"ingress": {"hosted_zone": "Z1", "domain": "a.b.co"}, "services": hosted(10)},
        "ingress.hosted_zone",
    ),
    ("security_group_rules", {"services": public(61, 60)}, {"services": public(61, 61)}, "services.s60.port"),
    ("security_group_rules", {"services": called(60)}, {"services": called(61)}, "services.hub"),
    ("security_group_rules", {"services": calling(59)}, {"services": calling(60)}, "services.hub.calls"),
    (
        "security_group_rules",
        {"ingress": {"allow": [f"10.0.{n}.0/24" for n in range(30)]}},
        {"ingress": {"allow": [f"10.0.{n}.0/24" for n in range(31)]}},
        "ingress.allow",
    ),
    ("template_resources", {"services": dense(470)}, {"services": dense(471)}, "services"),
    ("template_outputs", {"services": workers(198)}, {"services": workers(199)}, "services"),
    ("template_outputs", {"secrets": workers(200)}, {"secrets": workers(201)}, "secrets"),
    ("template_outputs", {"queues": workers(66)}, {"queues": workers(67)}, "queues"),
    (
        "template_resources",
        {"queues": workers(66), "buckets": workers(52)},
        {"queues": workers(66), "buckets": workers(53)},
        "queues",
    ),
    (
        "template_parameters",
        {"services": {"a": {"secrets": {f"S{n}": f"s{n}.password" for n in range(160)}}}},
        {"services": {"a": {"secrets": {f"S{n}": f"s{n}.password" for n in range(161)}}}},
        "services.a.secrets",
    ),
    ("operation_resources", {"services": workers(170)}, {"services": workers(171)}, "services"),
]


@pytest.mark.parametrize(("rule", "full", "over", "path"), QUOTAS, ids=[f"{quota[0]}-{quota[3]}" for quota in QUOTAS])
def test_quotas(rule: str, full: dict[str, Any], over: dict[str, Any], path: str) -> None:
    assert complaints(rule, "", **full) == []
    assert complaints(rule, "", **over) == [path]


def test_one_hundred_services_of_which_half_are_public_are_within_every_quota() -> None:
    services = public(50) | {f"w{n}": {"calls": [f"s{n}"]} for n in range(50)}
    large = environment("ingress: {protocol: http}", services=services)
    assert [complaint for rule in RULES for complaint in rule(large)] == []


EVERYTHING = """
network: {zones: 4, endpoints: interface}
ingress: {hosted_zone: Z1, domain: shop.example.com, waf: {enabled: true}}
cluster: {exec: true}
alerts: {email: [a@example.com]}
secrets: {db: {}}
tables: {t: {key: id}}
buckets: {u: {}}
queues: {q: {}}
databases: {x: {}, y: {engine: mysql, instances: 3}}
services:
  a: {port: 80, path: /a, read_only: false, calls: [b], secrets: {A: db.password}}
  b: {port: 80, read_only: false, secrets: {A: db.password}}
  c: {read_only: false, secrets: {A: db.password}, migrate: e}
jobs:
  d: {read_only: false, schedule: rate(1 hour), secrets: {A: db.password}}
  e: {read_only: false, secrets: {A: db.password}}
"""


def test_what_is_rendered_is_within_the_estimates() -> None:
    templates = assemble(environment(EVERYTHING)).templates()
    sizes = {name: len(template["Resources"]) for name, template in templates.items()}
    services = [name for name in sizes if name.startswith("service-")]
    own = [*services, "job-d", "job-e"]
    shared = sum(sizes.values()) - sum(sizes[name] + 1 for name in own) - sizes["firewall"]
    assert 0 < shared - sizes["data"] - sizes["databases"] - 2 <= quotas.SHARED_RESOURCES
    assert sizes["databases"] <= 2 * quotas.DATABASE_RESOURCES + 1 + 3
    assert len(templates["databases"].get("Outputs", {})) <= 2 * quotas.DATABASE_OUTPUTS
    assert sizes["data"] == sum(quotas.DATA_RESOURCES.values())
    assert len(templates["data"]["Outputs"]) == sum(quotas.DATA_OUTPUTS.values())
    assert sizes["service-a"] + 1 <= quotas.PUBLIC_RESOURCES
    assert max(sizes["service-b"], sizes["service-c"]) + 1 <= quotas.PRIVATE_RESOURCES
    assert sizes["job-d"] + 1 <= quotas.JOB_RESOURCES
    assert len(templates["firewall"]["Outputs"]) <= len(own) + 2 + quotas.SHARED_GROUPS
    assert max(len(templates[name]["Parameters"]) for name in own) <= quotas.TASK_PARAMETERS + 1


def test_every_rule_is_tried_on_both_sides() -> None:
    counted = {quota[0] for quota in QUOTAS}
    assert {case[0] for case in REFUSED} | counted == set(BY_NAME) == {case[0] for case in ACCEPTED} | counted
    assert {case[0] for case in FILE_REFUSED} == set(FILE_BY_NAME) == {case[0] for case in FILE_ACCEPTED}
    assert len({*BY_NAME, *FILE_BY_NAME}) == len(RULES) + len(FILE_RULES)


def test_a_rule_of_aws_names_its_page() -> None:
    ours = {
        "requests_to_move",
        "colours_need_service_connect",
        "tested_by_own_listener",
        "explicit_subnets",
        "computed_subnets_fit",
        "task_counts",
        "base_within_maximum",
        "distinct_ports",
        "ports_need_port",
        "known_queue",
        "sidecars_have_images",
        "known_needs",
        "no_circle_of_needs",
        "distinct_mounts",
        "ports_of_proxies",
        "name_of_gateway",
        "within_app_mesh",
    }
    ours |= {
        "path_needs_port",
        "routing_needs_path",
        "smoke_leads_here",
        "path_ids",
        "distinct_paths",
        "distinct_hosts",
        "service_ids",
        "secret_ids",
        "port_ids",
        "environment_ids",
    }
    ours |= {
        "firewall_ids",
        "repository_ids",
        "built_or_taken",
        "no_build_credentials",
        "known_callees",
        "no_call_to_self",
        "callees_have_ports",
        "distinct_calls",
        "known_secrets",
    }
    ours |= {"keys_have_secrets", "known_references", "usable_references"}
    ours |= {"data_names", "deleted_or_retired", "known_data", "known_verbs", "distinct_verbs", "distinct_variables"}
    ours |= {"distinct_certificates", "host_ids", "redirect_ids"}
    ours |= {"job_ids", "image_of_service", "one_image"}
    ours |= {"known_migration", "migration_not_by_the_clock", "migration_of_its_version", "one_service_each"}
    ours |= {"only_of_what_is_made", "distinct_subnets", "priorities_in_order"}
    ours |= {"database_secrets", "credentials_need_access"}
    ours |= {"hosted_zone_needs_domain", "http_has_no_certificate", "distinct_addresses"}
    ours |= {"words_of_strategy", "smoke_needs_path"}
    ours |= {"set_or_remove", "distinct_overrides", "own_stack_names"}
    ours |= {quota[0] for quota in QUOTAS}
    silent = {
        rule.__name__ for rule in (*RULES, *FILE_RULES) if "https://docs.aws.amazon.com/" not in (rule.__doc__ or "")
    }
    assert silent == ours


def test_the_free_priority_is_free_and_equally_specific() -> None:
    text = """
        services:
          a: {path: /x, priority: {/x: 40000}}
          b: {path: /y, priority: {/y: 40000}}
          c: {path: /z, priority: {/z: 39999}}
    """
    (complaint,) = BY_NAME["distinct_priorities"](environment(text))
    found = re.search(r"`priority: {/y: (\d+)}`", complaint.hint)
    assert found
    assert int(found[1]) == 40001


@pytest.mark.parametrize(
    ("path", "segments"), [("/", 0), ("/a", 1), ("/a/b", 2), ("/a/b/c", 3), ("/a/b/c/d", 4), ("/a/b/c/d/e", 4)]
)
@pytest.mark.parametrize(
    ("hosts", "bands"),
    [((), ANYWHERE), (("a.b.co",), NAMED), (("*.b.co",), WILDCARD), (("a.b.co", "*.b.co"), WILDCARD)],
)
def test_a_more_specific_path_has_a_lower_priority(
    path: str, segments: int, hosts: tuple[str, ...], bands: tuple[range, ...]
) -> None:
    assert band(Match(path, hosts)) == bands[segments]
    assert priority(Match(path, hosts)) in bands[segments]


@pytest.mark.parametrize("among", [range(1, 1001), range(20_001, 30_001), range(7, 8)])
def test_a_range_of_priorities_keeps_the_order(among: range) -> None:
    matches = [Match(path, hosts) for hosts in ((), ("*.b.co",), ("a.b.co",)) for path in ("/", "/a", "/a/b", "/a/b/c")]
    numbers = [priority(match, among) for match in matches]
    assert numbers == sorted(numbers, reverse=True)
    assert all(number in among and number in band(match, among) for match, number in zip(matches, numbers, strict=True))


def test_bands_fill_the_priorities_and_do_not_overlap() -> None:
    every = [number for bands in (NAMED, WILDCARD, ANYWHERE) for numbers in bands[::-1] for number in numbers]
    assert every == list(range(1, LAST + 1))


def test_priorities_never_change() -> None:
    # Another number would move the listener rules of every platform that is deployed.
    paths = ("/", "/payment", "/order", "/notification", "/api/payment", "/a/b/c", "/a/b/c/d")
    assert [priority(Match(path)) for path in paths] == [50000, 42685, 48297, 38888, 23787, 20686, 20465]


def test_subnets_are_the_first_of_the_vpc_public_and_private_in_turn() -> None:
    assert subnets(Network(zones=2)) == (("10.0.0.0/24", "10.0.2.0/24"), ("10.0.1.0/24", "10.0.3.0/24"))


@pytest.mark.parametrize("zones", [2, 3])
def test_one_zone_more_leaves_the_addresses_of_the_others(zones: int) -> None:
    fewer, more = subnets(Network(zones=zones)), subnets(Network(zones=zones + 1))
    assert [tier[:zones] for tier in more] == list(fewer)
    assert [len(tier) for tier in more] == [zones + 1] * 2


def test_listed_subnets_are_taken_as_they_are() -> None:
    network = Network(public_subnets=("10.0.9.0/24",), private_subnets=("10.0.8.0/24",))
    assert subnets(network) == (("10.0.9.0/24",), ("10.0.8.0/24",))


@pytest.mark.parametrize("prefix", range(16, 28))
def test_subnets_that_fit_are_inside_the_vpc_and_apart(prefix: int) -> None:
    network = Network(cidr="10.8.0.0/16", subnet_prefix=prefix)
    found = [IPv4Network(cidr) for tier in subnets(network) for cidr in tier]
    if not complaints("computed_subnets_fit", "", network=network.model_dump()):
        assert len(set(found)) == 6
    assert all(subnet.subnet_of(IPv4Network("10.8.0.0/16")) for subnet in found)


def test_a_service_listens_under_its_own_name_and_those_of_its_ports() -> None:
    service = Service(name="order", port=80, ports={"admin": 81})
    assert list(service.listens.items()) == [("order", 80), ("admin", 81)]
    assert Service(name="worker").listens == {}
    assert service.stack == "service-order"


def test_only_services_with_a_path_or_a_host_are_public() -> None:
    assert list(environment("services: {a: {}, b: {path: /}, c: {port: 80}, d: {host: a.b.co}}").public) == ["b", "d"]


def test_a_reference_is_a_secret_and_a_part() -> None:
    assert split_reference("database-1.password") == ("database-1", "password")


def test_a_quota_names_its_page() -> None:
    (complaint,) = BY_NAME["template_outputs"](environment("", services=workers(199)))
    assert "https://docs.aws.amazon.com/" in complaint.hint


def test_the_variable_of_a_url_is_named_after_the_service() -> None:
    assert url_variable("order-items") == "ORDER_ITEMS_URL"
