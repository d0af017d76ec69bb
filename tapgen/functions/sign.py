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
EXTENSIONS = bytes.fromhex("06092a864886f70d01090e")  # what asks for names and other extensions begins with: RFC 2985
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
    if EXTENSIONS in base64.b64decode(found[1]):
        raise ValueError("the request asks for names or other extensions, which are not its to choose")
    return request


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
