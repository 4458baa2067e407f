"""`python -m tests.simulation.bugs`: plant each bug, and print who caught it, where and how."""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.simulation.bugs.bug import Bug
from tests.simulation.bugs.grading import Caught, grade
from tests.simulation.bugs.planted import BUGS

WIDTH = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every bug that was asked for is caught as what it is, 1 if one gets away."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.bugs", description=__doc__)
    parser.add_argument("words", nargs="*", help="only bugs with one of these in their names")
    words = parser.parse_args(arguments).words
    bugs = [bug for bug in BUGS if not words or any(word in bug.name for word in words)]
    found = [(bug, grade(bug)) for bug in bugs]
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(_table(found))
    missed = [bug.name for bug, caught in found if not bug.is_seen_in(caught)]
    told = f"; missed: {', '.join(missed)}" if missed else ""
    console.print(f"{len(bugs) - len(missed)} of {len(bugs)} planted bugs caught{told}")
    return 1 if missed or not bugs else 0


def _table(found: Sequence[tuple[Bug, Caught | None]]) -> Table:
    table = Table(show_lines=True)
    for name in ("bug", "what is wrong", "caught by", "where", "what was violated", "s"):
        table.add_column(name)
    for bug, caught in found:
        told = (
            ("nobody", "", "", "")
            if caught is None
            else (caught.by, caught.where, caught.what, f"{caught.seconds:.1f}")
        )
        table.add_row(bug.name, bug.says, *told)
    return table


if __name__ == "__main__":
    sys.exit(main())
