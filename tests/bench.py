"""What rendering, linting and reviewing cost, against their goals, and what the mesh costs a call: `make bench`.

Not a test: a busy machine must not fail anything.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render
from tapgen.write import written

PROJECT = Path(__file__).parents[1]
TAPGEN = [sys.executable, "-m", "tapgen", "--quiet"]
CFN_LINT = [str(Path(sys.executable).with_name("cfn-lint")), "--include-checks", "I", "--regions"]
FLOOR = "import troposphere, click, pydantic, yaml"
"""What the goal compares rendering with."""

NEEDED = ", ".join([FLOOR, *sorted(name for name in sys.modules if name.startswith(("awacs", "troposphere.")))])
"""The same with every module that the layers import: describing resources with these libraries costs as much anyway."""

MODELS = "from pydantic import BaseModel, TypeAdapter"
"""What pydantic loads when it is used."""

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
RUNS = 7
RUNS_OF_LINT = 3

LIMITS = {
    "largest, bytes": 1_000_000,
    "resources": 500,
    "parameters": 200,
    "outputs": 200,
    "in all": 2500,
    "rules": 100,
}
"""Of CloudFormation, for a template and for one operation, and of a load balancer.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""


@dataclass(frozen=True)
class Cost:
    """What one process took, in seconds."""

    cpu: float
    wall: float


