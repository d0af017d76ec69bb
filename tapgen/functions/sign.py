"""Signs certificates for one service. IAM cannot limit the names in a request, so they are fixed here.

The tasks of the service, and nobody else, may call this. A request with names of its own is refused, and values that
the call gives come before those of the request.

https://docs.aws.amazon.com/privateca/latest/userguide/template-order-of-operations.html
"""

import base64
import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

AUTHORITY = os.environ["AUTHORITY"]
DAYS = int(os.environ["DAYS"])
IDENTITY = os.environ["IDENTITY"]
TEMPLATE = os.environ["TEMPLATE"]

LARGEST = 8192
NO_ATTRIBUTES = (0xA0, b"")  # whoever wants names or other extensions asks for them among the attributes: RFC 2986
REQUEST = re.compile(r"-----BEGIN CERTIFICATE REQUEST-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE REQUEST-----\n?")

PCA = boto3.client("acm-pca")


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """The certificate for a request, and those of the authority that signed it, up to its root."""
    arn = issue(checked(event.get("request")))
    PCA.get_waiter("certificate_issued").wait(
        CertificateAuthorityArn=AUTHORITY, CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    issued = PCA.get_certificate(CertificateAuthorityArn=AUTHORITY, CertificateArn=arn)
    until = datetime.now(UTC) + timedelta(days=DAYS)
    print(f"{IDENTITY}: certificate {arn.rpartition('/')[2]} until {until:%Y-%m-%d %H:%M} UTC")
    return {"certificate": issued["Certificate"], "authority": issued["CertificateChain"]}


def checked(request: object) -> str:
    """The request, if it looks like one; whether it is, the authority finds out."""
    if not isinstance(request, str):
        raise TypeError("the event has no request")
    if len(request) > LARGEST:
        raise ValueError(f"the request has {len(request)} characters, and may have {LARGEST}")
    found = REQUEST.fullmatch(request)
    if not found:
        raise ValueError("the request is not one certificate request in PEM")
    try:
        ((_, whole),) = parts(base64.b64decode(found[1].replace("\n", ""), validate=True))
        (_, information), _algorithm, _signature = parts(whole)
        _version, _subject, _key, attributes = parts(information)
    except (IndexError, ValueError) as error:
        raise ValueError("the request is not one certificate request in DER") from error
    if attributes != NO_ATTRIBUTES:
        raise ValueError("the request asks for names or other extensions, which are not its to choose")
    return request


def parts(der: bytes) -> list[tuple[int, bytes]]:
    """The values that stand one after the other, each with its tag. DER knows one way alone to say a length: X.690."""
    found = []
    while der:
        tag, size, start = der[0], der[1], 2
        if size >= 0x80:
            start += size - 0x80
            size = int.from_bytes(der[2:start], "big")
            if der[2] == 0 or size < 0x80:
                raise ValueError("not the shortest length")
        if len(der) < start + size:
            raise ValueError("too short")
        found.append((tag, der[start : start + size]))
        der = der[start + size :]
    return found


def issue(request: str) -> str:
    """The ARN of the certificate that the authority will have signed in a moment.

    https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html
    """
    arn: str = PCA.issue_certificate(
        CertificateAuthorityArn=AUTHORITY,
        TemplateArn=TEMPLATE,
        Csr=request.encode(),
        ApiPassthrough={
            "Subject": {"CommonName": IDENTITY.rpartition("/")[2]},
            "Extensions": {"SubjectAlternativeNames": [{"UniformResourceIdentifier": IDENTITY}]},
        },
        SigningAlgorithm="SHA256WITHECDSA",
        Validity={"Type": "DAYS", "Value": DAYS},
    )["CertificateArn"]
    return arn
