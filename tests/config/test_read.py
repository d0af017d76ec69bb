"""Every problem at once and at its place; and environments that hold every value."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tapgen.config.read import read
from tapgen.errors import ConfigError

ERRORS = Path(__file__).parent.parent / "errors"


@pytest.mark.parametrize("case", sorted(path.parent.name for path in ERRORS.glob("*/tapgen.yaml")))
def test_errors_read_as_expected(
    case: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ERRORS / case)
    with pytest.raises(ConfigError) as error:
        read(Path("tapgen.yaml"))
    assert all(problem.place for problem in error.value.problems)
    golden(ERRORS / case / "expected.txt", f"{error.value}\n")


def write(folder: Path, text: str, images: str | None = None) -> Path:
    path = folder / "tapgen.yaml"
    path.write_text(text, encoding="utf-8")
    if images is not None:
        (folder / "tapgen.images.yaml").write_text(images, encoding="utf-8")
    return path


SMALL = """\
name: shop
defaults:
  logs: {days: 7}
services:
  payment:
    port: 8080
    tasks: {min: 3}
  order:
    port: 8081
environments:
  dev:
    account: 012345678901
    region: eu-west-1
    mesh: {tls: off}
    services:
      payment: {tasks: {min: 1}}
  prod:
    account: 222222222222
    region: eu-west-1
    logs: {days: 365}
"""
DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_environments_hold_every_value(tmp_path: Path) -> None:
    configuration = read(write(tmp_path, SMALL, f"prod: {{payment: '{DIGEST}'}}"))
    dev, prod = configuration.environments["dev"], configuration.environments["prod"]
    assert (dev.stack_name, dev.account, dev.mesh.tls, dev.logs.days) == ("shop-dev", "012345678901", "off", 7)
    assert (prod.account, prod.logs.days, prod.network.zones) == ("222222222222", 365, 3)
    assert (dev.services["payment"].tasks.min, prod.services["payment"].tasks.min) == (1, 3)
    assert list(dev.services) == ["payment", "order"]
    assert dev.services["order"].name == "order"
    assert (dev.services["payment"].digest, prod.services["payment"].digest) == (None, DIGEST)
    assert configuration.file.services["payment"].tasks.min == 3


@pytest.mark.parametrize(
    ("path", "environment", "line", "column"),
    [
        (("services", "payment", "tasks", "min"), None, 7, 18),
        (("services", "payment", "tasks", "min"), "dev", 16, 30),
        (("services", "payment", "tasks", "min"), "prod", 7, 18),
        (("services", "payment", "port"), "dev", 6, 11),
        (("services", "order", "tasks", "min"), "dev", 8, 3),
        (("logs", "days"), "dev", 3, 16),
        (("logs", "days"), "prod", 20, 18),
        (("network", "cidr"), "dev", 11, 3),
        (("platform",), "prod", 17, 3),
        (("name",), None, 1, 7),
    ],
)
def test_every_value_has_a_place(
    path: tuple[str, ...], environment: str | None, line: int, column: int, tmp_path: Path
) -> None:
    place = read(write(tmp_path, SMALL)).place(*path, environment=environment)
    assert place
    assert (place.line, place.column, place.text) == (line, column, SMALL.splitlines()[line - 1])


def test_what_no_file_says_has_no_place(tmp_path: Path) -> None:
    configuration = read(write(tmp_path, SMALL))
    assert configuration.place("registry", "keep") is None
    assert configuration.place("network", environment="staging") is None


@pytest.mark.parametrize("images", ["", "# none yet\n", "dev:\n", "dev: {}\n", "dev: {payment: }\n"])
def test_images_may_be_missing(images: str, tmp_path: Path) -> None:
    assert read(write(tmp_path, SMALL, images)).environments["dev"].services["payment"].digest is None


def test_without_nat_every_service_needs_its_image(tmp_path: Path) -> None:
    closed = SMALL.replace("mesh: {tls: off}", "network: {nat: none}")
    with pytest.raises(ConfigError, match="is not in the registry") as error:
        read(write(tmp_path, closed, f"dev: {{payment: '{DIGEST}'}}"))
    assert [problem.message.split(":")[0] for problem in error.value.problems] == ["services.order"]
    assert read(write(tmp_path, closed, f"dev: {{payment: '{DIGEST}', order: '{DIGEST}'}}")).environments
    found = read(write(tmp_path, closed, f"dev: {{payment: '{DIGEST}', tapgen.placeholder: '{DIGEST}'}}"))
    assert found.environments["dev"].digests == {"payment": DIGEST, "tapgen.placeholder": DIGEST}


def test_whoever_brings_the_images_can_read_a_file_that_lacks_them(tmp_path: Path) -> None:
    closed = SMALL.replace("mesh: {tls: off}", "network: {nat: none}")
    assert read(write(tmp_path, closed), built=False).environments["dev"].digests == {}
    with pytest.raises(ConfigError, match="endpoints"):
        read(write(tmp_path, closed.replace("nat: none", "nat: none, endpoints: gateway")), built=False)


def test_problems_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read(write(tmp_path, SMALL.replace("8081", "x").replace("name: shop", "name: X"), "dev: {payment: x, ordr: x}"))
    places = [(Path(p.place.file).name, p.place.line) for p in error.value.problems if p.place]
    assert places == [("tapgen.yaml", 1), ("tapgen.yaml", 9), *[("tapgen.images.yaml", 1)] * 3]


def test_a_problem_of_several_environments_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read(write(tmp_path, SMALL.replace("{min: 3}", "{min: 3, max: 2}")))
    (problem,) = error.value.problems
    assert problem.message == "services.payment.tasks.min: 3 is more than `tasks.max`, which is 2"


@pytest.mark.parametrize("key", ["network", "ingress", "tags", "service", "services", "protect"])
def test_a_key_without_a_value_says_nothing(key: str, tmp_path: Path) -> None:
    said, silent = read(write(tmp_path, SMALL)), read(write(tmp_path, SMALL + f"    {key}:\n"))
    assert said.environments["prod"] == silent.environments["prod"]


@pytest.mark.parametrize("path", [".", "", "/"])
def test_a_directory_is_no_file(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="is a directory"):
        read(Path(path))


@pytest.mark.parametrize(("target", "said"), [("nowhere", "leads nowhere"), ("tapgen.images.yaml", "cannot be read")])
def test_images_behind_a_broken_link_are_not_ignored(target: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "tapgen.images.yaml").symlink_to(target)
    with pytest.raises(ConfigError, match=said) as error:
        read(write(tmp_path, SMALL))
    (problem,) = error.value.problems
    assert "tapgen.images.yaml" in problem.message
    assert problem.hint == ""


def test_the_first_file_is_missed_first(tmp_path: Path) -> None:
    (tmp_path / "tapgen.images.yaml").symlink_to("nowhere")
    with pytest.raises(ConfigError, match=r"tapgen\.yaml does not exist"):
        read(tmp_path / "tapgen.yaml")


IDLE = """\
name: shop
defaults:
  service: {smoke: {status: 204}, deployment: {canary: {percent: 5}}}
