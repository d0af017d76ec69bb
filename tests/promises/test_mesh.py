"""Mutual TLS in production: who proves what to whom, and who says who they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tapgen.functions import source

from .contract import add, both, drop, promise, put, swap
from .envoy import LOOPBACK, Envoy, downstream, peers, shows, tls, told, versions
from .reading import BALANCED, CALLED, CALLS, PORTS, containers, rights
from .resolved import Platform, allowed, sole

ADMIN = 15300
LATEST = ("TLSv1_3", "TLSv1_3")
CONTAINERS = "service-payment/TaskDefinition/ContainerDefinitions"
TLS = "filter_chains/0/transport_socket"
IN = f"listeners/calls-8081/{TLS}"
BALANCER = f"listeners/balancer/{TLS}"
OUT = "clusters/order-8081/transport_socket"
CONTEXT = "typed_config/common_tls_context"
TRUSTED = f"{CONTEXT}/combined_validation_context"
NAMES = f"{TRUSTED}/default_validation_context/match_typed_subject_alt_names"


def identity(platform: Platform, service: str) -> str:
    """Who a service is, in its certificates."""
    return f"spiffe://microservices-{platform.name}/{service}"


def named(uri: str) -> dict[str, Any]:
    """How Envoy is told to accept a name, and whatever begins with it."""
    return {"san_type": "URI", "matcher": {"prefix": uri}}


NAMES_IN = f"{IN}/{NAMES}"


@promise(
    "mesh",
    defects=[9],
    on=["prod"],
    broken_by={
        "callers without a certificate": told("order", f"{IN}/typed_config/require_client_certificate", False),
        "callers that nobody asks for one": told("order", f"{IN}/typed_config/require_client_certificate"),
        "an older TLS": told("order", f"{IN}/{CONTEXT}/tls_params/tls_minimum_protocol_version", "TLSv1_2"),
        "no TLS": told("order", IN),
        "TLS as if it were the caller": told(
            "order",
            f"{IN}/typed_config/@type",
            "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        ),
        "certificates of any authority": told("order", f"{IN}/{TRUSTED}/validation_context_sds_secret_config"),
        "certificates of another authority": told(
            "order",
            f"{IN}/{TRUSTED}/validation_context_sds_secret_config/sds_config/path_config_source/path",
            "/etc/ssl/authority.yaml",
        ),
        "certificates that nobody checks": told(
            "order", f"{IN}/{TRUSTED}/default_validation_context/trust_chain_verification", "ACCEPT_UNTRUSTED"
        ),
        "whoever has a certificate": told("order", NAMES_IN, []),
        "a caller that nobody declared": told(
            "order", f"{NAMES_IN}/0/matcher", {"exact": "spiffe://microservices-prod/notification"}
        ),
        "a caller of another environment": told(
            "order", f"{NAMES_IN}/0/matcher", {"exact": "spiffe://microservices-dev/payment"}
        ),
        "callers whose name begins like one": told(
            "order", f"{NAMES_IN}/0", named("spiffe://microservices-prod/payment")
        ),
        "a name that is not a URI": told("order", f"{NAMES_IN}/0/san_type", "DNS"),
        "the certificate of another": told(
            "order", f"{IN}/{CONTEXT}/tls_certificate_sds_secret_configs/0/name", "authority"
        ),
        "a port at which nobody is asked": told(
            "order", "listeners/notification-8082/address/socket_address/address", "0.0.0.0"
        ),
        "a caller that does not get in": told("notification", f"listeners/calls-8082/{TLS}/{NAMES}/1"),
        "a way to somebody else": told(
            "order",
            "clusters/app-8081/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address",
            "notification",
        ),
    },
)
def test_callees_let_in_those_that_prove_to_be_declared_callers(platform: Platform) -> None:
    for name in platform.services:
        callers = {identity(platform, caller) for caller, callees in CALLS.items() if name in callees}
        envoy = Envoy(platform, name)
        balanced = BALANCED[platform.name][name]
        assert envoy.into().keys() == {balanced} | ({CALLED[platform.name][name]} if callers else set())
        for port, listener in envoy.into().items():
            assert envoy.leads_to(listener) == (LOOPBACK, PORTS[name])
            if port != balanced:
                context = downstream(listener)
                assert context.get("require_client_certificate") is True
                assert versions(context) == LATEST
                assert peers(context) == callers
                assert shows(context) == "identity"


@promise(
    "mesh",
    defects=[9],
    on=["prod"],
    broken_by={
        "calls in the clear": told("payment", OUT),
        "an older TLS": told("payment", f"{OUT}/{CONTEXT}/tls_params/tls_minimum_protocol_version", "TLSv1_2"),
        "whoever answers": told("payment", f"{OUT}/{TRUSTED}"),
        "whoever has a certificate": told("payment", f"{OUT}/{NAMES}", []),
        "the certificate of another callee": told(
            "payment", f"{OUT}/{NAMES}/0/matcher/exact", "spiffe://microservices-prod/notification"
        ),
        "one more name": told(
            "payment",
            f"{OUT}/{NAMES}",
            [
                {"san_type": "URI", "matcher": {"exact": f"spiffe://microservices-prod/{name}"}}
                for name in ("order", "payment")
            ],
        ),
        "nothing that says who calls": told("payment", f"{OUT}/{CONTEXT}/tls_certificate_sds_secret_configs", []),
        "another callee": told(
            "payment",
            "clusters/order-8081/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address",
            "notification",
        ),
        "a way out that others may take": told(
            "payment",
            "listeners/order-8081/address/socket_address/address",
            "0.0.0.0",
        ),
        "no way out": told("payment", "listeners/order-8081"),
    },
)
def test_callers_prove_who_they_are_to_those_that_prove_to_be_their_callees(platform: Platform) -> None:
    for name in platform.services:
        envoy = Envoy(platform, name)
        reached = {}
        for listener in envoy.out().values():
            context = tls(envoy.cluster(listener), "UpstreamTlsContext")
            assert versions(context) == LATEST
            assert shows(context) == "identity"
            reached[envoy.leads_to(listener)] = peers(context)
        assert reached == {(callee, PORTS[callee]): {identity(platform, callee)} for callee in CALLS[name]}


def opened(platform: Platform, group: str) -> Iterator[tuple[str, int, int]]:
    """What a security group lets in, inside it or beside: from whom, and to which ports."""
    rules = [*platform.at(group)["Properties"].get("SecurityGroupIngress", [])]
    rules += [
        each for each in platform.properties("AWS::EC2::SecurityGroupIngress").values() if each["GroupId"] == group
    ]
    for rule in rules:
        source = rule.get("SourceSecurityGroupId", rule.get("CidrIp"))
        yield source, rule.get("FromPort", 0), rule.get("ToPort", 65535)


@promise(
    "mesh",
    defects=[9, 19],
    on=["prod"],
    broken_by={
        "the service itself, past its Envoy": both(
            put("firewall/PaymentToOrder/FromPort", 8081), put("firewall/PaymentToOrder/ToPort", 8081)
        ),
        "a range with it inside": put("firewall/LoadBalancerToOrder/FromPort", 8000),
        "every port": both(drop("firewall/PaymentToOrder/FromPort"), drop("firewall/PaymentToOrder/ToPort")),
        "the service itself, by a rule of its group": put(
            "firewall/OrderGroup/SecurityGroupIngress",
            [{"IpProtocol": "tcp", "FromPort": 8081, "ToPort": 8081, "CidrIp": "10.0.0.0/16"}],
        ),
        "what Envoy is asked and told": both(
            put("firewall/PaymentToOrder/FromPort", ADMIN), put("firewall/PaymentToOrder/ToPort", ADMIN)
        ),
        "a service at the port of the load balancer, where nobody asks for a certificate": both(
            put("firewall/PaymentToOrder/FromPort", 15100), put("firewall/PaymentToOrder/ToPort", 15100)
        ),
        "an Envoy that everybody may stop": swap(f"{CONTAINERS}/envoy/Command/1", "127.0.0.1, port", "0.0.0.0, port"),
        "a load balancer in the clear": told("order", BALANCER),
        "a client that says who it is": swap(f"{CONTAINERS}/envoy/Command/1", "SANITIZE\n", "ALWAYS_FORWARD_ONLY\n"),
    },
)
def test_nobody_gets_past_an_envoy(platform: Platform) -> None:
    """Only the load balancer gets in without a certificate, at a port of its own."""
    balancer = sole(platform.only("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress")["SecurityGroups"])
    for name in platform.services:
        runs = platform.only("AWS::ECS::Service", f"service-{name}")
        group = sole(runs["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"])
        called, balanced = CALLED[platform.name][name], BALANCED[platform.name][name]
        for caller, first, last in opened(platform, group):
            port = balanced if caller == balancer else called
            assert (first, last) == (port, port)
        envoy = Envoy(platform, name)
        admin = envoy.configuration["admin"]["address"]["socket_address"]
        assert admin == {"address": LOOPBACK, "port_value": ADMIN}
        listener = envoy.into()[balanced]
        assert versions(downstream(listener)) == ("TLSv1_2", "TLSv1_3")
        manager = sole(sole(listener["filter_chains"])["filters"])["typed_config"]
        assert manager["forward_client_cert_details"] == "SANITIZE"


SIGNER = "service-payment/SignerRole/Policies/run/PolicyDocument/Statement"
ASK = "service-payment/TaskRole/Policies/certificates/PolicyDocument/Statement"
ISSUE = {"acm-pca:IssueCertificate", "acm-pca:GetCertificate"}
KIND = "arn:${AWS::Partition}:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1"


@promise(
    "mesh",
    defects=[9],
    on=["prod"],
    broken_by={
        "every function": put(f"{ASK}/0/Resource", ["*"]),
        "the signer of another": put(
            f"{ASK}/0/Resource",
            [{"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:order"}],
        ),
        "a signer that can be changed": add(f"{ASK}/0/Action", "lambda:UpdateFunctionConfiguration"),
        "tasks that issue their own": add(
            ASK,
            {
                "Effect": "Allow",
                "Action": ["acm-pca:IssueCertificate"],
                "Resource": [{"Ref": "CertificatesAuthorityArn"}],
            },
        ),
        "a signer that others may call too": put(
            "service-payment/Permission",
            {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Signer"}, "Principal": "*"}},
        ),
        "an agent that asks somebody else": swap(f"{CONTAINERS}/certificates/Environment", "${Signer}", "other"),
        "an agent that says it is another": put(f"{CONTAINERS}/certificates/Environment/SERVICE_NAME/Value", "order"),
        "who it is, in the name of another": put(
            "service-payment/Signer/Environment/Variables/IDENTITY", "spiffe://microservices-prod/order"
        ),
        "who it is, in another environment": put(
            "service-payment/Signer/Environment/Variables/IDENTITY", "spiffe://microservices-dev/payment"
        ),
        "names as the request has them": swap(
            "service-payment/Signer/Environment/Variables/TEMPLATE",
            "EndEntityCertificate_APIP",
            "EndEntityCertificate_CSRP",
        ),
        "certificates for a month": put("service-payment/Signer/Environment/Variables/DAYS", "30"),
        "a program that signs something else": swap("service-payment/Signer/Code/ZipFile", "IDENTITY}]}", "SAID}]}"),
        "certificates of any kind": drop(f"{SIGNER}/0/Condition"),
        "certificates that sign others": swap(f"{SIGNER}/0/Condition", "EndEntity", "SubordinateCA"),
        "every authority": put(f"{SIGNER}/0/Resource", ["*"]),
        "whatever else an authority does": add(f"{SIGNER}/0/Action", "acm-pca:RevokeCertificate"),
        "a signer with the role of tasks": put("service-payment/Signer/Role", {"Fn::GetAtt": ["TaskRole", "Arn"]}),
        "a role of a signer that tasks may have": put(
            "service-payment/SignerRole/AssumeRolePolicyDocument/Statement/0/Principal/Service",
            ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"],
        ),
    },
)
def test_a_service_gets_certificates_from_its_own_signer_which_says_who_it_is(platform: Platform) -> None:
    authority = "${certificates.Authority}"
    for name in platform.services:
        stack = f"service-{name}"
        assert not platform.all("AWS::Lambda::Permission", stack)
        own, execution = (rights(platform, name, role) for role in ("TaskRole", "ExecutionRole"))
        assert not any(action.startswith("acm-pca:") for action in (*own, *execution))
        assert {action for action in (*own, *execution) if action.startswith("lambda:")} == {"lambda:InvokeFunction"}
        assert own["lambda:InvokeFunction"]["Resource"] == [f"${{{stack}.Signer.Arn}}"]
        agent = {each["Name"]: each["Value"] for each in containers(platform, name)["certificates"]["Environment"]}
        functions = "https://lambda.${AWS::Region}.${AWS::URLSuffix}/2015-03-31/functions"
        assert agent["SIGNER_URL"] == f"{functions}/${{{stack}.Signer}}/invocations"
        assert agent["SERVICE_NAME"] == name
        signer = platform.only("AWS::Lambda::Function", stack)
        assert signer["Code"]["ZipFile"] == source("sign")
        assert signer["Environment"]["Variables"] == {
            "AUTHORITY": authority,
            "IDENTITY": identity(platform, name),
            "TEMPLATE": KIND,
            "DAYS": "7",
        }
        assert signer["Role"] == f"${{{stack}.SignerRole.Arn}}"
        role = platform.resource(stack, "SignerRole")["Properties"]
        assert sole(allowed(role["AssumeRolePolicyDocument"]))["Principal"] == {"Service": "lambda.amazonaws.com"}
        may = rights(platform, name, "SignerRole")
        assert set(may) == ISSUE | {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert all(may[action]["Resource"] == [authority] for action in ISSUE)
        assert may["acm-pca:IssueCertificate"].get("Condition") == {"StringEquals": {"acm-pca:TemplateArn": KIND}}


@promise(
    "mesh",
    defects=[9],
    on=["prod"],
    broken_by={
        "an authority that nobody started": drop("certificates/Activation"),
        "the certificate of something else": put("certificates/Activation/Certificate", "-----BEGIN CERTIFICATE-----"),
        "certificates that live for years": put("certificates/Authority/UsageMode", "GENERAL_PURPOSE"),
        "an authority below another": put("certificates/Authority/Type", "SUBORDINATE"),
        "a root that may sign nobody": swap("certificates/RootCertificate/TemplateArn", "RootCA", "EndEntity"),
        "an authority that goes before its services": swap(
            "root/ServiceOrder/Parameters/CertificatesAuthorityArn/Fn::GetAtt", "Certificates", "Cluster"
        ),
    },
)
def test_one_authority_of_the_environment_signs_for_a_few_days(platform: Platform) -> None:
    """Services take its ARN from its stack, which therefore is complete before them and goes after them."""
    authority = platform.only("AWS::ACMPCA::CertificateAuthority", "certificates")
    assert (authority["Type"], authority["UsageMode"]) == ("ROOT", "SHORT_LIVED_CERTIFICATE")
    root = platform.only("AWS::ACMPCA::Certificate", "certificates")
    assert root["CertificateAuthorityArn"] == "${certificates.Authority}"
    assert root["CertificateSigningRequest"] == "${certificates.Authority.CertificateSigningRequest}"
    assert root["TemplateArn"] == "arn:${AWS::Partition}:acm-pca:::template/RootCACertificate/V1"
    started = platform.only("AWS::ACMPCA::CertificateAuthorityActivation", "certificates")
    assert started == {
        "CertificateAuthorityArn": "${certificates.Authority}",
        "Certificate": "${certificates.RootCertificate.Certificate}",
        "Status": "ACTIVE",
    }
    for name in platform.services:
        given = platform.templates["root"]["Resources"][f"Service{name.title()}"]["Properties"]["Parameters"]
        assert given["CertificatesAuthorityArn"] == {"Fn::GetAtt": ["Certificates", "Outputs.AuthorityArn"]}


VOLUME = "tapgen_certificates"


@promise(
    "mesh",
    defects=[9],
    on=["prod"],
    broken_by={
        "a program that may read the key": put(
            f"{CONTAINERS}/app/MountPoints", [{"SourceVolume": VOLUME, "ContainerPath": "/certificates"}]
        ),
        "a key that outlives its task": put(
            "service-payment/TaskDefinition/Volumes/0/EFSVolumeConfiguration", {"FilesystemId": "fs-1"}
        ),
        "an Envoy that may write it": put(f"{CONTAINERS}/envoy/MountPoints/0/ReadOnly", False),
        "an agent that may not": put(f"{CONTAINERS}/certificates/MountPoints/0/ReadOnly", True),
        "an agent that writes elsewhere": put(f"{CONTAINERS}/certificates/Environment/DIRECTORY/Value", "/tmp"),
        "a key from elsewhere": put(
            f"{CONTAINERS}/envoy/Secrets", [{"Name": "KEY", "ValueFrom": {"Ref": "CertificatesAuthorityArn"}}]
        ),
        "a service before its Envoy": drop(f"{CONTAINERS}/app/DependsOn"),
        "an Envoy that nobody waits for": put(f"{CONTAINERS}/app/DependsOn/0/Condition", "START"),
        "an Envoy before its certificate": drop(f"{CONTAINERS}/envoy/DependsOn"),
        "an agent that is not started again": drop(f"{CONTAINERS}/certificates/RestartPolicy"),
        "an agent that ends its task": put(f"{CONTAINERS}/certificates/Essential", True),
    },
)
def test_the_key_is_made_in_the_task_and_never_leaves_it(platform: Platform) -> None:
    """Nothing starts before what it needs; a certificate that is still good outlives the agent that got it."""
    for name in platform.services:
        task = platform.only("AWS::ECS::TaskDefinition", f"service-{name}")
        assert task["Volumes"] == [{"Name": VOLUME}]
        beside = containers(platform, name)
        mounted = {
            title: [(each["ContainerPath"], each.get("ReadOnly", False)) for each in runs.get("MountPoints", [])]
            for title, runs in beside.items()
        }
        assert mounted == {
            "app": [],
            "envoy": [("/certificates", True)],
            "certificates": [("/certificates", False)],
        }
        assert {"Name": "DIRECTORY", "Value": "/certificates"} in beside["certificates"]["Environment"]
        assert not any("Secrets" in beside[title] for title in ("envoy", "certificates"))
        waits = {
            title: [(each["ContainerName"], each["Condition"]) for each in runs.get("DependsOn", [])]
            for title, runs in beside.items()
        }
        assert waits == {
            "app": [("envoy", "HEALTHY")],
            "envoy": [("certificates", "HEALTHY")],
            "certificates": [],
        }
        agent = beside["certificates"]
        assert (agent["Essential"], agent.get("RestartPolicy")) == (
            False,
            {"Enabled": True, "RestartAttemptPeriod": 60},
        )
