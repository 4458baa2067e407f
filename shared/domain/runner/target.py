"""Where an attempt to launch goes: which capacity provider, which subnet.

After "no capacity" the next attempt goes elsewhere: every subnet of one capacity provider is tried
before the next provider is. It follows from the log and the policy alone.
"""

from zlib import crc32

from msgspec import Struct

from shared.domain.runner.state import Runner


class LaunchTarget(Struct, frozen=True, kw_only=True):
    """A capacity provider, and one subnet: ECS itself does not try another one."""

    capacity: str
    subnet: str


def target(runner: Runner, capacities: tuple[str, ...], subnets: tuple[str, ...]) -> LaunchTarget:
    """Where the runner's next attempt goes.

    Runners begin at different subnets, so that a burst is spread; after the loss of a runner the
    next one begins at another capacity provider.
    """
    first_subnet = crc32(runner.id.encode())
    first_capacity = runner.number - 1
    return LaunchTarget(
        capacity=capacities[(first_capacity + runner.moves // len(subnets)) % len(capacities)],
        subnet=subnets[(first_subnet + runner.moves) % len(subnets)],
    )


def target_count(capacities: int, subnets: int) -> int:
    """How many target_count there are to try before the first one is tried again."""
    return capacities * subnets
