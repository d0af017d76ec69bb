"""Keeps a certificate for the Envoy beside it: makes a key, has the service's signer sign a request, renews in time.

The key is made here and never leaves the task. Envoy reads the files through the link `current`: a renewal writes new
files and swaps the link, so key and certificate always belong together, and whatever fails, the old ones stay.

https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret
"""

import hashlib
import hmac
import json
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

DIRECTORY = Path(os.environ["DIRECTORY"])
ENVOY_ADMIN = os.environ["ENVOY_ADMIN"]
NAMESPACE = os.environ["METRICS_NAMESPACE"]
REGION = os.environ["AWS_REGION"]
RENEW_AFTER = float(os.environ["RENEW_AFTER"])
SERVICE = os.environ["SERVICE_NAME"]
SIGNER_URL = os.environ["SIGNER_URL"]
STALE_AFTER = float(os.environ["STALE_AFTER"])

REPORT_EVERY = float(os.environ.get("REPORT_EVERY", "60"))
FIRST_PAUSE, LONGEST_PAUSE = 1, 300

CURRENT = DIRECTORY / "current"
CERTIFICATE, KEY, AUTHORITY = CURRENT / "certificate.pem", CURRENT / "key.pem", CURRENT / "authority.pem"

TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
COUNTERS = {
    "Handshakes": r"listener\..+\.ssl\.handshake",
    "RefusedHandshakes": r"listener\..+\.ssl\.(connection_error|fail_verify_(no_cert|error|san))",
}


def main() -> None:
    """Renew when it is time, report every minute, until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the first process of a container ignores it by default
    os.umask(0o022)  # Envoy, which is another user, reads the key too; no container but these two has the volume
    if not tried("cannot begin", offer):
        sys.exit(1)
    failures, before = 0, dict[str, int]()
    tried("no first count", lambda: before.update(counted()))
    renewal, report = time.monotonic() + max(0, RENEW_AFTER - age()), time.monotonic()
    while True:
        if time.monotonic() >= renewal:
            failures = 0 if tried("no new certificate", renew) else failures + 1
            renewal = time.monotonic() + (pause(failures) if failures else RENEW_AFTER)
        if time.monotonic() >= report:
            tried("no report", lambda: log(line(before)))
            report = max(report + REPORT_EVERY, time.monotonic())
        time.sleep(max(0, min(renewal, report) - time.monotonic()))


def tried(failure: str, action: Callable[[], None]) -> bool:
    """Whether it succeeded; why not is told in one line."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 (whatever it was: the old certificate stays, and the next attempt comes)
        log(" ".join(f"{SERVICE}: {failure}: {type(error).__name__}: {error}".split()))
        return False
    return True


def log(text: str) -> None:
    """Print at once, whole."""
    os.write(1, text.encode() + b"\n")


def pause(failures: int) -> float:
    """Seconds until the next attempt: longer after each failure, and not the same for all tasks."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 (no secret)


def offer() -> None:
    """Tell Envoy where to find what, and that whatever is moved into the directory means that there is more."""
    watched = {"watched_directory": {"path": str(DIRECTORY)}}
    pair = {"certificate_chain": {"filename": str(CERTIFICATE)}, "private_key": {"filename": str(KEY)}}
    trust = {"trusted_ca": {"filename": str(AUTHORITY)}}
    secrets = {"identity": {"tls_certificate": pair | watched}, "authority": {"validation_context": trust | watched}}
    for name, value in secrets.items():
        new = DIRECTORY / f".{name}"
        write(new, json.dumps({"resources": [{"@type": TYPE, "name": name, **value}]}))
        new.rename(DIRECTORY / f"{name}.yaml")


def renew() -> None:
    """Replace the key and the certificate."""
    key = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    request = openssl("req", "-new", "-key", "/dev/stdin", "-subj", f"/CN={SERVICE}", given=key)
    answer = sign(request)
    install(answer["certificate"], key, answer["authority"])
    log(f"{SERVICE}: new certificate, good for {left() / 3600:.1f} hours")


def install(certificate: str, key: str, authority: str) -> None:
    """Have the link point to new files. Those before stay for whoever is just reading them; older ones go."""
    new, link = DIRECTORY / ".new", DIRECTORY / ".current"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for path, text in (CERTIFICATE, certificate), (KEY, key), (AUTHORITY, authority):
        write(new / path.name, text)
    context = ssl.create_default_context(cafile=str(new / AUTHORITY.name))
    context.load_cert_chain(new / CERTIFICATE.name, new / KEY.name)  # fails unless they belong together
    numbers = sorted(int(path.name) for path in DIRECTORY.iterdir() if path.name.isdecimal())
    new = new.rename(DIRECTORY / str(max(numbers, default=0) + 1))
    link.unlink(missing_ok=True)
    link.symlink_to(new.name)
    link.rename(CURRENT)
    for number in numbers[:-1]:
        shutil.rmtree(DIRECTORY / str(number))


def write(path: Path, text: str) -> None:
    """Write a file that lasts."""
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def openssl(*words: str, given: str = "") -> str:
    """What `openssl` says."""
    done = subprocess.run(["openssl", *words], input=given, capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr[-500:]}")
    return done.stdout


def ask(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout: float = 5) -> Any:
    """What is answered, from JSON. A function that fails has an answer as well, and a header that says so.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    try:
        with urlopen(Request(url, body, dict(headers or {})), timeout=timeout) as answer:  # noqa: S310 (the URLs are ours)
            text, failed = answer.read(), "X-Amz-Function-Error" in answer.headers
    except HTTPError as error:
        raise RuntimeError(f"{error}: {error.read(1000).decode(errors='replace')}") from error
    if failed:
        raise RuntimeError(f"the signer failed: {text[:1000].decode(errors='replace')}")
    return json.loads(text)


