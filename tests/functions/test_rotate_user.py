"""The rotation of database users, step by step, against a real PostgreSQL behind the local AWS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from pg8000.exceptions import DatabaseError

from tests.functions.cluster import Cluster

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class LostError(Exception):
    """A call whose answer never came."""


class Line:
    """What calls go through, to the first whose answer is lost: what is done then is as if the next had never been."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def client(self, behind: Any) -> Any:
        """A client whose calls go through."""
        line = self

        class Client:
            exceptions = behind.exceptions

            def __getattr__(self, name: str) -> Callable[..., Any]:
                return lambda **parameters: line.call(getattr(behind, name), parameters)

        return Client()

    def call(self, call: Callable[..., Any], parameters: dict[str, Any]) -> Any:
        """The answer, unless it is lost."""
        number, self.calls = self.calls, self.calls + 1
        answer = call(**parameters)
        if number == self.at:
            raise LostError
        return answer


def rotate(function: ModuleType, secret: str, token: str) -> None:
    """All four steps, as Secrets Manager calls them."""
    for step in STEPS:
        function.handler({"Step": step, "SecretId": secret, "ClientRequestToken": token}, None)


@pytest.fixture(scope="module")
def function(cluster: Cluster) -> ModuleType:
    """The function, in this process."""
    return cluster.function()


def test_users_take_turns_and_the_old_credentials_work_until_the_next_rotation(
    cluster: Cluster, function: ModuleType
) -> None:
    secret = cluster.secret("turn")
    first = cluster.value(secret)
    rotate(function, secret, cluster.begin(secret))
    second = cluster.value(secret)
    assert (first["username"], second["username"]) == ("turn", "turn_clone")
    assert [cluster.login(each) for each in (first, second)] == ["turn", "turn_clone"]

    rotate(function, secret, cluster.begin(secret))
    third = cluster.value(secret)
    assert third["username"] == "turn"
    assert [cluster.login(each) for each in (second, third)] == ["turn_clone", "turn"]
    with pytest.raises(DatabaseError, match="password authentication failed"):
        cluster.login(first)


def test_passwords_are_generated_and_never_logged(cluster: Cluster, function: ModuleType) -> None:
    secret = cluster.secret("quiet")
    seen = [cluster.value(secret)["password"]]
    for _ in range(2):
        rotate(function, secret, cluster.begin(secret))
        seen.append(cluster.value(secret)["password"])
    assert len(set(seen)) == 3
    assert all(len(password) == 32 and password.isalnum() for password in seen)
    log = cluster.log()
    assert 'ALTER ROLE "quiet_clone" PASSWORD' in log
    assert not [password for password in seen if password in log]


def test_what_one_user_makes_belongs_to_the_other_as_well(cluster: Cluster, function: ModuleType) -> None:
    secret = cluster.secret("maker")
    rotate(function, secret, cluster.begin(secret))
    cluster.run(cluster.value(secret), "CREATE TABLE things (id int)")
    rotate(function, secret, cluster.begin(secret))
    cluster.run(cluster.value(secret), "ALTER TABLE things ADD COLUMN name text")
    cluster.run(cluster.value(secret, "AWSPREVIOUS"), "INSERT INTO things VALUES (1, 'one')")
    cluster.run(cluster.value(secret), "DROP TABLE things")


def test_the_users_may_nothing_beyond_their_database(cluster: Cluster, function: ModuleType) -> None:
    secret = cluster.secret("modest")
    rotate(function, secret, cluster.begin(secret))
    with pytest.raises(DatabaseError, match="permission denied"):
        cluster.run(cluster.value(secret), "CREATE ROLE more")
    with pytest.raises(DatabaseError, match="permission denied"):
        cluster.run(cluster.value(secret), "SELECT * FROM pg_authid")


