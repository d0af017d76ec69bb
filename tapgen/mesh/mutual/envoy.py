"""The configuration of Envoy, from what a proxy does.

The words are Envoy's own: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapgen.config.mesh import ADMIN
from tapgen.mesh.addresses import LOOPBACK
from tapgen.mesh.mutual.proxy import Balanced, Inbound, Outbound, Proxy

Message = dict[str, Any]
"""A message of Envoy's API, as JSON spells it."""

CERTIFICATES = "/certificates"
"""Where Envoy finds what the agent writes."""

CONNECTIONS = 10_000
"""How many connections an Envoy accepts at once, and keeps to one port of a callee."""

REQUESTS_PER_CONNECTION = 100
"""Service Connect chooses a task for each connection: a new one now and then spreads calls over all tasks."""

NOT_SENT_YET = "connect-failure,refused-stream,reset-before-request"
"""When a request can be sent again whatever it does: nobody has seen it."""

LINGER = 60
"""Seconds for which whoever listens keeps an idle connection longer than whoever sends into it."""

LONGEST_IDLE = 4000
"""Seconds for which a load balancer may keep an idle connection.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
"""

UNDELIVERED = "x-undelivered"
"""The header by which the Envoy of a callee tells that of the caller that the service never saw the request: it has
stopped already, or does not listen yet."""

NOT_ANSWERED = f"{NOT_SENT_YET},reset,gateway-error"
"""When a request that changes nothing can be sent again."""

_EXTENSIONS = "type.googleapis.com/envoy.extensions"


def bootstrap(proxy: Proxy) -> Message:
    """All that Envoy needs to start."""
    listeners = [
        *(_inbound(each, proxy) for each in proxy.inbound),
        *(_balanced(each, proxy) for each in proxy.balanced),
        *(_outbound_listener(each, proxy) for each in proxy.outbound),
    ]
    apps = {(each.app_port, each.protocol) for each in proxy.inbound}
    apps |= {(each.app_port, each.protocol) for each in proxy.balanced}
    clusters = [
        *(_app(port, protocol) for port, protocol in sorted(apps)),
        *(_callee(each, proxy) for each in proxy.outbound),
    ]
    return {
        "node": {"id": proxy.service, "cluster": proxy.service},
        "admin": {"address": _address(LOOPBACK, ADMIN), "allow_paths": [{"exact": "/ready"}, {"prefix": "/stats"}]},
        "overload_manager": {"resource_monitors": [_most_connections()]},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    }


def _most_connections() -> Message:
    kind = f"{_EXTENSIONS}.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {"@type": kind, "max_active_downstream_connections": CONNECTIONS},
    }


def _inbound(inbound: Inbound, proxy: Proxy) -> Message:
    """Nobody gets in without a certificate of the platform's authority that names a service which declared the call."""
    tls = {
        **_tls("TLSv1_3", inbound.protocol),
        "combined_validation_context": _validation(inbound.callers),
    }
    name, app = f"calls-{inbound.app_port}", f"app-{inbound.app_port}"
    http = _http(
        name,
        proxy,
        inbound.protocol,
        [{**_route(app, proxy, _retries(NOT_SENT_YET)), "response_headers_to_remove": [UNDELIVERED]}],
        **_access_log(proxy, name),
        common_http_protocol_options=_kept(proxy.mesh.idle_timeout + LINGER),
        local_reply_config={"mappers": [_undelivered()]},
        forward_client_cert_details="SANITIZE_SET",
        set_current_client_cert_details={"uri": True},
    )
    address = _address("0.0.0.0", inbound.port)  # noqa: S104  # the firewall and the certificate decide who gets in
    return _listener(name, address, http, {"require_client_certificate": True, "common_tls_context": tls})


def _balanced(balanced: Balanced, proxy: Proxy) -> Message:
    """A load balancer shows no certificate, and believes any; it passes on who its client is.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """
    name = f"balancer{'-' if balanced.name else ''}{balanced.name}"
    return _listener(
        name,
        _address("0.0.0.0", balanced.port),  # noqa: S104  # the firewall lets in the load balancer alone
        _http(
            name,
            proxy,
            balanced.protocol,
            [_route(f"app-{balanced.app_port}", proxy, _retries(NOT_SENT_YET))],
            **_access_log(proxy, name),
            common_http_protocol_options=_kept(LONGEST_IDLE + LINGER),
            preserve_external_request_id=True,
            use_remote_address=True,
            xff_num_trusted_hops=1,
            skip_xff_append=True,
            forward_client_cert_details="SANITIZE",
        ),
        {"common_tls_context": _tls("TLSv1_2", balanced.protocol)},
    )