def sign(request: str) -> dict[str, str]:
    """What the signer answers."""
    body = json.dumps({"request": request}).encode()
    answer: dict[str, str] = ask(
        SIGNER_URL, body, authorization(SIGNER_URL, body, credentials(), datetime.now(UTC)), 40
    )
    return answer


def credentials() -> dict[str, str]:
    """Those of the task's role.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = f"http://169.254.170.2{relative}" if relative else os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    found: dict[str, str] = ask(url, headers={"Authorization": token} if token else None)
    return found


def authorization(url: str, body: bytes, who: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The headers of a POST to Lambda, signed.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    where, moment = urlsplit(url), f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{now:%Y%m%d}/{REGION}/lambda/aws4_request"
    headers = {"content-type": "application/json", "host": where.netloc, "x-amz-date": moment}
    headers |= {"x-amz-security-token": who["Token"]}
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    request = "\n".join(["POST", quote(where.path, "/~"), "", *lines, "", names, hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = b"AWS4" + who["SecretAccessKey"].encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"AWS4-HMAC-SHA256 Credential={who['AccessKeyId']}/{scope}"
    return headers | {"authorization": f"{credential}, SignedHeaders={names}, Signature={key.hex()}"}


def age() -> float:
    """Seconds since the certificate came: the files know, so an agent that starts again does not ask for another."""
    return time.time() - CERTIFICATE.stat().st_mtime if CERTIFICATE.exists() else float("inf")


def left() -> int:
    """Seconds until the certificate ends."""
    if not CERTIFICATE.exists():
        return 0
    end = openssl("x509", "-noout", "-enddate", "-in", str(CERTIFICATE)).strip().removeprefix("notAfter=")
    return max(0, int(ssl.cert_time_to_seconds(end) - time.time()))


def line(before: dict[str, int]) -> str:
    """A line of the log that CloudWatch makes metrics of. What Envoy had counted *before* is brought up to date.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    values = {"FreshCertificates": int(age() < STALE_AFTER), "CertificateSecondsLeft": left()}
    for name, count in counted().items():
        known = before.get(name, 0)
        values[name] = count - known if count >= known else count  # an Envoy that has started again counts from zero
        before[name] = count
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Service"]], "Metrics": [{"Name": name} for name in values]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, "Service": SERVICE, **values})


def counted() -> dict[str, int]:
    """What Envoy has counted since it started; nothing if it does not answer.

    https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/stats#tls-statistics
    """
    try:
        stats = ask(f"{ENVOY_ADMIN}/stats?format=json&type=Counters&filter=ssl")["stats"]
    except (OSError, RuntimeError, ValueError):
        return {}
    return {
        metric: sum(each["value"] for each in stats if re.fullmatch(pattern, each["name"]))
        for metric, pattern in COUNTERS.items()
    }


if __name__ == "__main__":
    main()