def test_whatever_call_fails_the_credentials_in_use_work_and_another_attempt_succeeds(
    cluster: Cluster, function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = cluster.secret("steady")
    rotate(function, secret, cluster.begin(secret))
    for at in range(100):
        before, token = cluster.value(secret), cluster.begin(secret)
        with monkeypatch.context() as patched:
            line = Line(at)
            for name in ("SECRETS", "DATA"):
                patched.setattr(function, name, line.client(getattr(function, name)))
            with suppress(LostError):
                rotate(function, secret, token)
        if line.calls <= at:
            break  # every call has failed once
        cluster.login(before)
        rotate(function, secret, token)
        assert cluster.login(cluster.value(secret)) != before["username"], f"call {at}"
    assert at > 15


def test_a_rotation_that_is_over_is_left_alone(cluster: Cluster, function: ModuleType) -> None:
    secret = cluster.secret("over")
    token = cluster.begin(secret)
    rotate(function, secret, token)
    before = cluster.value(secret)
    rotate(function, secret, token)
    assert cluster.value(secret) == before


def test_a_version_that_is_not_pending_is_refused(cluster: Cluster, function: ModuleType) -> None:
    with pytest.raises(ValueError, match="is not pending"):
        rotate(function, cluster.secret("stray"), "b0a4c1de-0000-4000-8000-000000000000")


def test_a_password_that_does_not_work_is_never_handed_out(cluster: Cluster, function: ModuleType) -> None:
    secret = cluster.secret("wary")
    rotate(function, secret, cluster.begin(secret))
    before, token = cluster.value(secret), cluster.begin(secret)
    event = {"SecretId": secret, "ClientRequestToken": token}
    function.handler({"Step": "createSecret", **event}, None)
    with pytest.raises(RuntimeError, match="password authentication failed"):
        function.handler({"Step": "testSecret", **event}, None)
    assert cluster.value(secret) == before


def test_no_error_shows_a_password(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    function = cluster.function()
    monkeypatch.setattr(function, "ENGINE", "mysql")  # whose statements hold passwords, and which this server is not
    secret = cluster.secret("shown")
    event = {"SecretId": secret, "ClientRequestToken": cluster.begin(secret)}
    function.handler({"Step": "createSecret", **event}, None)
    with pytest.raises(RuntimeError, match="syntax error") as raised:
        function.handler({"Step": "setSecret", **event}, None)
    shown = f"{raised.value!r} {raised.value.__cause__!r}"
    assert cluster.value(secret)["password"] not in shown
    assert cluster.value(secret, "AWSPENDING")["password"] not in shown


def test_the_statements_for_mysql(cluster: Cluster) -> None:
    old, new = {"username": "app", "password": "a1"}, {"username": "app_clone", "password": "b2"}
    assert list(cluster.function().mysql(old, new)) == [
        "CREATE USER IF NOT EXISTS 'app'@'%' IDENTIFIED BY 'a1' REQUIRE SSL",
        "GRANT ALL PRIVILEGES ON `shop`.* TO 'app'@'%'",
        "CREATE USER IF NOT EXISTS 'app_clone'@'%' IDENTIFIED BY 'b2' REQUIRE SSL",
        "GRANT ALL PRIVILEGES ON `shop`.* TO 'app_clone'@'%'",
        "ALTER USER 'app_clone'@'%' IDENTIFIED BY 'b2'",
    ]


def test_a_paused_database_gets_time_to_resume(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    function = cluster.function()
    resuming = function.DATA.exceptions.DatabaseResumingException({"Error": {}}, "ExecuteStatement")
    answers = iter([resuming, resuming, {"records": []}])

    class Paused:
        exceptions = function.DATA.exceptions

        def execute_statement(self, **_: Any) -> Any:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    waited: list[float] = []
    monkeypatch.setattr(function, "DATA", Paused())
    monkeypatch.setattr(function.time, "sleep", waited.append)
    assert function.run("secret", "SELECT 1") == {"records": []}
    assert waited == [5, 5]
