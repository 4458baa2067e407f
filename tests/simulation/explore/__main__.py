"""`python -m tests.simulation.explore`: search one scenario, or all of the deep ones."""

import argparse
import sys
from collections.abc import Sequence

from tests.simulation.explore.bounds import DEEP
from tests.simulation.explore.scenario import LARGE, SMALL, Grain, Scenario
from tests.simulation.explore.search import explore
from tests.simulation.explore.world import Left

MOST_JOBS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every world that was visited is well, 1 if an invariant is broken."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if not 0 <= asked.large <= asked.jobs:
        parser.error(f"--large {asked.large}: of {asked.jobs} jobs, 0 to {asked.jobs} can be")
    if asked.deep:
        # Every one is searched, also after a violation: each tells something else.
        return max([_search(name, one, None) for name, one in DEEP.items()])
    labels = (SMALL,) * (asked.jobs - asked.large) + (LARGE,) * asked.large
    left = Left(**{fault: getattr(asked, fault) for fault in Left._fields})
    scenario = Scenario(
        labels=labels,
        runners=asked.runners or asked.jobs,
        grain=Grain(asked.grain),
        channel=asked.channel,
        left=left,
    )
    return _search("one scenario", scenario, asked.most_states)


def _search(name: str, scenario: Scenario, most: int | None) -> int:
    _say(f"{name}: {scenario}")
    found = explore(scenario, most_states=most, progress=_progress)
    _say(f"  {found}")
    return 0 if found.violation is None else 1


def _progress(states: int, frontier: int, depth: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r  depth {depth}, {states:,} states, {frontier:,} to go on from \x1b[K")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _times(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not how often: 0, 1, 2, …")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="explore", description=__doc__)
    parser.add_argument("--deep", action="store_true", help="search all deep scenarios")
    parser.add_argument("--jobs", type=int, choices=range(1, MOST_JOBS + 1), default=1)
    parser.add_argument("--large", type=int, default=0, help="of them, with another label")
    parser.add_argument("--runners", type=int, help="most runners in all; as many as jobs")
    parser.add_argument("--grain", choices=[one.value for one in Grain], default="calls")
    parser.add_argument("--channel", type=int, default=99, help="notices under way at once")
    parser.add_argument("--most-states", type=int, help="stop after so many")
    for fault in Left._fields:
        parser.add_argument(f"--{fault}", type=_times, default=0, help="times on one path")
    return parser


if __name__ == "__main__":
    sys.exit(main())
