"""The sizes that tasks on Fargate can have."""

from __future__ import annotations

GIB = 1024
MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
    32768: (60 * GIB, 120 * GIB, 244 * GIB),
}
"""MiB of memory that a task can have, by its CPU units.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""


def smallest(cpu: int, memory: int) -> tuple[int, int]:
    """CPU units and MiB of the smallest task that has so many of both, or else of the largest."""
    sizes = ((units, size) for units, each in MEMORY.items() for size in each if units >= cpu and size >= memory)
    return next(sizes, (max(MEMORY), MEMORY[max(MEMORY)][-1]))
