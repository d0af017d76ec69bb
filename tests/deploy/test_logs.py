"""What tasks have written: of whom, since when, in what order, and each line once."""

from __future__ import annotations

from itertools import islice

import pytest

from tapgen.deploy import logs
from tapgen.deploy.aws import Answer
from tapgen.errors import ConfigError
from tests.deploy.test_jobs import ENVIRONMENT, Told


def event(number: int, time: int, stream: str = "app/app/0123456789abcdef") -> Answer:
    return {"eventId": str(number), "timestamp": time, "logStreamName": stream, "message": f"line {number}\n"}


def test_lines_come_in_their_order_with_container_and_task() -> None:
    told = Told(filter_log_events=[{"events": [event(2, 3_661_000, "envoy/envoy/fedcba9876"), event(1, 1000)]}])
    lines = logs.Group("group", "app").since(told.aws, 7)
    assert [str(line) for line in lines] == ["00:00:01 app 01234567  line 1", "01:01:01 envoy fedcba98  line 2"]
    assert told == [
        ("filter-log-events", "--log-group-name", "group", "--start-time", "7", "--log-stream-name-prefix", "app/")
    ]


def test_whoever_follows_gets_every_line_once_also_what_comes_late() -> None:
    first, then = [event(1, 20_000), event(2, 30_000)], [event(2, 30_000), event(3, 29_000), event(4, 50_000)]
    told = Told(
        filter_log_events=[{"events": first}, {"events": then}, {"events": [event(4, 50_000), event(5, 60_000)]}]
    )
    lines = logs.Group("group").follow(told.aws, 0, patience=0)
    assert [line.text for line in islice(lines, 5)] == [f"line {number}" for number in (1, 2, 3, 4, 5)]
    assert [dict(zip(words[1::2], words[2::2], strict=True))["--start-time"] for words in told] == [
        "0",
        "20000",
        "40000",
    ]


@pytest.mark.parametrize(("name", "said"), [("wen", "did you mean `web`"), ("", "Say: SERVICE=")])
def test_only_what_there_is_has_logs(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        logs.workload(ENVIRONMENT, name)
    assert said in str(error.value)
    assert [logs.workload(ENVIRONMENT, each).name for each in ("web", "migrate")] == ["web", "migrate"]
