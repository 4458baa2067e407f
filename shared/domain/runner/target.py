"""Chooses the capacity provider and the subnet of a launch attempt.

After "no capacity" the next attempt uses another target: every subnet of one capacity provider is
tried before the next provider. The choice depends on the log and the policy alone.
"""

from zlib import crc32

from msgspec import Struct

from shared.domain.runner.state import Runner


class LaunchTarget(Struct, frozen=True, kw_only=True):
    """A capacity provider and one subnet, since ECS does not fall back to another one."""

    capacity: str
    subnet: str


def target(runner: Runner, capacities: tuple[str, ...], subnets: tuple[str, ...]) -> LaunchTarget:
    """Return the target of the runner's next attempt.

    Runners begin with different subnets, so that a burst is spread. After the loss of a runner the
    next one begins with another capacity provider.
    """
    first_subnet = crc32(runner.id.encode())
    first_capacity = runner.number - 1
    return LaunchTarget(
        capacity=capacities[(first_capacity + runner.moves // len(subnets)) % len(capacities)],
        subnet=subnets[(first_subnet + runner.moves) % len(subnets)],
    )


def target_count(capacities: int, subnets: int) -> int:
    """Return how many targets are tried before the first one is tried again."""
    return capacities * subnets
