from collections.abc import Callable
from pathlib import Path

import pytest

from tapgen.config.read import read
from tapgen.errors import ConfigError, Place

ERRORS = Path(__file__).parent.parent / "errors"


@pytest.mark.parametrize("case", sorted(path.parent.name for path in ERRORS.glob("*/tapgen.yaml")))
def test_errors_read_as_expected(case: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ERRORS / case)
    with pytest.raises(ConfigError) as error:
        read(Path("tapgen.yaml"))
    assert all(problem.place for problem in error.value.problems)
    golden(ERRORS / case / "expected.txt", f"{error.value}\n")