def _outbound_listener(outbound: Outbound, proxy: Proxy) -> Message:
    """Requests that change nothing are sent again where no answer came; others only where nobody has seen them."""
    name = _name(outbound)
    safe = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD|OPTIONS"}}}
    host = f"{outbound.host}:{outbound.host_port}"
    routes = [
        _route(name, proxy, _retries(NOT_ANSWERED, UNDELIVERED), headers=[safe], host_rewrite_literal=host),
        _route(name, proxy, _retries(NOT_SENT_YET, UNDELIVERED), host_rewrite_literal=host),
    ]
    return _listener(name, _address(LOOPBACK, outbound.port), _http(name, proxy, outbound.protocol, routes))


def _listener(name: str, address: Message, http: Message, downstream_tls: Message | None = None) -> Message:
    chain: Message = {"filters": [{"name": "http", "typed_config": http}]}
    if downstream_tls:
        chain["transport_socket"] = _transport_socket("DownstreamTlsContext", downstream_tls)
    return {
        "name": name,
        "address": address,
        "per_connection_buffer_limit_bytes": 32768,
        "filter_chains": [chain],
    }


def _http(name: str, proxy: Proxy, protocol: str, routes: Sequence[Message], **more: Any) -> Message:
    """Whatever has a body in HTTP/2 keeps it: a protocol is never translated."""
    return {
        "@type": f"{_EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "codec_type": "HTTP1" if protocol == "http" else "HTTP2",
        "stream_idle_timeout": f"{proxy.mesh.idle_timeout}s",
        "server_header_transformation": "PASS_THROUGH",
        **({"upgrade_configs": [{"upgrade_type": "websocket"}]} if protocol == "http" else {}),
        **more,
        "route_config": {
            "name": name,
            "virtual_hosts": [{"name": name, "domains": ["*"], "routes": list(routes)}],
        },
        "http_filters": [
            {
                "name": "router",
                "typed_config": {
                    "@type": f"{_EXTENSIONS}.filters.http.router.v3.Router",
                    "suppress_envoy_headers": True,
                },
            }
        ],
    }


def _kept(seconds: int) -> Message:
    """How long an idle connection is kept. A program may take one spelling of a header for another, so one is dropped.

    Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/best_practices/edge
    """
    return {"idle_timeout": f"{seconds}s", "headers_with_underscores_action": "DROP_HEADER"}


def _route(cluster: str, proxy: Proxy, retries: Message, headers: Sequence[Message] = (), **more: Any) -> Message:
    match: Message = {"prefix": "/"} | ({"headers": list(headers)} if headers else {})
    return {
        "match": match,
        "route": {"cluster": cluster, "timeout": f"{proxy.mesh.request_timeout}s", "retry_policy": retries, **more},
    }


def _retries(when: str, header: str = "") -> Message:
    """Twice at most, for these reasons, or where an answer has that header."""
    if not header:
        return {"retry_on": when, "num_retries": 2}
    told = [{"name": header, "present_match": True}]
    return {"retry_on": f"{when},retriable-headers", "num_retries": 2, "retriable_headers": told}


def _undelivered() -> Message:
    """Marks the answer of an Envoy that could not connect to its own service."""
    flags = {"response_flag_filter": {"flags": ["UF"]}}
    return {"filter": flags, "headers_to_add": [{"header": {"key": UNDELIVERED, "value": "true"}}]}


def _app(port: int, protocol: str) -> Message:
    """The service itself. Connections end before programs tire of them, as many do after five idle seconds."""
    return {
        "name": f"app-{port}",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": _endpoint(f"app-{port}", LOOPBACK, port),
        "circuit_breakers": _limits(),
        "typed_extension_protocol_options": _protocol(protocol, {"idle_timeout": "4s"}),
    }


