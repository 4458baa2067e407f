"""The document of `ecsrunner logs`."""

from msgspec import Struct

from cli.fleet.container_log import LogLine


class RunnerLog(Struct, frozen=True, kw_only=True):
    """What the containers of runners wrote.

    Attributes:
        lines: The lines of each runner in their order, one runner after another.
        runner_ids: The runners, in the order of their launches.
    """

    lines: tuple[LogLine, ...] = ()
    runner_ids: tuple[str, ...]
