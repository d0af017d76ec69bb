"""The sizes of tasks, against what each size has to be for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tapgen.config.fargate import MEMORY, smallest

SIZES = [(cpu, memory) for cpu, each in MEMORY.items() for memory in each]
LARGEST = (32768, 244 * 1024)

Needs = st.integers(0, LARGEST[0]), st.integers(0, LARGEST[1])


@given(*Needs)
def test_the_smallest_task_has_enough_and_none_that_is_smaller_has(cpu: int, memory: int) -> None:
    found = smallest(cpu, memory)
    assert found in SIZES
    assert found[0] >= cpu
    assert found[1] >= memory
    assert [size for size in SIZES if size < found and size[0] >= cpu and size[1] >= memory] == []


@given(st.integers(0, 10 * LARGEST[0]), st.integers(0, 10 * LARGEST[1]))
def test_what_no_task_has_leads_to_the_largest(cpu: int, memory: int) -> None:
    enough = cpu <= LARGEST[0] and memory <= LARGEST[1]
    assert enough or smallest(cpu, memory) == LARGEST
