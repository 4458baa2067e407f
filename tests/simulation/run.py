"""Simulate many seeds: `python -m tests.simulation.run --seeds 1000 --profile storm`.

Prints each world in which a rule was violated, with the timeline of the job concerned and the
command that runs it again; then which faults the calls met, and which never. `--coverage` aims
worlds at each call, until it has met each kind of fault.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from tests.simulation.simulation import Outcome, simulate
from tests.simulation.world.faults import aimed_kind
from tests.simulation.world.ledger import APPLICABLE, MADE_ONLY_IN, Ledger
from tests.simulation.world.profile import PROFILES, Kind

MOST_AIMED = 40
"""Seeds tried for one call before it is given up: it may be rare."""


def aimed(seed: int, operations: Iterable[str] = APPLICABLE) -> Iterator[Outcome]:
    """Worlds from that seed on until each of the calls has met each kind of fault.

    A world is left out if the first fault of its call has been met already.
    """
    ledger = Ledger()
    for operation in operations:
        kinds, profile = APPLICABLE[operation], profile_for(operation)
        for number in range(seed, seed + MOST_AIMED):
            if all(ledger.hits[operation, kind] for kind in kinds):
                break
            if ledger.hits[operation, aimed_kind(operation, number, 1)]:
                continue
            outcome = simulate(number, profile, aim=operation)
            ledger.add(outcome.ledger)
            yield outcome


def profile_for(operation: str) -> str:
    """A profile whose worlds make that call."""
    made_only_in = (name for name, calls in MADE_ONLY_IN.items() if operation in calls)
    return next(made_only_in, "aimed")


def covered(ledger: Ledger) -> str:
    """The table of the calls and the faults that they met."""
    lines = [f"{'call':32}{'made':>9}" + "".join(f"{kind:>20}" for kind in Kind)]
    for operation, kinds in APPLICABLE.items():
        hits = [ledger.hits[operation, kind] if kind in kinds else "-" for kind in Kind]
        cells = "".join(f"{hit:>20}" for hit in hits)
        lines.append(f"{operation:32}{ledger.calls[operation]:>9}{cells}")
    never = [f"{operation}: {kind}" for operation, kind in ledger.missing()]
    lines.append(f"never hit: {'; '.join(never) or 'none'}")
    lines.append(f"never called: {', '.join(ledger.uncalled()) or 'none'}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worlds that are asked for; 1 if a rule was violated, or a pair never hit."""
    asked = _parser().parse_args(arguments)
    gc.collect()
    gc.freeze()  # what was imported would be looked through again and again
    began = time.monotonic()
    ledger, worlds, jobs, failed = Ledger(), 0, 0, 0
    for outcome in aimed(asked.first) if asked.coverage else _seeds(asked):
        ledger.add(outcome.ledger)
        worlds += 1
        jobs += len(outcome.world.actions.jobs())
        if outcome.violations:
            failed += 1
            print(outcome.report(), flush=True)
    print(covered(ledger))
    seconds = time.monotonic() - began
    print(f"{worlds} worlds, {jobs} jobs, {failed} with violations, in {seconds:.1f} s")
    return 1 if failed or (asked.coverage and (ledger.missing() or ledger.uncalled())) else 0


def _seeds(asked: argparse.Namespace) -> Iterator[Outcome]:
    for seed in range(asked.first, asked.first + asked.seeds):
        yield simulate(seed, asked.profile, jobs=asked.jobs, aim=asked.aim)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many worlds")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="storm")
    parser.add_argument("--jobs", type=int, help="jobs in each world, instead of the profile's")
    parser.add_argument("--coverage", action="store_true", help="aim at each call and fault")
    parser.add_argument(
        "--aim", choices=sorted(APPLICABLE), help="let this call fail half of the time"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
