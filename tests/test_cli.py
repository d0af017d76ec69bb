"""Every command does what its help says, and ends as the table of exit codes says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tapgen import errors
from tapgen.cli import tapgen
from tapgen.cli.linting import _origin
from tapgen.config.read import read
from tapgen.lint.formats import FORMATS

PROJECT = Path(__file__).parents[1]
GOLDEN = PROJECT / "tests/golden/cli"
REASONS = {
    "dev/root.yaml": "differs from what tapgen.yaml renders",
    "dev/old.yaml": "is not rendered from tapgen.yaml any more",
    "mine.yaml": "was not written by tapgen, which leaves it alone: move it elsewhere",
    "registry.yaml": "is missing",
}


WORDS = """\
name: shop
ci:
  repository: octo/shop
services:
  a: {}
environments:
  dev:
    account: "111111111111"
    region: eu-west-1
    secrets: {db: {}}
    network: {nat: single}
    ingress: {protocol: http}
    alerts: {email: [a@example.com]}
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform as `tapgen init` and `tapgen render` make it; not to be changed."""
    folder = tmp_path_factory.mktemp("rendered")
    assert call("init", str(folder)).exit_code == 0
    assert call("-C", str(folder / "tapgen.yaml"), "render").exit_code == 0
    return folder


@pytest.fixture
def platform(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    folder = tmp_path / "platform"
    shutil.copytree(rendered, folder)
    monkeypatch.chdir(folder)
    return folder


def call(*arguments: str, **environment: str) -> Result:
    """Run a command as if typed."""
    clean = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "TAPGEN_CONFIG", "TAPGEN_TRACEBACK"))
    return CliRunner(env=clean | environment).invoke(tapgen, arguments, prog_name="tapgen")


def process(*arguments: str) -> subprocess.Popen[str]:
    """Start the real thing."""
    command = ["env", "-u", "PYTHONUNBUFFERED", sys.executable, "-m", "tapgen", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def spoil(platform: Path) -> None:
    """Make the templates differ in every way."""
    folder = platform / "templates_out"
    with (folder / "dev/root.yaml").open("a") as file:
        file.write("# edited\n")
    shutil.copy(folder / "dev/network.yaml", folder / "dev/old.yaml")
    (folder / "mine.yaml").write_text("Resources: {}\n")
    (folder / "registry.yaml").unlink()


@pytest.mark.parametrize("command", ["", "init", "schema", "render", "lint", "reference", "graph", "cost"])
def test_help(command: str, golden: Callable[[Path, str], None]) -> None:
    result = call(*command.split(), "-h")
    assert result.exit_code == 0
    assert result.stdout == call(*command.split(), "--help").stdout
    golden(GOLDEN / f"{command or 'tapgen'}.txt", result.stdout)


def test_every_command_has_a_section_and_every_section_its_commands() -> None:
    assert sorted(tapgen.list_commands(None)) == sorted(tapgen.commands)  # type: ignore[arg-type]


def test_help_and_completion_load_nothing_heavy() -> None:
    heavy = ["pydantic", "yaml", "troposphere", "awacs", "cfnlint", "tapgen.config", "tapgen.render"]
    code = f"import sys, tapgen.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    environment = os.environ | {"_TAPGEN_COMPLETE": f"{shell}_source"}
    code = "from tapgen.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "tapgen" in done.stdout


def test_version() -> None:
    result = call("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("tapgen, version ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["rendr"], "No such command 'rendr'. Did you mean 'render'?"),
        (["render", "--chekc"], "No such option '--chekc'"),
        (["render", "--check", "--diff"], "--check and --diff exclude each other."),
        (["lint", "--format", "xml"], "'xml' is not one of 'text', 'json', 'sarif', 'github'"),
        (["--color", "red", "schema"], "'red' is not one of 'auto', 'always', 'never'"),
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], text: str) -> None:
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert text in result.stderr


def test_init_says_what_it_wrote_and_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("init", "--name", "shop")
    names = ["tapgen.yaml", "tapgen.schema.json", "Makefile", ".gitignore"]
    assert result.stdout == "".join(f"wrote {name}\n" for name in names)
    assert result.stderr == "Next: tapgen render\n"
    assert call("init", "sub").stderr == "Next: cd sub && tapgen render\n"
    again = call("init")
    assert again.exit_code == 2
    assert again.stderr == "error: already there, and left alone: tapgen.yaml, tapgen.schema.json, Makefile\n"


def test_schema_is_json() -> None:
    result = call("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["type"] == "object"


def test_render_names_every_file_and_draws_the_tree(platform: Path) -> None:
    shutil.rmtree("templates_out")
    result = call("render")
    assert result.exit_code == 0
    assert "wrote templates_out/dev/root.yaml\n" in result.stderr
    assert result.stderr.endswith("Next: tapgen lint\n")
    assert result.stdout.startswith("templates_out\n├── bootstrap.yaml ")
    assert call("render").stderr == "Nothing had to change. Next: tapgen lint\n"
    assert call("render").stdout == result.stdout


def test_quiet_leaves_results_only(platform: Path) -> None:
    (platform / "templates_out/dev/root.yaml").unlink()
    result = call("-q", "render", "--check")
    assert (result.stdout, result.stderr) == ("templates_out/dev/root.yaml is missing\n", "")
    result = call("-q", "render")
    assert (result.stdout, result.stderr) == ("", "")


def test_check_is_silent_when_nothing_differs(platform: Path) -> None:
    result = call("render", "--check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    result = call("render", "--diff")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_check_names_file_reason_and_command(platform: Path) -> None:
    spoil(platform)
    result = call("render", "--check")
    assert result.exit_code == 1
    assert result.stdout == "".join(f"templates_out/{path} {REASONS[path]}\n" for path in sorted(REASONS))
    assert result.stderr == "Run: mv templates_out/mine.yaml . && make render\n"


def test_what_rendering_cannot_change_is_not_sent_there(platform: Path) -> None:
    (platform / "templates_out/not mine.yaml").write_text("Resources: {}\n")
    result = call("render", "--check")
    assert (result.exit_code, result.stderr) == (1, "Run: mv 'templates_out/not mine.yaml' .\n")


def test_a_template_that_does_not_say_whose_it_is_any_more_is_moved_and_rendered(platform: Path) -> None:
    (platform / "templates_out/registry.yaml").write_text("Resources: {}\n")
    assert call("render", "--check").stderr == "Run: mv templates_out/registry.yaml . && make render\n"


def test_diff_shows_the_difference_and_writes_nothing(platform: Path) -> None:
    spoil(platform)
    result = call("render", "--diff")
    assert result.exit_code == 1
    assert "--- dev/root.yaml\n+++ dev/root.yaml\n" in result.stdout
    assert "\n-# edited\n" in result.stdout
    assert f"templates_out/mine.yaml {REASONS['mine.yaml']}\n" in result.stdout
    assert not (platform / "templates_out/registry.yaml").exists()


def test_diff_names_what_is_in_the_way_as_well(platform: Path) -> None:
    (platform / "templates_out/registry.yaml").write_text("Resources: {}\n")
    result = call("render", "--diff")
    assert "\n-Resources: {}\n" in result.stdout
    assert result.stdout.endswith(f"\ntemplates_out/registry.yaml {REASONS['mine.yaml']}\n")


def test_render_heals_and_prunes(platform: Path) -> None:
    spoil(platform)
    result = call("render")
    assert result.exit_code == 0
    assert "removed templates_out/dev/old.yaml\n" in result.stderr
    assert "wrote templates_out/registry.yaml\n" in result.stderr
    assert call("render", "--check").stdout == f"templates_out/mine.yaml {REASONS['mine.yaml']}\n"


def test_one_environment_leaves_everything_else_alone(platform: Path) -> None:
    spoil(platform)
    (platform / "templates_out/prod/root.yaml").unlink()
    assert call("render", "-e", "dev", "--check").stdout.count("\n") == 2
    result = call("render", "-e", "dev")
    assert result.exit_code == 0
    assert result.stdout.startswith("templates_out\n└── dev ")
    left = call("render", "--check").stdout.splitlines()
    assert [line.split()[0].removeprefix("templates_out/") for line in left] == [
        "mine.yaml",
        "prod/root.yaml",
        "registry.yaml",
    ]
    assert call("render", "-e", "dev", "-e", "prod", "--check").stdout.split()[0] == "templates_out/prod/root.yaml"


@pytest.mark.parametrize("command", ["render", "lint"])
def test_an_unknown_environment_names_the_known_ones(platform: Path, command: str) -> None:
    result = call(command, "-e", "prd")
    assert result.exit_code == 2
    assert result.stdout == ""
    expected = "error: there is no environment 'prd'\n = allowed: dev, prod\n = help: did you mean `prod`?\n"
    assert result.stderr == expected


def test_the_folder_is_beside_the_configuration(platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(platform.parent)
    assert call("-C", "platform/tapgen.yaml", "render", "--check").exit_code == 0
    assert call("render", "--check", TAPGEN_CONFIG="platform/tapgen.yaml").exit_code == 0
    assert call("-C", "platform/tapgen.yaml", "render", "-o", "elsewhere").exit_code == 0
    assert sorted(path.name for path in Path("elsewhere").iterdir()) == [
        "bootstrap.yaml",
        "dev",
        "prod",
        "registry.yaml",
    ]


def test_configurations_side_by_side_leave_each_others_templates_alone(platform: Path) -> None:
    shop = (
        (platform / "tapgen.yaml").read_text().replace("name: microservices", "name: shop").replace("  dev:", "  test:")
    )
    (platform / "shop.yaml").write_text(shop)
    assert call("-C", "shop.yaml", "render").exit_code == 0
    assert (platform / "shop_templates_out/test/root.yaml").exists()
    for config in ("shop.yaml", "tapgen.yaml"):
        assert call("-C", config, "render", "--check").exit_code == 0


def test_a_wrong_configuration_exits_2_and_writes_nothing(platform: Path) -> None:
    (platform / "tapgen.yaml").write_text("name: Shop\n")
    (platform / "templates_out/registry.yaml").unlink()
    for arguments in (["render"], ["render", "--check"], ["lint"]):
        result = call(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: ")
    assert not (platform / "templates_out/registry.yaml").exists()


def test_no_configuration_points_to_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("render")
    assert result.exit_code == 2
    assert "tapgen.yaml does not exist" in result.stderr
    assert "tapgen init" in result.stderr


def test_an_output_that_cannot_be_written_exits_2(platform: Path) -> None:
    result = call("render", "-o", "tapgen.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: tapgen.yaml is a file; a folder should be there\n"


def test_a_bug_exits_3_without_a_traceback(platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapgen.render.render", {}.__getitem__)
    result = call("render")
    assert result.exit_code == 3
    assert result.stderr.startswith("error: this is a bug in tapgen, and not your fault: ")
    assert "Please report it" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in call("render", TAPGEN_TRACEBACK="1").stderr


def test_graph_is_mermaid_of_the_first_environment(platform: Path) -> None:
    result = call("graph")
    assert result.exit_code == 0
    assert result.stdout.startswith("flowchart LR\n")
    assert result.stdout == call("graph", "-e", "dev").stdout
    assert "/payment" in result.stdout
    assert "3 NAT gateways" not in result.stdout
    assert "3 NAT gateways" in call("graph", "-e", "prod").stdout


def test_graph_draws_into_a_file_whatever_templates_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/main.yml").write_text('Resources: {Orders: {Type: "AWS::SQS::Queue"}}')
    result = call("graph", "--templates", "theirs", "--format", "svg", "-o", "picture.svg")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "wrote picture.svg\n")
    assert "orders" in (tmp_path / "picture.svg").read_text()
    assert call("graph").stderr.startswith("error: there are no templates in templates_out")


def test_graph_of_an_unknown_environment_names_what_there_is(platform: Path) -> None:
    result = call("graph", "-e", "prd")
    assert (result.exit_code, result.stdout) == (2, "")
    allowed = "dev, prod, bootstrap, registry"
    expected = f"error: there is no environment 'prd'\n = allowed: {allowed}\n = help: did you mean `prod`?\n"
    assert result.stderr == expected


def test_what_git_does_not_know_yet_has_no_difference(platform: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert call("lint").stderr == "Next: git add templates_out && git status\n"
    subprocess.run(["git", "add", "templates_out"], check=True)
    assert call("lint").stderr == "Next: git diff templates_out\n"


def test_review_as_a_page(platform: Path) -> None:
    shutil.copytree(platform / "templates_out", platform / "before")
    queue = "\n  Queue:\n    Type: AWS::SQS::Queue\n"
    data = platform / "templates_out/dev/alerts.yaml"
    data.write_text(data.read_text().replace("\nResources:\n", f"\nResources:{queue}", 1))
    result = call("review", "--against", "before", "--format", "html")
    assert result.exit_code == 0
    assert result.stdout.startswith("<!doctype html>")
    assert "AWS::SQS::Queue" in result.stdout


@pytest.mark.parametrize("command", [("review", "--against", "templates_out"), ("cost",)])
def test_an_environment_without_templates_is_refused(platform: Path, command: tuple[str, ...]) -> None:
    result = call(*command, "-e", "dev", "-e", "prd")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: there are no templates of an environment 'prd'\n"


def test_review_compares_with_one_thing(platform: Path) -> None:
    result = call("review", "HEAD", "--against", "templates_out")
    assert result.exit_code == 2
    assert "BASE and --against exclude each other." in result.stderr


def test_review_of_a_folder_that_is_not_there(platform: Path) -> None:
    result = call("review", "--against", "templates_out", "-o", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: there are no templates in nowhere; write them: tapgen render\n"


def keep(platform: Path, *paths: str) -> None:
    """Remove every template but these, so that linting takes less time."""
    for path in (platform / "templates_out").rglob("*.yaml"):
        if path.relative_to(platform / "templates_out").as_posix() not in paths:
            path.unlink()


def test_lint_is_fine(platform: Path) -> None:
    keep(platform, "registry.yaml", "dev/alerts.yaml")
    result = call("lint")
    assert (result.exit_code, result.stdout) == (0, "no findings\n")
    assert result.stderr == "Next: git diff templates_out\n"
    assert (platform / ".tapgen_cache").is_dir()


def test_lint_names_the_template_the_line_and_where_it_comes_from(platform: Path) -> None:
    keep(platform, "registry.yaml", "dev/service-order.yaml", "dev/alerts.yaml")
    path = platform / "templates_out/dev/service-order.yaml"
    path.write_text(path.read_text().replace("Protocol: HTTP", "Protocol: HTPP", 1))
    line = path.read_text()[: path.read_text().index("HTPP")].count("\n") + 1
    result = call("lint", "-e", "dev")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"templates_out/dev/service-order.yaml:{line}:")
    source = (platform / "tapgen.yaml").read_text().splitlines().index("  order:") + 1
    assert f"\n    from tapgen.yaml:{source}:" in result.stdout
    assert result.stderr == ""
    found = json.loads(call("lint", "-e", "dev", "--format", "json").stdout)["findings"]
    assert [finding["line"] for finding in found] == [line] * len(found)
    assert call("lint", "-e", "dev", "--format", "github").exit_code == 1
    assert call("lint", "-e", "dev", "--format", "sarif").exit_code == 0
    assert call("lint", "-e", "prod").exit_code == 2


def test_lint_without_templates_says_what_to_do(platform: Path) -> None:
    shutil.rmtree("templates_out")
    result = call("lint")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: there are no templates in templates_out; write them: tapgen render\n"


@pytest.mark.slow
def test_what_init_writes_is_fine_unchanged(platform: Path) -> None:
    result = call("lint")
    assert (result.exit_code, result.stdout) == (0, "no findings\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": ""}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colors(platform: Path, arguments: list[str], environment: dict[str, str], colored: bool) -> None:
    spoil(platform)
    diff = call(*arguments, "render", "--diff", **environment).stdout
    assert ("\x1b[31m-# edited\x1b[0m\n" in diff) is colored
    assert ("\x1b" in diff) is colored
    error = call(*arguments, "render", "-e", "no", **environment).stderr
    assert ("\x1b[31m\x1b[1merror:\x1b[0m there is no" in error) is colored
    assert ("\x1b" in error) is colored


@pytest.mark.parametrize("command", ["schema", "reference", "graph", "cost"])
def test_a_reader_that_goes_away_is_no_error(platform: Path, command: str) -> None:
    with process(command) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 141


def test_ctrl_c_is_silent_and_exits_130() -> None:
    code = "import signal, time, tapgen.render as module\nfrom tapgen.cli import main\n"
    code += "def render(_):\n    signal.raise_signal(signal.SIGINT)\n    time.sleep(60)\nmodule.render = render\nmain()"
    command = [sys.executable, "-c", code, "-C", str(PROJECT / "tapgen.yaml"), "render"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (128 + signal.SIGINT, "", "")


CANNOT_PRINT = "error: cannot print: {}\n".format


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("schema >&-", os.EX_IOERR, CANNOT_PRINT("Bad file descriptor")),
        ("--help >&-", os.EX_IOERR, CANNOT_PRINT("Bad file descriptor")),
        ("schema >&- 2>&-", os.EX_IOERR, ""),
        ("schema 2>&- >/dev/null", 0, ""),
        ("rendr 2>&-", 2, ""),
        ("schema >/dev/full", os.EX_IOERR, CANNOT_PRINT("No space left on device")),
        ("--help >/dev/full", os.EX_IOERR, CANNOT_PRINT("No space left on device")),
        ("render >/dev/full", os.EX_IOERR, CANNOT_PRINT("No space left on device")),
        ("render 2>/dev/full >/dev/null", os.EX_IOERR, ""),
        ("rendr >/dev/full 2>&1", os.EX_IOERR, ""),
    ],
)
def test_output_that_nobody_takes_is_an_error_without_a_traceback(
    platform: Path, command: str, code: int, said: str
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m tapgen {command}', sys.executable], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.removeprefix("Nothing had to change. Next: tapgen lint\n") == said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_an_encoding_without_the_characters_is_no_error(platform: Path, encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "tapgen", "render"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"Nothing had to change. Next: tapgen lint\n")
    assert b" bootstrap.yaml " in done.stdout


def test_exit_codes_are_the_same_wherever_they_are_told() -> None:
    rows = dict(re.findall(r"^\| (\d) \| (.*) \|$", (PROJECT / "README.md").read_text("utf-8"), re.MULTILINE))
    helped = {code: text[0].lower() + text[1:].rstrip(".") for code, text in tapgen.exit_codes}
    listed = re.findall(r"(\d) ([^;.]*)[;.]", str(errors.__doc__).split("Exit codes:")[1].replace("\n", " "))
    assert list(rows) == list(helped) == [code for code, _ in listed]
    for code, text in listed:
        assert rows[code].startswith(helped[code])
        assert helped[code].startswith(text.partition(" (")[0])


def test_lint_offers_the_formats_that_there_are() -> None:
    (option,) = (each for each in tapgen.commands["lint"].params if each.name == "form")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(FORMATS)


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("bootstrap.yaml", "ci:"),
        ("dev/cluster.yaml", "  dev:"),
        ("dev/credentials.yaml", "    secrets:"),
        ("dev/endpoints.yaml", "    network:"),
        ("dev/firewall.yaml", "services:"),
        ("dev/ingress.yaml", "    ingress:"),
        ("dev/monitoring.yaml", "    alerts:"),
        ("dev/service-a.yaml", "  a:"),
    ],
)
def test_a_template_comes_from_the_nearest_word(tmp_path: Path, template: str, line: str) -> None:
    (tmp_path / "tapgen.yaml").write_text(WORDS)
    place = _origin(read(tmp_path / "tapgen.yaml"), template)
    assert place
    assert place.text.startswith(line)


def test_as_a_module_it_is_the_same() -> None:
    with process("schema") as running:
        assert running.stdout
        assert running.stdout.read() == call("schema").stdout
    assert running.returncode == 0
