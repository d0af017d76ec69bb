"""Data are never dropped for being left out of the file: not by writing, and not in the eyes of a check."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tapgen.cli import tapgen

FILE = """\
name: shop
services: {{api: {{port: 8080}}}}
environments:
  dev:
    account: "111111111111"
    region: eu-west-1
    tables: {{{tables}}}
    queues: {{mails: {{}}}}
"""
CART = "carts: {key: id}, order-items: {key: id}"
PLACE = "templates_out/dev/data.yaml:"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def render(tables: str, *options: str) -> Result:
    Path("tapgen.yaml").write_text(FILE.format(tables=tables))
    return CliRunner().invoke(tapgen, ["-q", "render", *options])


def held(folder: Path) -> str:
    return (folder / "templates_out/dev/data.yaml").read_text()


@pytest.mark.parametrize("options", [(), ("--check",), ("--diff",), ("-e", "dev")])
def test_what_is_left_out_is_refused_at_its_place(folder: Path, options: tuple[str, ...]) -> None:
    assert render(CART).exit_code == 0
    before = held(folder)
    refused = render("carts: {key: id}", *options)
    assert refused.exit_code == 2
    assert "OrderItemsTable is in the templates of dev, and not in `tables` of tapgen.yaml any more" in refused.stderr
    line = before.splitlines().index("  OrderItemsTable:") + 1
    assert f"{PLACE}{line}:3" in refused.stderr
    assert "retired: true" in refused.stderr
    assert "delete: true" in refused.stderr
    assert held(folder) == before


def test_all_that_holds_data_may_not_go_at_once_either(folder: Path) -> None:
    assert render(CART).exit_code == 0
    Path("tapgen.yaml").write_text(FILE.format(tables="").replace("    queues: {mails: {}}\n", ""))
    refused = CliRunner().invoke(tapgen, ["render"])
    assert [title for title in ("CartsTable", "OrderItemsTable", "MailsQueue") if f"error: {title}" in refused.stderr]
    assert "DeadLetters" not in refused.stderr


def test_what_is_retired_stays_and_says_so(folder: Path) -> None:
    assert render(CART).exit_code == 0
    assert render("carts: {key: id}, order-items: {key: id, retired: true}").exit_code == 0
    assert "Retired: kept" in held(folder)
    assert "OrderItemsTable" in held(folder)


def test_what_is_protected_loses_its_protection_first(folder: Path) -> None:
    """CloudFormation goes by what was deployed: it would keep the table, and nobody would know of it."""
    assert render(CART).exit_code == 0
    delete = "carts: {key: id}, order-items: {key: id, delete: true, protect: false}"
    refused = render(delete)
    assert refused.exit_code == 2
    assert "tables.order-items: is to be deleted, and is still protected" in refused.stderr
    assert PLACE in refused.stderr

    assert render("carts: {key: id}, order-items: {key: id, protect: false}").exit_code == 0
    assert render(delete, "--check").exit_code == 1
    assert render(delete).exit_code == 0
    assert "OrderItemsTable" not in held(folder)
    assert render("carts: {key: id}").exit_code == 0


def test_an_environment_that_is_not_rendered_is_nobodys_concern(folder: Path) -> None:
    assert render(CART).exit_code == 0
    other = FILE.format(tables="").replace("dev:", "prod:")
    Path("tapgen.yaml").write_text(other)
    assert CliRunner().invoke(tapgen, ["render", "-e", "prod"]).exit_code == 0


@pytest.mark.parametrize(
    ("change", "title", "name"),
    [
        (("carts: {key: id}", "carts: {key: number}"), "CartsTable", "KeySchema"),
        (("carts: {key: id}", "carts: {key: id, sort: day}"), "CartsTable", "KeySchema"),
        (("mails: {}", "mails: {fifo: true}"), "MailsQueue", "FifoQueue"),
    ],
)
def test_what_would_be_replaced_by_an_empty_one_is_refused(
    folder: Path, change: tuple[str, str], title: str, name: str
) -> None:
    assert render(CART).exit_code == 0
    before = held(folder)
    Path("tapgen.yaml").write_text(FILE.format(tables=CART).replace(*change))
    refused = CliRunner().invoke(tapgen, ["render"])
    assert refused.exit_code == 2
    assert f"{title} would be replaced by an empty one, since another {name} is another resource" in refused.stderr
    assert "retired: true" in refused.stderr
    assert held(folder) == before


def test_another_engine_is_another_database(folder: Path) -> None:
    text = FILE.format(tables="").replace("    tables: {}\n", "    databases: {shop: {}}\n")
    Path("tapgen.yaml").write_text(text)
    assert CliRunner().invoke(tapgen, ["-q", "render"]).exit_code == 0
    Path("tapgen.yaml").write_text(text.replace("shop: {}", "shop: {engine: mysql}"))
    refused = CliRunner().invoke(tapgen, ["render"])
    assert refused.exit_code == 2
    assert "ShopCluster would be replaced by an empty one, since another Engine is another resource" in refused.stderr


def test_an_environment_that_holds_data_is_not_dropped_for_being_left_out(folder: Path) -> None:
    two = FILE.format(tables=CART) + '  test: {account: "111111111111", region: eu-west-1}\n'
    Path("tapgen.yaml").write_text(two)
    assert CliRunner().invoke(tapgen, ["-q", "render"]).exit_code == 0
    before = held(folder)
    Path("tapgen.yaml").write_text(two.replace("  dev:\n", "  stage:\n"))
    refused = CliRunner().invoke(tapgen, ["render"])
    assert refused.exit_code == 2
    assert "the environment dev is not in tapgen.yaml any more, and its templates hold data" in refused.stderr
    assert "make destroy ENV=dev" in refused.stderr
    assert held(folder) == before
    Path("tapgen.yaml").write_text(two.replace("  test: {", "  other: {"))
    gone = CliRunner().invoke(tapgen, ["render"])
    assert gone.exit_code == 0, gone.stderr
