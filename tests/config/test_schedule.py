"""What EventBridge Scheduler understands, and what is said of the rest."""

from __future__ import annotations

import pytest

from tapgen.config.schedule import schedule, timezone


@pytest.mark.parametrize(
    "text",
    [
        "cron(0 6 * * ? *)",
        "cron(0/15 8-18 ? * MON-FRI *)",
        "cron(*/5,59 0,12 1-7,L JAN,jul-12 ? 2026-2199)",
        "cron(0 0 29 2 ? *)",
        "cron(0 0 30,31 2,3 ? *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 L-3 * ? *)",
        "cron(0 0 LW * ? *)",
        "cron(0 0 31W * ? *)",
        "cron(0 0 ? * 6#3 *)",
        "cron(0 0 ? * fri#5 *)",
        "cron(0 0 ? * 7L *)",
        "cron(59 23 ? DEC SUN 1970)",
        "rate(1 minute)",
        "rate(15 minutes)",
        "rate(1 day)",
    ],
)
def test_right(text: str) -> None:
    assert schedule(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 6 * * *", "write cron(0 6 * * ? *)"),
        ("0 6 * * mon-fri", "write cron(0 6 ? * MON-FRI *)"),
        ("0 6 * * 1-5", "write cron(0 6 * * ? *), cron(0/15"),
        ("0 6 * * ? *", "write cron(0 6 * * ? *)"),
        ("at(2030-01-01T00:00:00)", "make task"),
        ("cron(0 6 * * *)", "5 fields instead of 6"),
        ("cron(0 6 * * * *)", "one of them must be ?, and they are * and *"),
        ("cron(0 6 ? * ? *)", "one of them must be ?, and they are ? and ?"),
        ("cron(0 6 1 * MON *)", "one of them must be ?"),
        ("cron(60 6 * * ? *)", "minutes: '60' is not one of 0-59"),
        ("cron(0 24 * * ? *)", "hours: '24' is not one of 0-23"),
        ("cron(0 6 0 * ? *)", "day of month: '0' is not one of 1-31"),
        ("cron(0 6 32W * ? *)", "day of month: '32W'"),
        ("cron(0 6 31 2 ? *)", "day of month: there is no day 31 in month 2"),
        ("cron(0 6 31 APR,jun ? *)", "there is no day 31 in month APR,jun"),
        ("cron(0 6 * 13 ? *)", "month: '13' is not one of 1-12 or JAN-DEC"),
        ("cron(0 6 ? * 0 *)", "day of week: '0' is not one of 1-7 or SUN-SAT"),
        ("cron(0 6 ? * 6#6 *)", "day of week: '6#6'"),
        ("cron(0 6 ? * 2#1,6#3 *)", "beside one with # there can be no other"),
        ("cron(0 6 * * ? 2200)", "year: '2200' is not one of 1970-2199"),
        ("cron(0 22-2 * * ? *)", "hours: '22-2' ends before it begins"),
        ("cron(*/0 6 * * ? *)", "minutes: the step in '*/0'"),
        ("cron(? 6 * * ? *)", "minutes: '?'"),
        ("rate(1 hours)", "write rate(1 hour)"),
        ("rate(5 minute)", "write rate(5 minutes)"),
        ("rate(0 days)", "a number above 0"),
        ("rate(1.5 hours)", "a number above 0"),
        ("rate(30 seconds)", "'seconds' is no unit"),
    ],
)
def test_wrong(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]") as error:
        schedule(text)
    assert said in str(error.value)


def test_time_zones_are_those_of_the_iana_database() -> None:
    assert timezone("UTC") == "UTC"
    assert timezone("America/Argentina/Buenos_Aires") == "America/Argentina/Buenos_Aires"
    with pytest.raises(ValueError, match="did you mean `Europe/Berlin`"):
        timezone("Europe/Berln")
    with pytest.raises(ValueError, match="such as Europe/Berlin"):
        timezone("Mars")


def test_without_a_database_of_time_zones_aws_alone_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapgen.config.schedule._zones", frozenset)
    assert timezone("Mars") == "Mars"
