"""Where a launch goes: which capacity and which subnet, and where next when there is no room.

It follows from the log alone, so that each retry of one attempt is identical.
"""

from zlib import crc32

from msgspec import Struct

from shared.domain.events import LaunchIntended


class Spot(Struct, frozen=True, kw_only=True):
    """A capacity provider, and one subnet: ECS itself does not try another one."""

    capacity: str
    subnet: str


def spot(plan: LaunchIntended, moves: int) -> Spot:
    """Where the launch goes after it found `moves` times that there was no room.

    Every subnet of one capacity is tried before the next capacity is. Runners begin at different
    subnets, so that a burst is spread.
    """
    subnets, capacities = plan.placement.subnets, plan.capacities
    first = crc32(plan.runner_id.encode())
    return Spot(
        capacity=capacities[moves // len(subnets) % len(capacities)],
        subnet=subnets[(first + moves) % len(subnets)],
    )


def preferred(capacities: tuple[str, ...], number: int) -> tuple[str, ...]:
    """The order in which a job's `number`th runner tries them: after a loss, another one first."""
    first = (number - 1) % len(capacities)
    return capacities[first:] + capacities[:first]
