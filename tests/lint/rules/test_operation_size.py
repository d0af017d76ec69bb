from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("lint")


def messages(folder: Path, stacks: int, topics: int) -> list[str]:
    from cfnlint.decode import decode
    from cfnlint.template import Template

    from tapgen.lint.rules.operation_size import OperationSize

    names = range(stacks)
    (folder / "part.yaml").write_text(
        "Resources:\n" + "".join(f"  T{n}: {{Type: AWS::SNS::Topic}}\n" for n in range(topics))
    )
    nested = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: part.yaml}}"
    (folder / "root.yaml").write_text("Resources:\n" + "".join(f"  S{n}: {nested}\n" for n in names))
    file = str(folder / "root.yaml")
    template, _ = decode(file)
    assert template
    return [match.message for match in OperationSize().match(Template(file, template))]


def test_counts_over_all_stacks(tmp_path: Path) -> None:
    assert messages(tmp_path, 5, 499) == []
    assert messages(tmp_path, 6, 416) == ["2502 resources in 7 stacks are more than 2500"]
