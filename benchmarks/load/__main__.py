"""The command `python -m benchmarks.load`: runs a load, prints the figures, checks limits."""

import json
import operator
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import click

from benchmarks.load import shipped
from benchmarks.load.figures import NUMBERS, Figures, figures
from benchmarks.load.options import Consumption, Delays, Options
from benchmarks.load.report import parameters, results
from benchmarks.load.world import BEGINS, World
from shared.wiring.credentials import MOST

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}
_EXPECTATION = re.compile(r"(\w+)\s*(<=|>=|==|<|>)\s*(-?[0-9.]+)")
_DELAYS = tuple(one.name for one in fields(Delays))
_PROGRESS_SECONDS = 10.0
_WITHOUT_LIMIT = 10
"""Default of `max_runners` as a multiple of the jobs, so that no job waits for a slot."""


class Broken(click.ClickException):
    """A figure exceeds its limit."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, help=__doc__)
@click.option("--rate", type=click.FloatRange(min=0.01), default=20.0, help="jobs a second")
@click.option("--duration", type=click.FloatRange(min=1), default=300.0, help="seconds")
@click.option("--burst", type=click.IntRange(min=1), help="jobs at once, instead of a rate")
@click.option("--webhooks", type=click.FloatRange(min=1), default=200.0, help="webhooks a second")
@click.option("--job-seconds", type=click.FloatRange(min=0), default=60.0)
@click.option("--max-runners", type=click.IntRange(min=1), help="default: ten times the jobs")
@click.option("--github-per-minute", type=click.IntRange(min=1), help="just-in-time configs")
@click.option("--credentials", type=click.IntRange(1, MOST), default=1, help="GitHub tokens")
@click.option("--scheduler", "scheduler", help="BATCHxCONCURRENCY, default: as Terraform has it")
@click.option("--reconciler", "reconciler", help="BATCHxCONCURRENCY, the same")
@click.option("--run-task-rate", type=click.FloatRange(min=0.1), default=20.0)
@click.option("--run-task-burst", type=click.FloatRange(min=1), default=100.0)
@click.option("--pollers", type=click.IntRange(min=1), help="batches of a queue at once, at first")
@click.option("--pollers-per-minute", type=click.FloatRange(min=0), default=300.0)
@click.option("--images/--no-images", default=True, help="whether the fleet builds its images")
@click.option("--delay", multiple=True, metavar="NAME=S[-S]", help=f"of: {', '.join(_DELAYS)}")
@click.option("--setting", multiple=True, metavar="NAME=VALUE", help="of the functions")
@click.option("--patience", type=click.FloatRange(min=1), default=3600.0)
@click.option("--seed", type=int, default=0)
@click.option("--expect", multiple=True, metavar="FIGURE<=N", help="else exit code 1")
@click.option("--json", "as_json", is_flag=True, help="print one document")
def main(expect: Sequence[str], *, as_json: bool, **asked: Any) -> None:
    """Run the load, print the figures, and compare them with the limits."""
    limits = [_limit(one) for one in expect]
    options = _options(asked)
    if not as_json:
        click.echo("\n".join(parameters(options)))
    began = time.process_time()
    world = World(options)
    world.run(_progress())
    found = figures(world) | {"cpu_seconds": time.process_time() - began}
    if as_json:
        click.echo(json.dumps({"parameters": list(parameters(options)), **found}, indent=1))
    else:
        click.echo("\n".join(["", *results(found)]))
        click.echo(f"\n{found['virtual_seconds']:.0f} s in {found['cpu_seconds']:.0f} s of CPU")
    broken = [words for words, holds in limits if not holds(found)]
    if broken:
        raise Broken("not held: " + "; ".join(broken))


def _options(asked: Mapping[str, Any]) -> Options:
    consumers = shipped.consumers()
    for name in consumers:
        if asked[name]:
            consumers[name] = _consumption(asked[name])
    options = Options(
        rate=asked["rate"],
        duration=asked["duration"],
        burst=asked["burst"],
        webhooks=asked["webhooks"],
        consumers=consumers,
        timeouts=shipped.timeouts(),
        github_per_minute=asked["github_per_minute"],
        credentials=asked["credentials"],
        max_runners=asked["max_runners"] or 1,
        job_seconds=asked["job_seconds"],
        images=asked["images"],
        run_task=(asked["run_task_rate"], asked["run_task_burst"]),
        pollers=(asked["pollers"], asked["pollers_per_minute"]) if asked["pollers"] else None,
        patience=asked["patience"],
        seed=asked["seed"],
        delays=_delays(asked["delay"]),
        settings=dict(_pair(one) for one in asked["setting"]),
    )
    if asked["max_runners"]:
        return options
    return replace(options, max_runners=_WITHOUT_LIMIT * options.jobs)


def _consumption(text: str) -> Consumption:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise click.BadParameter(f"{text!r}; wanted BATCHxCONCURRENCY, such as 1x50")
    return Consumption(batch=int(found[1]), concurrency=int(found[2]))


def _delays(asked: Sequence[str]) -> Delays:
    pairs = dict(_pair(one) for one in asked)
    unknown = pairs.keys() - set(_DELAYS)
    if unknown:
        raise click.BadParameter(f"no delay {', '.join(sorted(unknown))}: {', '.join(_DELAYS)}")
    ranges = {name: [float(one) for one in bounds.split("-")] for name, bounds in pairs.items()}
    return replace(Delays(), **{name: (bounds[0], bounds[-1]) for name, bounds in ranges.items()})


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text!r}; wanted NAME=VALUE")
    return name, value


def _limit(text: str) -> tuple[str, Callable[[Figures], bool]]:
    found = _EXPECTATION.fullmatch(text.strip())
    if found is None:
        raise click.BadParameter(
            f"{text!r}; wanted a limit such as p99<=2.5", param_hint="--expect"
        )
    name, sign, most = found[1], _COMPARE[found[2]], float(found[3])
    if name not in NUMBERS:
        raise click.BadParameter(f"no figure {name}: {', '.join(NUMBERS)}", param_hint="--expect")
    return text, lambda figures: sign(figures[name], most)


def _progress() -> Callable[[World], None]:
    """Return a function that prints the progress at intervals."""
    said = time.monotonic()

    def say(world: World) -> None:
        nonlocal said
        if sys.stderr.isatty() and time.monotonic() - said > _PROGRESS_SECONDS:
            said = time.monotonic()
            at = world.fibers.seconds - BEGINS
            click.echo(f"{at:.0f} s: {len(world.accepted)} launched", err=True)

    return say


if __name__ == "__main__":
    main()