def cost(command: Sequence[str]) -> Cost:
    """Run *command* to its end."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin)


def show(title: str, seconds: Sequence[float], goal: str = "") -> float:
    """Print a row, and give the median back."""
    print(f"  {title:<44}{min(seconds):>8.2f}{median(seconds):>8.2f}{max(seconds):>8.2f}   {goal}")
    return median(seconds)


def ratio(title: str, value: float, goal: float | None = None) -> None:
    """Print what a goal is about, or what no goal is."""
    said = f"goal: at most {goal}{'' if value <= goal else ', MISSED'}" if goal else ""
    print(f"  {title:<44}{'':>8}{value:>8.2f}{'':>8}   {said}".rstrip())


def heading(title: str) -> None:
    """Print the head of a table of times."""
    print(f"\n{title:<46}{'min':>8}{'median':>8}{'max':>8}")


def bench_render(folder: Path) -> None:
    """Whole processes: rendering everything into a new folder, against what only starts and imports."""
    cost([*TAPGEN, "render", "--output", str(folder / "first")])
    floors, needed, renders = [], [], []
    for run in range(RUNS):
        floors.append(cost([sys.executable, "-c", FLOOR]).cpu)
        needed.append(cost([sys.executable, "-c", f"{NEEDED}\n{MODELS}"]).cpu)
        renders.append(cost([*TAPGEN, "render", "--output", str(folder / f"render{run}")]).cpu)
    heading("Rendering everything, CPU seconds")
    took = show("tapgen render", renders)
    ratio("ratio to that", took / show("the goal's floor: import troposphere, ...", floors), 3)
    ratio("ratio to that, for comparison", took / show("a floor with every module that it needs", needed))


def bench_lint(folder: Path) -> None:
    """Whole processes: `tapgen lint`, without memory and with, against cfn-lint on the same files."""
    config = folder / "tapgen.yaml"
    for path in PROJECT.glob("tapgen*.yaml"):
        shutil.copy(path, folder)
    command = [*TAPGEN, "--config", str(config)]
    cost([*command, "render"])
    templates = [str(folder / "templates_out" / path) for path in written(folder / "templates_out")]
    regions = sorted({environment.region for environment in read(config).environments.values()})
    cold, theirs, warm = [], [], []
    for _ in range(RUNS_OF_LINT):
        shutil.rmtree(folder / ".tapgen_cache", ignore_errors=True)
        cold.append(cost([*command, "lint"]).wall)
        theirs.append(cost([*CFN_LINT, *regions, "--", *templates]).wall)
        warm += [cost([*command, "lint"]).wall for _ in range(3)]
    heading(f"Linting {len(templates)} templates, wall-clock seconds")
    reference = show("cfn-lint", theirs)
    ratio("ratio", show("tapgen lint, nothing remembered", cold) / reference, 1.0)
    show("tapgen lint, nothing changed", warm, f"goal: under 0.5{'' if median(warm) < 0.5 else ', MISSED'}")


def bench_review(folder: Path) -> None:
    """Whole processes: a review of an environment against itself, and against one whose network is elsewhere."""
    heading("Reviewing an environment, CPU seconds")
    example = (PROJECT / "tapgen.yaml").read_text("utf-8")
    for title, text, name, goal in (
        ("prod of the example", example, "prod", 0.8),
        ("100 services", json.dumps(platform(50, 50)), "dev", 4.0),
    ):
        before, after = folder / name / "before", folder / name / "after"
        for path, content in ((before, text), (after, moved(text, name))):
            path.mkdir(parents=True)
            (path / "tapgen.yaml").write_text(content, "utf-8")
            cost([*TAPGEN, "--config", str(path / "tapgen.yaml"), "render"])
        command = [*TAPGEN, "--config", str(after / "tapgen.yaml"), "review", "--environment", name, "--against"]
        for what, other in (("against itself", after), ("a moved network", before)):
            took = [cost([*command, str(other / "templates_out")]).cpu for _ in range(RUNS)]
            show(f"{title}, {what}", took, f"goal: at most {goal}{'' if median(took) <= goal else ', MISSED'}")


def moved(text: str, name: str) -> str:
    """A configuration with the network of an environment elsewhere."""
    said = parse(text)
    said["environments"][name].setdefault("network", {})["cidr"] = "10.99.0.0/16"
    return json.dumps(said)


def platform(public: int, workers: int) -> dict[str, Any]:
    """A configuration with so many services; each public one calls the one before it."""
    names = [f"web{number}" for number in range(public)]
    services: dict[str, Any] = {
        name: {
            "port": 8080,
            "path": f"/{name}",
            "priority": {f"/{name}": number + 1},
            "calls": names[max(0, number - 1) : number],
        }
        for number, name in enumerate(names)
    }
    services |= {f"worker{number}": {} for number in range(workers)}
    environment = {"account": "111111111111", "region": "eu-west-1", "ingress": {"protocol": "http"}}
    return {"name": "bench", "services": services, "environments": {"dev": environment}}


def numbers(templates: Mapping[str, str]) -> dict[str, int]:
    """What the limits are about."""
    parsed = [parse(text) for text in templates.values()]
    resources = [resource for template in parsed for resource in template["Resources"].values()]
    counted: Callable[[str], int] = lambda section: max(len(template.get(section, {})) for template in parsed)  # noqa: E731
    return {
        "largest, bytes": max(len(text.encode()) for text in templates.values()),
        "resources": counted("Resources"),
        "parameters": counted("Parameters"),
        "outputs": counted("Outputs"),
        "in all": len(resources),
        "rules": sum(resource["Type"] == "AWS::ElasticLoadBalancingV2::ListenerRule" for resource in resources),
    }


def bench_size(folder: Path) -> None:
    """In this process: how time and size grow with the number of services."""
    print(f"\n{'Services':<26}{'render, s':>10}{'ms each':>9}", *(f"{title:>15}" for title in LIMITS), sep="")
    for public, workers in ((3, 0), (10, 0), (30, 0), (50, 50)):
        path = folder / f"{public}.yaml"
        path.write_text(json.dumps(platform(public, workers)))
        seconds = []
        for _ in range(3):
            begin = time.process_time()
            templates = render(read(path))
            seconds.append(time.process_time() - begin)
        row = numbers({path: text for path, text in templates.items() if path.startswith("dev/")})
        cells = (f"{row[title]:>14}{'!' if row[title] > limit else ' '}" for title, limit in LIMITS.items())
        title = f"{public} public{f', {workers} workers' if workers else ''}"
        took = median(seconds)
        print(f"  {title:<24}{took:>10.2f}{1000 * took / (public + workers):>9.1f}", *cells, sep="", flush=True)
    print(f"  {'limit':<43}", *(f"{limit:>14} " for limit in LIMITS.values()), sep="")


REQUESTS, CALLERS = 1500, 8


def bench_mesh(folder: Path) -> None:
    """The placeholder asked directly, and through the Envoys of caller and callee, with certificates of both."""
    # Only this needs the local AWS and Envoy.
    from tests.localaws.account import REGION
    from tests.mesh.mutual import running

    with running.deployment(folder) as account:
        aws = {**account.environment, "AWS_REGION": REGION}
        with running.Running(running.task_definitions(account), folder, aws) as platform:
            web = platform.task("web").start("certificates", "envoy")
            cart = platform.task("cart").start("certificates", "envoy", "app")
            platform.connect("cart", 8081).tasks.append((cart.place.address, 15000))
            ways = {
                "directly": lambda: cart.ask("http://127.0.0.1:8081"),
                "through two Envoys": lambda: web.ask(running.told(web.definition, "app")["CART_URL"]),
            }
            heading(f"A call, {REQUESTS} in turn, milliseconds")
            alone = {way: show(way, [1000 * each for each in timed(ask)]) for way, ask in ways.items()}
            ratio("ratio", alone["through two Envoys"] / alone["directly"])
            heading(f"{CALLERS} callers at once, requests per second")
            rates = {way: show(way, [rate(ask) for _ in range(5)]) for way, ask in ways.items()}
            ratio("ratio", rates["through two Envoys"] / rates["directly"])


def timed(ask: Callable[[], object]) -> list[float]:
    """Seconds that each of many calls takes, one after the other."""
    found = []
    for _ in range(REQUESTS):
        begin = time.perf_counter()
        ask()
        found.append(time.perf_counter() - begin)
    return found


def rate(ask: Callable[[], object]) -> float:
    """Calls per second, when several ask at once."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(lambda _: ask(), range(REQUESTS)))
    return REQUESTS / (time.perf_counter() - begin)


def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as name:
        bench_mesh(Path(name))
        bench_render(Path(name))
        bench_lint(Path(name))
        bench_review(Path(name))
        bench_size(Path(name))


if __name__ == "__main__":
    main()
