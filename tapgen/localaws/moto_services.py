"""Services that ministack lacks, answered by moto at the same address. One more of them is one more name here."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, cast

from tapgen.localaws import engine
from tapgen.localaws.engine import Application, Receive, Scope, Send

if TYPE_CHECKING:
    from moto.acmpca.models import CertificateAuthority

SERVICES = {"acm-pca", "application-autoscaling"}
"""By the name that requests are signed with."""

_ACCESS_KEY = re.compile(rb"Credential=(\d+)/")


async def application(scope: Scope, receive: Receive, send_back: Send) -> None:
    """Let moto answer; it takes the account from a header of its own."""
    headers = scope["headers"]
    key = next(
        (found[1] for name, value in headers if name == b"authorization" and (found := _ACCESS_KEY.search(value))), b""
    )
    await _moto()({**scope, "headers": [*headers, (b"x-moto-account-id", key)]}, receive, send_back)


def authority(arn: str) -> CertificateAuthority | None:
    """A certificate authority of the current account and Region as moto keeps it, with its private key."""
    from moto.acmpca.models import acmpca_backends

    return acmpca_backends[engine.account()][engine.region()].certificate_authorities.get(arn)


@cache
def _moto() -> Application:
    from hypercorn.middleware import AsyncioWSGIMiddleware
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    # moto would look for the services in its own ECS; ours are ministack's, and looked for before a request gets here.
    setattr(ApplicationAutoscalingBackend, "_ecs_service_exists_for_target", lambda *_: True)  # noqa: B010 (a method)
    return cast(
        "Application", AsyncioWSGIMiddleware(DomainDispatcherApplication(create_backend_app), max_body_size=2**20)
    )
