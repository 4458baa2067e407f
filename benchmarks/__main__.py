"""The command `python -m benchmarks`: all benchmarks in one run, beside their floors.

Each part is a process of its own, and runs once in each round. `--against COMMIT` also runs that
commit's own parts, in turn with these, so that other load on the machine has the same effect on
both. What a figure says, and what not: benchmarks/README.md.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks import figures as form
from benchmarks.figures import Figure

PROJECT = Path(__file__).resolve().parents[1]
_OF_LOAD = {
    "p50": "s",
    "p99": "s",
    "aws_calls": "calls",
    "invocations": "a job",
    "refused": "a job",
    "writes": "units",
    "hottest": "units/s",
}
"""The figures of a simulated load, with their units."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A benchmark: a module, its arguments, and how its JSON is read.

    Attributes:
        is_exact: It gives the same figures each time, so that one round is enough.
    """

    module: str
    arguments: Sequence[str]
    read: Callable[[Any], list[Figure]] = form.read
    is_exact: bool = False


def _of_load(report: Any) -> list[Figure]:
    return [
        Figure(name=name, value=report[name], unit=unit)
        for name, unit in _OF_LOAD.items()
        if name in report
    ]


PARTS: Mapping[str, Part] = {
    "a webhook": Part(module="cold_start", arguments=("--rounds", "1", "--json")),
    "events": Part(module="fold", arguments=("--json",)),
    "an export": Part(module="processes", arguments=("--json",)),
    "20 jobs a second for 5 minutes": Part(
        module="load",
        arguments=("--rate", "20", "--duration", "300", "--json"),
        read=_of_load,
        is_exact=True,
    ),
}

Values = dict[tuple[str, str], list[Figure]]
"""The figures of all rounds, by part and name."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, help=__doc__)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="default: all")
@click.option("--against", metavar="COMMIT", help="a commit to compare with")
@click.option("--json", "path", type=click.Path(path_type=Path), help="also write JSON to a file")
def main(rounds: int, parts: Sequence[str], against: str | None, path: Path | None) -> None:
    """Run the parts, print a table, and write JSON if it is asked for."""
    load = os.getloadavg()[0]
    with _trees(against) as trees:
        values: dict[Path, Values] = {tree: {} for tree in trees}
        for number in range(rounds):
            for name in parts or PARTS:
                if number == 0 or not PARTS[name].is_exact:
                    for tree in trees if number % 2 == 0 else reversed(trees):
                        _run(name, tree, values[tree])
        rows = list(_rows(*values.values()))
    report = {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "commit": _commit("HEAD"),
        "against": _commit(against) if against else None,
        "rounds": rounds,
        "figures": rows,
    }
    if path is not None:
        path.write_text(json.dumps(report, indent=1) + "\n")
    click.echo("\n".join(_table(report)))


@contextmanager
def _trees(against: str | None) -> Iterator[list[Path]]:
    """Yield the checkouts to measure, each with its zips: this one, and one of the other commit."""
    if against is None:
        _build(PROJECT)
        yield [PROJECT]
        return
    other = PROJECT / "build" / "against"
    _git("worktree", "add", "--force", "--detach", str(other), _commit(against))
    try:
        for tree in (PROJECT, other):
            _build(tree)
        yield [PROJECT, other]
    finally:
        _git("worktree", "remove", "--force", str(other))


def _build(tree: Path) -> None:
    _python(tree, "bundles", "--for", "local", "--out", "build/local")


def _run(name: str, tree: Path, values: Values) -> None:
    """Run a part once, and add its figures. An older commit may lack it."""
    part = PARTS[name]
    try:
        answer = _python(tree, f"benchmarks.{part.module}", *part.arguments)
    except click.ClickException:
        if tree == PROJECT:
            raise
        return
    for figure in part.read(json.loads(answer)):
        values.setdefault((name, figure.name), []).append(figure)


def _python(tree: Path, *words: str) -> str:
    """Run a module of a checkout, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(words)} failed:\n{done.stderr or done.stdout}")
    return done.stdout


def _commit(name: str) -> str:
    try:
        return _git("rev-parse", "--short", f"{name}^{{commit}}").strip()
    except click.ClickException as error:
        raise click.ClickException(f"{name} is no commit of this repository") from error


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _rows(here: Values, there: Values | None = None) -> Iterator[dict[str, Any]]:
    """Yield a row for each figure: its median, its range, its ratios."""
    medians = {key: statistics.median(one.value for one in found) for key, found in here.items()}
    for (part, name), found in here.items():
        median, figure = medians[part, name], found[0]
        floor = medians.get((part, figure.floor))
        other = there.get((part, name)) if there is not None else None
        before = statistics.median(one.value for one in other) if other else None
        yield {
            "part": part,
            "name": name,
            "unit": figure.unit,
            "median": median,
            "least": min(one.value for one in found),
            "most": max(one.value for one in found),
            "floor": figure.floor,
            "to_floor": median / floor if floor else None,
            "against": before,
            "to_against": median / before if before else None,
        }


def _table(report: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{report['cpus']} CPUs ({report['architecture']}), Python {report['python']}; load "
        f"{report['load_before']:.2f} before, {report['load_after']:.2f} after"
    )
    other = report["against"]
    turns = f", in turn with {other}" if other else ""
    yield f"commit {report['commit']}{turns}; medians; rounds: {report['rounds']}"
    part = None
    for row in report["figures"]:
        if row["part"] != part:
            part = row["part"]
            heading = f"{part:<30}{'median':>10} {'':<9}{'(least-most)':>18}{'to floor':>10}"
            yield f"\n{heading}" + (f"{other:>10}{'ratio':>7}" if other else "")
        span = f"({form.number(row['least'])}-{form.number(row['most'])})"
        line = f"{row['name']:<30}{form.number(row['median']):>10} {row['unit']:<9}{span:>18}"
        line += f"{_ratio(row['to_floor']):>10}"
        if other:
            before = "-" if row["against"] is None else form.number(row["against"])
            line += f"{before:>10}{_ratio(row['to_against']):>7}"
        yield line.rstrip()


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
