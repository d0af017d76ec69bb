"""References become what they stand for, and everything else stays the text that it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from troposphere import Ref

from tapgen.kinds import Text
from tapgen.layers.workload.references import filled

KNOWN: dict[str, dict[str, Text | str]] = {
    "orders": {"name": Text(Ref("DataTablesOrdersName"))},
    "order": {"url": "http://order:80", "port": "80"},
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain $HOME $a", "plain $HOME $a"),
        ("plain ${HOME}", {"Fn::Join": ["$", ["plain ", "{HOME}"]]}),
        ("${orders.name}", {"Ref": "DataTablesOrdersName"}),
        ("db/${orders.name}?x=${HOME}", {"Fn::Sub": "db/${DataTablesOrdersName}?x=${!HOME}"}),
        ("${order.url}/v1", "http://order:80/v1"),
        ("${order.port}${orders.name}", {"Fn::Sub": "80${DataTablesOrdersName}"}),
        ("a $${orders.name}", {"Fn::Join": ["$", ["a ", "{orders.name}"]]}),
        ("$${x} ${orders.name}", {"Fn::Sub": "${!x} ${DataTablesOrdersName}"}),
        ("", ""),
    ],
)
def test_references_are_filled_in(text: str, result: Any) -> None:
    found = filled(text, KNOWN)
    assert (found if isinstance(found, str) else json.loads(json.dumps(found.to_dict()))) == result
