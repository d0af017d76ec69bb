"""One registry over HTTP: manifests and blobs, read and written byte for byte.

Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPException, HTTPResponse
from typing import IO, ClassVar, TypeVar
from urllib.parse import quote, urlencode, urljoin

from tapgen.deploy.registries.credentials import Login
from tapgen.errors import TapgenError

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
IMAGES = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")

TIMEOUT = 60.0
"""Seconds without a byte after which a registry counts as gone."""

TRIES = 4
PAUSE = 0.5
"""Seconds until something is tried again; each time twice as long."""

_PASSING = (429, 500, 502, 503, 504)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')

Result = TypeVar("Result")


class RegistryError(TapgenError):
    """A registry could not be asked, or said no."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(f"error: {message}")


@dataclass(frozen=True)
class Manifest:
    """What an image consists of: its configuration and layers, or images for several architectures."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def is_index(self) -> bool:
        """Whether it names images for several architectures."""
        return self.media_type in INDEXES


@dataclass(frozen=True)
class Registry:
    """A registry, as one user may use it."""

    url: str
    """`https://` and the host."""

    login: Login | None = None
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)
    """The bearer tokens that the registry has given out, by repository."""

    def manifest(self, repository: str, version: str) -> Manifest:
        """The manifest of a tag or digest.

        Raises:
            RegistryError: it is not there (status 404), is not what its digest says, or cannot be had.
        """
        headers = {"Accept": ", ".join((*INDEXES, *IMAGES))}
        path = f"{repository}/manifests/{quote(version, safe=':')}"
        with self._ask(repository, "GET", path, headers=headers) as answer:
            content, kind = answer.read(), answer.headers.get_content_type()
        found = Manifest(kind, content)
        if version.startswith("sha256:") and found.digest != version:
            raise RegistryError(f"{self.url}/{repository}@{version} is something else there: {found.digest}")
        if kind not in (*INDEXES, *IMAGES):
            raise RegistryError(f"{self.url}/{repository}:{version} is of a kind that nothing is known of: {kind}")
        return found

    def digest(self, repository: str, tag: str) -> str:
        """The digest that a tag means; empty where there is none of that name.

        Raises:
            RegistryError: it could not be asked.
        """
        try:
            return self.manifest(repository, tag).digest
        except RegistryError as error:
            if error.status == 404:
                return ""
            raise

    def has(self, repository: str, kind: str, digest: str) -> bool:
        """Whether it has one of the `manifests` or `blobs`.

        Raises:
            RegistryError: it could not be asked.
        """
        headers = {"Accept": ", ".join((*INDEXES, *IMAGES))}
        try:
            with self._ask(repository, "HEAD", f"{repository}/{kind}/{digest}", headers=headers):
                return True
        except RegistryError as error:
            if error.status == 404:
                return False
            raise

    @contextmanager
    def blob(self, repository: str, digest: str) -> Iterator[IO[bytes]]:
        """The bytes of a configuration or layer; reading the last fails if they are not what the digest says.

        Raises:
            RegistryError: it is not there, or cannot be had.
        """
        with self._ask(repository, "GET", f"{repository}/blobs/{digest}") as answer:
            yield _Checked(answer, digest)  # type: ignore[misc]  # all of a file that sending reads

    def put_blob(self, repository: str, digest: str, size: int, content: IO[bytes]) -> None:
        """Upload *size* bytes.

        Raises:
            RegistryError: the registry does not take them.
        """
        with self._ask(repository, "POST", f"{repository}/blobs/uploads/", b"") as answer:
            place = answer.headers["Location"]
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        with self._ask(repository, "PATCH", place, content, headers) as answer:
            place = answer.headers["Location"]
        end = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': digest})}"
        with self._ask(repository, "PUT", end, b""):
            pass

    def put_manifest(self, repository: str, version: str, manifest: Manifest) -> None:
        """Give what *manifest* says a tag, or its digest alone.

        Raises:
            RegistryError: the registry does not take it, as when the tag is another image's for ever.
        """
        path = f"{repository}/manifests/{quote(version, safe=':')}"
        with self._ask(repository, "PUT", path, manifest.content, {"Content-Type": manifest.media_type}):
            pass

    @contextmanager
    def _ask(
        self,
        repository: str,
        method: str,
        path: str,
        body: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[HTTPResponse]:
        url = urljoin(f"{self.url}/v2/", path)
        try:
            try:
                answer = self._send(repository, method, url, body, headers)
            except urllib.error.HTTPError as error:
                if error.code != 401 or not self._admit(repository, error.headers.get("WWW-Authenticate", "")):
                    raise
                error.close()
                answer = self._send(repository, method, url, body, headers)
            with answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                said = _said(error.read()) or error.reason
            raise RegistryError(f"{method} {url.partition('?')[0]}: {error.code} {said}", error.code) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise RegistryError(f"{self.url} cannot be reached: {reason}") from error

    def _send(
        self,
        repository: str,
        method: str,
        url: str,
        body: bytes | IO[bytes] | None,
        headers: Mapping[str, str] | None,
    ) -> HTTPResponse:
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310 (the scheme is ours)
        # Unredirected: a layer of ECR lies in S3, which must not get the password.
        if token := self._tokens.get(repository):
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        elif self.login:
            request.add_unredirected_header("Authorization", _basic(self.login))
        answer: HTTPResponse = self._opener.open(request, timeout=TIMEOUT)
        return answer

    def _admit(self, repository: str, challenge: str) -> bool:
        """Get the token that the registry asks for; whether there is one.

        Source: https://distribution.github.io/distribution/spec/auth/token/
        """
        kind, _, rest = challenge.partition(" ")
        asked = dict(_CHALLENGE.findall(rest))
        if kind.lower() != "bearer" or "realm" not in asked:
            return False
        query = {"service": asked.get("service", ""), "scope": f"repository:{repository}:pull"}
        request = urllib.request.Request(f"{asked['realm']}?{urlencode(query)}")  # noqa: S310 (as above)
        if self.login:
            request.add_unredirected_header("Authorization", _basic(self.login))
        with self._opener.open(request, timeout=TIMEOUT) as answer:
            given = json.loads(answer.read())
        token = given.get("token") or given.get("access_token")
        if token:
            self._tokens[repository] = token
        return bool(token)

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """With the user's proxies, and the certificates that the AWS CLI trusts as well."""
        context = ssl.create_default_context()
        if bundle := os.environ.get("AWS_CA_BUNDLE"):
            context.load_verify_locations(bundle)
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))


def patiently(work: Callable[[], Result]) -> Result:
    """Do *work*, and again where what stopped it may pass.

    Raises:
        RegistryError: it did not.
    """
    for tried in range(1, TRIES):
        try:
            return work()
        except RegistryError as error:
            if error.status and error.status not in _PASSING:
                raise
            time.sleep(PAUSE * 2 ** (tried - 1))
    return work()


class _Checked:
    """Bytes on their way, held against their digest."""

    def __init__(self, content: IO[bytes], digest: str) -> None:
        self._content = content
        self._digest = digest
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        part = self._content.read(size)
        self._sum.update(part)
        if (not part or size < 0) and f"sha256:{self._sum.hexdigest()}" != self._digest:
            raise RegistryError(f"{self._digest} is something else where it comes from")
        return part


def _basic(login: Login) -> str:
    return f"Basic {base64.b64encode(f'{login.user}:{login.password}'.encode()).decode()}"


def _said(body: bytes) -> str:
    """What a registry gives as the reason."""
    try:
        return "; ".join(f"{each.get('code')}: {each.get('message')}" for each in json.loads(body)["errors"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return body[:200].decode(errors="replace").strip()