services:
  web: {port: 80, path: /, smoke: {path: /up}, deployment: {strategy: canary, max_percent: 150, linear: {percent: 10}}}
  mail: {deployment: {min_percent: 50}, smoke: {status: 201}}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}, services: {web: DEV}}
  prod: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}, services: {web: PROD}}
"""


@pytest.mark.parametrize(
    ("dev", "prod", "refused"),
    [
        ("{}", "{}", ["services.web.deployment.max_percent", "services.web.deployment.linear.percent"]),
        ("{deployment: {strategy: linear}}", "{deployment: {strategy: rolling}}", []),
        (
            "{deployment: {strategy: linear, canary: {minutes: 3}}}",
            "{deployment: {strategy: rolling}}",
            ["environments.dev.services.web.deployment.canary.minutes"],
        ),
    ],
)
def test_what_is_said_of_one_service_has_an_effect_somewhere(
    dev: str, prod: str, refused: list[str], tmp_path: Path
) -> None:
    """What is said of all may have none for some, and what one environment heeds another may not."""
    with pytest.raises(ConfigError) as error:
        read(write(tmp_path, IDLE.replace("DEV", dev).replace("PROD", prod)))
    found = [problem.message.partition(":")[0] for problem in error.value.problems]
    assert sorted(found) == sorted([*refused, "services.mail.smoke.status"])


def test_environments_are_judged_together(tmp_path: Path) -> None:
    text = SMALL + (
        "  prod-1: {account: 333333333333, region: eu-west-1}\n"
        "  prod1: {account: 222222222222, region: us-east-1}\n"
        "ci: {repository: example/shop}\n"
    )
    with pytest.raises(ConfigError) as error:
        read(write(tmp_path, text))
    assert [(p.message.partition(":")[0], p.place and p.place.line) for p in error.value.problems] == [
        ("environments.prod1", 22),
        ("ci.oidc_provider", 23),
    ]


def test_values_of_variables_are_never_shown() -> None:
    for case in ("secrets-in-variables", "variables-are-not-shown", "secrets-are-not-shown"):
        text = (ERRORS / case / "expected.txt").read_text(encoding="utf-8")
        assert not [word for word in ("hunter2", "AKIA", "wJalr", "ghp_", "sk_live", "xoxb", "BEGIN") if word in text]


def test_a_hundred_services_are_read_fast(tmp_path: Path) -> None:
    services = "".join(
        f"  s{n}:\n    port: {8000 + n}\n    env: {{A: b}}\n    tasks: {{min: 2}}\n    calls: [s{(n + 1) % 100}]\n"
        for n in range(100)
    )
    path = write(tmp_path, SMALL.replace("services:\n  payment", f"services:\n{services}  payment", 1))
    start = time.process_time()
    assert len(read(path).environments["prod"].services) == 102
    assert time.process_time() - start < 0.6


@pytest.mark.parametrize("images", ["", "dev: 5", "dev: {a: [x]}", "5: {}", "'[key]': {'[key]': x}", "[dev]"])
@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "services: 5\nname: a\nenvironments: []",
        "name: a\nservices: [a]\nenvironments: {dev: 5, e: {services: 7, service: 3, network: x}}",
        "services: {a: 3}\nenvironments: {dev: {services: {a: 5}}}",
        "name: x\nservices: {a: {}}\ndefaults: {service: 5, services: {a: {}}}\nenvironments: {d: {region: x}}",
        "services: {a: {env: 5, secrets: [1], calls: {a: b}}}\nenvironments: {d: {services: {a: null}, service: null}}",
        "name: null\nservices: null\nenvironments: null\ndefaults: null",
        "services: {a: {'[key]': 1, secrets: {'[key]': secrets}, ports: {'[key]': x}}, '[key]': {}}\nname: '[key]'",
    ],
)
def test_what_is_of_no_use_at_all_is_refused_at_a_place(text: str, images: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read(write(tmp_path, text, images))
    assert all(problem.place for problem in error.value.problems)