def _callee(outbound: Outbound, proxy: Proxy) -> Message:
    """A callee behind Service Connect, whose names stand in `/etc/hosts`: one address, and all tasks behind it.

    Who cannot be reached five times in a row is left alone for a while, and calls fail at once.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
    """
    name = _name(outbound)
    tls = {
        **_tls("TLSv1_3", outbound.protocol),
        "combined_validation_context": _validation([outbound.identity]),
    }
    resolver = {"@type": f"{_EXTENSIONS}.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig"}
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_ONLY",
        "typed_dns_resolver_config": {"name": "envoy.network.dns_resolver.getaddrinfo", "typed_config": resolver},
        "connect_timeout": "5s",
        "load_assignment": _endpoint(name, outbound.host, outbound.host_port),
        "circuit_breakers": _limits(),
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "outlier_detection": {
            "split_external_local_origin_errors": True,
            "consecutive_local_origin_failure": 5,
            "enforcing_consecutive_5xx": 0,
            "enforcing_success_rate": 0,
            "interval": "1s",
            "base_ejection_time": "5s",
            "max_ejection_time": "5s",
            "max_ejection_percent": 100,
        },
        "typed_extension_protocol_options": _protocol(
            outbound.protocol,
            {
                "idle_timeout": f"{proxy.mesh.idle_timeout}s",
                "max_connection_duration": "60s",
                "max_requests_per_connection": REQUESTS_PER_CONNECTION,
            },
        ),
        "transport_socket": _transport_socket("UpstreamTlsContext", {"common_tls_context": tls}),
    }


def _tls(at_least: str, protocol: str) -> Message:
    """Who the service is: what the agent writes is read anew whenever it changes."""
    return {
        "tls_params": {"tls_minimum_protocol_version": at_least, "tls_maximum_protocol_version": "TLSv1_3"},
        "alpn_protocols": ["http/1.1" if protocol == "http" else "h2"],
        "tls_certificate_sds_secret_configs": [_secret("identity")],
    }


def _validation(identities: Sequence[str]) -> Message:
    """A certificate of the platform's authority, with one of these names."""
    names = [{"san_type": "URI", "matcher": {"exact": identity}} for identity in identities]
    return {
        "default_validation_context": {"match_typed_subject_alt_names": names},
        "validation_context_sds_secret_config": _secret("authority"),
    }


def _secret(name: str) -> Message:
    source = {"path_config_source": {"path": f"{CERTIFICATES}/{name}.yaml"}}
    return {"name": name, "sds_config": {"resource_api_version": "V3", **source}}


def _transport_socket(kind: str, context: Message) -> Message:
    return {
        "name": "tls",
        "typed_config": {"@type": f"{_EXTENSIONS}.transport_sockets.tls.v3.{kind}", **context},
    }


def _protocol(protocol: str, common: Message) -> Message:
    key = "http_protocol_options" if protocol == "http" else "http2_protocol_options"
    return {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": f"{_EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions",
            "common_http_protocol_options": common,
            "explicit_http_config": {key: {}},
        }
    }


def _access_log(proxy: Proxy, listener: str) -> Message:
    """Every request that the service gets, without its query, as Service Connect writes them."""
    if not proxy.mesh.access_logs:
        return {}
    fields = {
        "time": "%START_TIME%",
        "listener": listener,
        "caller": "%DOWNSTREAM_PEER_URI_SAN%",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ)%",
        "status": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "milliseconds": "%DURATION%",
        "received": "%BYTES_RECEIVED%",
        "sent": "%BYTES_SENT%",
        "request": "%REQ(X-REQUEST-ID)%",
    }
    stream = {
        "@type": f"{_EXTENSIONS}.access_loggers.stream.v3.StdoutAccessLog",
        "log_format": {"json_format": fields},
    }
    return {"access_log": [{"name": "stdout", "typed_config": stream}]}


def _limits() -> Message:
    keys = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return {"thresholds": [dict.fromkeys(keys, CONNECTIONS)]}


def _endpoint(cluster: str, host: str, port: int) -> Message:
    endpoint = {"endpoint": {"address": _address(host, port)}}
    return {"cluster_name": cluster, "endpoints": [{"lb_endpoints": [endpoint]}]}


def _address(host: str, port: int) -> Message:
    return {"socket_address": {"address": host, "port_value": port}}


def _name(outbound: Outbound) -> str:
    return f"{outbound.host}-{outbound.host_port}"
