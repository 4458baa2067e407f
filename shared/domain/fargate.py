"""The valid CPU and memory sizes of Fargate tasks.

Source: Amazon ECS Developer Guide, "Task CPU and memory" for Fargate (Linux), read November 2026:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

_GIB = 1024


def _gib(first: int, last: int, step: int = 1) -> tuple[int, ...]:
    return tuple(_GIB * size for size in range(first, last + 1, step))


MEMORY_BY_CPU: dict[int, tuple[int, ...]] = {
    256: (512, *_gib(1, 2)),
    512: _gib(1, 4),
    1024: _gib(2, 8),
    2048: _gib(4, 16),
    4096: _gib(8, 30),
    8192: _gib(16, 60, 4),
    16384: _gib(32, 120, 8),
    32768: (60 * _GIB, 120 * _GIB, 244 * _GIB),
}
"""Maps CPU units (1024 = 1 vCPU) to the memory sizes that are valid with them, in MiB."""


def size_error(cpu: int, memory: int) -> str | None:
    """Return what is wrong with `cpu` CPU units and `memory` MiB, or None if they are valid."""
    allowed = MEMORY_BY_CPU.get(cpu)
    if allowed is None:
        return f"cpu {cpu} is not a Fargate size; allowed: {_words(tuple(MEMORY_BY_CPU))} CPU units"
    if memory not in allowed:
        return f"memory {memory} does not go with cpu {cpu}; allowed: {_words(allowed)} MiB"
    return None


def _words(sizes: tuple[int, ...]) -> str:
    return ", ".join(str(size) for size in sizes)
