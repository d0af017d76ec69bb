"""Copies have the digest of what they are copies of, between registries that really speak their protocol.

From a registry as public ones are, into that of the local AWS, which is as strict as ECR: a login, tags that never
move, and no manifest before what it names. From there into that of another account and Region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import pytest

from tapgen.deploy.registries import client
from tapgen.deploy.registries.client import Registry, RegistryError
from tapgen.deploy.registries.copying import Repository, copy
from tapgen.deploy.registries.credentials import Login
from tapgen.localaws.process import running
from tests.deploy.registries.upstream import Upstream, digest, serving
from tests.localaws.account import Account

_NUMBERS = count(333333330000)


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with running(tmp_path_factory.mktemp("registries")) as environment:
        yield environment


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE", 0.0)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with serving(Upstream()) as served:
        yield served


@pytest.fixture
def own(local_aws: Mapping[str, str]) -> Callable[[], Repository]:
    """Makes repositories of ECR, each in an account of its own."""

    def made() -> Repository:
        account = Account(local_aws, str(next(_NUMBERS)))
        ecr = account("ecr")
        ecr.create_repository(repositoryName="shop/web", imageTagMutability="IMMUTABLE")
        login = Login("AWS", f"{account.number}/eu-west-1")
        return Repository(Registry(local_aws["AWS_ENDPOINT_URL"], login), "shop/web")

    return made


def test_an_image_for_several_architectures_keeps_its_digest_all_the_way(
    upstream: Upstream, own: Callable[[], Repository]
) -> None:
    shared = b"layer of both" * 100_000
    index = upstream.index("1.4", amd64=upstream.image("a", shared, b"x"), arm64=upstream.image("b", shared, b"y"))
    dev, prod = own(), own()
    public = Repository(Registry(upstream.address), "example/web")
    assert copy(public, "1.4", dev, "1.4-abc") == index["digest"]
    upstream.manifests.clear()
    upstream.blobs.clear()
    assert copy(dev, index["digest"], prod, "1.4-abc") == index["digest"]
    found = prod.registry.manifest("shop/web", "1.4-abc")
    assert (found.digest, found.is_index) == (index["digest"], True)
    with prod.registry.blob("shop/web", digest(shared)) as content:
        assert content.read() == shared


def test_what_is_there_is_not_copied_again(upstream: Upstream, own: Callable[[], Repository]) -> None:
    image, here = upstream.image("1", b"layer"), own()
    public = Repository(Registry(upstream.address), "example/web")
    copy(public, "1", here, "first")
    upstream.blobs.clear()
    assert copy(public, "1", here, "first") == copy(public, "1", here, "second") == image["digest"]
    assert here.registry.digest("shop/web", "second") == image["digest"]


def test_a_tag_of_another_image_is_not_taken_from_it(upstream: Upstream, own: Callable[[], Repository]) -> None:
    here, public = own(), Repository(Registry(upstream.address), "example/web")
    upstream.image("1", b"one")
    upstream.image("2", b"two")
    copy(public, "1", here, "release")
    with pytest.raises(RegistryError, match=r"TAG_INVALID: .*'release' already exists.*immutable"):
        copy(public, "2", here, "release")


def test_storage_never_gets_the_credentials(upstream: Upstream, own: Callable[[], Repository]) -> None:
    upstream.user = "me"
    upstream.image("1", b"layer")
    copy(Repository(Registry(upstream.address, Login("me", "secret")), "example/web"), "1", own(), "1")
    stored = [said for _, path, said in upstream.asked if path.startswith("/storage/")]
    assert stored == ["", ""]
    assert any(said.startswith("Basic ") for _, path, said in upstream.asked if path == "/token")


def test_layers_that_nobody_may_hand_on_are_left_where_they_are(
    upstream: Upstream, own: Callable[[], Repository]
) -> None:
    image, here = upstream.image("1", b"windows"), own()
    kind, content = upstream.manifests["1"]
    text = content.replace(b"image.layer.v1.tar", b"image.layer.nondistributable.v1.tar")
    upstream.manifests |= {"1": (kind, text), digest(text): (kind, text)}
    del upstream.blobs[digest(b"windows")]
    with pytest.raises(RegistryError, match="BLOB_UNKNOWN"):  # the local registry wants them; ECR does not
        copy(Repository(Registry(upstream.address), "example/web"), "1", here, "1")
    assert image["digest"] != digest(text)
    assert not [path for _, path, _ in upstream.asked if path.endswith(digest(b"windows"))]


def test_a_passing_failure_passes(upstream: Upstream, own: Callable[[], Repository]) -> None:
    image = upstream.image("1", b"layer")
    upstream.failures += [503, 429]
    assert copy(Repository(Registry(upstream.address), "a"), "1", own(), "1") == image["digest"]
    upstream.image("2", b"other")
    upstream.failures += [503] * 20
    with pytest.raises(RegistryError, match="503 not now"):
        copy(Repository(Registry(upstream.address), "a"), "2", own(), "2")


def test_bytes_that_are_not_what_their_digest_says_are_refused(
    upstream: Upstream, own: Callable[[], Repository]
) -> None:
    upstream.image("1", b"layer")
    upstream.blobs[digest(b"layer")] = b"Layer"
    with pytest.raises(RegistryError, match="is something else where it comes from"):
        copy(Repository(Registry(upstream.address), "a"), "1", own(), "1")
    kind, content = upstream.manifests["1"]
    upstream.manifests[digest(content)] = (kind, content + b"\n")
    with pytest.raises(RegistryError, match="is something else there"):
        copy(Repository(Registry(upstream.address), "a"), digest(content), own(), "1")


def test_what_is_not_there_or_not_reached_is_said(upstream: Upstream, own: Callable[[], Repository]) -> None:
    with pytest.raises(RegistryError, match="404 MANIFEST_UNKNOWN: manifest unknown") as refused:
        copy(Repository(Registry(upstream.address), "a"), "nowhere", own(), "1")
    assert (refused.value.status, refused.value.exit_code) == (404, 5)
    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:1 cannot be reached: .*refused"):
        copy(Repository(Registry("http://127.0.0.1:1"), "a"), "1", own(), "1")
    stranger = Repository(Registry(own().registry.url), "shop/web")
    with pytest.raises(RegistryError, match="401 Unauthorized"):
        copy(Repository(Registry(upstream.address), "a"), upstream.image("1")["digest"], stranger, "1")
