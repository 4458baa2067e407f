"""Fuzz the handlers: `python -m tests.fuzz --bodies 1000 --events 200 --messages 50 --items 10`.

Prints how often each input came to what. The same seed makes the same input; what breaks is shown
with the command that runs it again.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.fuzz import bodies, damage, events, messages
from tests.fuzz.broken import Broken

CHUNK = 5000
"""Inputs of one seed: what breaks is reached again within seconds."""
TARGETS: dict[str, tuple[str, Callable[[int, int], Counter[str]]]] = {
    "bodies": ("webhook bodies", bodies.run),
    "events": ("ECS and CodeBuild events", events.run),
    "messages": ("queue messages", messages.run),
    "items": ("damaged items", damage.run),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the targets that are asked for; 1 if one broke."""
    asked = _parser().parse_args(arguments)
    broken = 0
    for name, (what, run) in TARGETS.items():
        count, began = getattr(asked, name), time.monotonic()
        try:
            results = _run(name, run, count, asked.seed)
        except Broken as error:
            print(f"{what}: broken: {error}", file=sys.stderr, flush=True)
            broken += 1
            continue
        if count:
            told = ", ".join(f"{number:,} {result}" for result, number in results.most_common())
            print(f"{count:,} {what} in {time.monotonic() - began:.0f} s: {told}", flush=True)
    return 1 if broken else 0


def _run(name: str, run: Callable[[int, int], Counter[str]], count: int, seed: int) -> Counter[str]:
    results: Counter[str] = Counter()
    for first in range(0, count, CHUNK):
        most, own = min(CHUNK, count - first), seed + first // CHUNK
        try:
            results += run(most, own)
        except Broken as error:
            again = f"again: python -m tests.fuzz --{name} {most} --seed {own}"
            raise Broken(f"{error}\n{again}") from error
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    for name, (what, _) in TARGETS.items():
        parser.add_argument(f"--{name}", type=int, default=0, metavar="N", help=f"so many {what}")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
