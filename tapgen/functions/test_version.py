"""Asks a new version of a service before it gets requests: by the test listener, at each address of the load balancer.

ECS calls it when the test listener leads to the new version alone. As long as an answer is wrong it has itself called
again, until the time for that is over: then ECS takes the version back, and the log says what was answered.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
"""

import http.client
import math
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import boto3

Details = dict[str, Any]
"""What the template says of a test, in `HookDetails`; its numbers may come as text."""

PAUSE = 10  # seconds until wrong answers are asked for again
HISTORY = timedelta(days=89)  # ECS tells of 90 days

EC2 = boto3.client("ec2")
ECS = boto3.client("ecs")

# The certificate is the load balancer's, whatever version answers, and may be of a private authority: it proves nothing
# here. EC2 itself says which addresses are asked, and what they are sent is no secret.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Let the version pass, have it taken back, or ask to be called again."""
    service, details = event["executionDetails"]["serviceArn"], event["hookDetails"]
    if is_first(service):
        print(f"{service}: no version was ever live, so this one passes")
        return {"hookStatus": "SUCCEEDED"}
    until = float(details.get("until", time.time() + 60 * float(details["minutes"])))
    if answers_rightly(details):
        return {"hookStatus": "SUCCEEDED"}
    left = math.ceil(until - time.time())
    if left <= 0:
        print(f"{service}: this version is taken back, for it has not answered rightly in {details['minutes']} minutes")
        return {"hookStatus": "FAILED"}
    # The next call gets these details; AWS does not say whether what the template says is still among them.
    return {"hookStatus": "IN_PROGRESS", "callBackDelay": min(PAUSE, left), "hookDetails": {**details, "until": until}}


def is_first(service: str) -> bool:
    """Whether no version was ever live: then none is protected by a test, and there is none to go back to.

    Deployments are forgotten. A service that is older than what is remembered has had one that succeeded.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/view-service-deployment.html
    """
    cluster = service.split("/")[1]
    if any(succeeded(cluster, service)):
        return False
    created: datetime = ECS.describe_services(cluster=cluster, services=[service])["services"][0]["createdAt"]
    return created > datetime.now(UTC) - HISTORY


def succeeded(cluster: str, service: str) -> Iterator[dict[str, Any]]:
    """The deployments that succeeded, as far as ECS remembers. A page may be empty, and not be the last."""
    which = {"cluster": cluster, "service": service, "status": ["SUCCESSFUL"]}
    page = ECS.list_service_deployments(**which)
    yield from page["serviceDeployments"]
    while token := page.get("nextToken"):
        page = ECS.list_service_deployments(**which, nextToken=token)
        yield from page["serviceDeployments"]


def answers_rightly(details: Details) -> bool:
    """Whether all answers of all addresses are right; prints them."""
    addresses = addresses_of(details["loadBalancer"])
    if not addresses:
        print(f"{details['loadBalancer']} has no address")
    with ThreadPoolExecutor(8) as pool:
        visits = list(pool.map(lambda where: visit(details, *where), product(addresses, details["paths"])))
    for _, answers in visits:
        print(answers)
    return bool(visits) and all(right for right, _ in visits)


def addresses_of(balancer: str) -> list[str]:
    """The private addresses of a load balancer, one for each zone or more: its name leads to public ones.

    https://repost.aws/knowledge-center/elb-find-load-balancer-ip
    """
    named = [{"Name": "description", "Values": [f"ELB {balancer}"]}]
    pages = EC2.get_paginator("describe_network_interfaces").paginate(Filters=named)
    return [interface["PrivateIpAddress"] for page in pages for interface in page["NetworkInterfaces"]]


def visit(details: Details, address: str, path: str) -> tuple[bool, str]:
    """Whether an address answers rightly as often as it is to be asked, and what it answered until it did not."""
    right, answers = True, list[str]()
    while right and len(answers) < int(details["times"]):
        right, answer = ask(details, address, path)
        answers.append(answer)
    url = f"{details['scheme']}://{details['host']}:{details['port']}{path}"
    statuses = " or ".join(str(status) for status in details["statuses"])
    verdict = "right" if right else f"wrong, wanted {statuses} within {details['seconds']} s"
    return right, f"{url} at {address}: {', '.join(answers)}: {verdict}"


def ask(details: Details, address: str, path: str) -> tuple[bool, str]:
    """Whether one answer is right, and what it is. Redirects are answers."""
    seconds = float(details["seconds"])
    headers = {"Host": details["host"], "User-Agent": "tapgen-test", "Connection": "close"}
    connection = http.client.HTTPConnection(address)
    began = time.monotonic()
    try:
        connection.sock = connected(details, address, seconds)
        began = time.monotonic()
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as answer:
            while answer.read1() and time.monotonic() - began <= seconds:
                pass
    except (OSError, http.client.HTTPException) as error:
        return False, f"{type(error).__name__}: {error} after {time.monotonic() - began:.2f} s"
    finally:
        connection.close()
    took = time.monotonic() - began
    right = answer.status in map(int, details["statuses"]) and took <= seconds
    return right, f"{answer.status} after {took:.2f} s"


def connected(details: Details, address: str, seconds: float) -> socket.socket:
    """A connection to an address, with TLS as if the name of the host had led there."""
    plain = socket.create_connection((address, int(details["port"])), seconds)
    return TLS.wrap_socket(plain, server_hostname=details["host"]) if details["scheme"] == "https" else plain
