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
    """Return 0 if no invariant is broken in the worlds that were visited, and 1 otherwise."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 0 <= options.large <= options.jobs:
        parser.error(f"--large {options.large}: must be from 0 to --jobs ({options.jobs})")
    if options.deep:
        # All are searched, also after a violation: each covers something else.
        return max([_search(name, one, one.most_states) for name, one in DEEP.items()])
    labels = (SMALL,) * (options.jobs - options.large) + (LARGE,) * options.large
    left = Left(**{fault: getattr(options, fault) for fault in Left._fields})
    scenario = Scenario(
        labels=labels,
        runners=options.runners or options.jobs,
        grain=Grain(options.grain),
        channel=options.channel,
        left=left,
    )
    return _search("one scenario", scenario, options.most_states)


def _search(name: str, scenario: Scenario, most: int | None) -> int:
    _print(f"{name}: {scenario}")
    found = explore(scenario, most_states=most, progress=_progress)
    _print(f"  {found}")
    return 0 if found.violation is None else 1


def _progress(states: int, frontier: int, depth: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(
            f"\r  depth {depth}, {states:,} states, {frontier:,} in the frontier \x1b[K"
        )


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _times(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of times: use 0, 1, 2, …")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="explore", description=__doc__)
    parser.add_argument("--deep", action="store_true", help="search all deep scenarios")
    parser.add_argument("--jobs", type=int, choices=range(1, MOST_JOBS + 1), default=1)
    parser.add_argument(
        "--large", type=int, default=0, help="number of these jobs that want a large runner"
    )
    parser.add_argument(
        "--runners", type=int, help="most runners planned in all; by default one for each job"
    )
    parser.add_argument("--grain", choices=[one.value for one in Grain], default="calls")
    parser.add_argument("--channel", type=int, default=99, help="most notices under way at once")
    parser.add_argument("--most-states", type=int, help="stop after this number of states")
    for fault in Left._fields:
        parser.add_argument(
            f"--{fault}", type=_times, default=0, help="most occurrences on one path"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
