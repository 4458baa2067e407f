"""The command `python -m smoke`, which `make smoke` runs: options, signals, order of the phases."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from smoke import arguments, report
from smoke.arguments import Arguments
from smoke.catalogue import CLEAN_UP, ordered
from smoke.run import Run
from smoke.verdict import Verdict
from smoke.wiring import existing, temporary
from smoke.workspace import ROOM

_FAILED, _INTERRUPTED = 1, 130
_BEFORE = frozenset({"terraform", "packages", "network", "apply"})
"""Checks that count as passed for an existing fleet."""
_OF_CREDENTIAL = frozenset({"github"})
"""Checks that count as passed for a run without a credential."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--region", help="AWS region; default: AWS_REGION, or the profile's.")
@click.option(
    "--prefix", help="Prefix of the temporary fleet; default: random, such as smoke-1a2b."
)
@click.option(
    "--repository", help="OWNER/NAME at which a runner is registered; needs a token or an App."
)
@click.option("--token-file", type=click.Path(path_type=Path), help="File with a GitHub token.")
@click.option("--app-id", help="Id of a GitHub App, or its client id.")
@click.option(
    "--app-key-file",
    type=click.Path(path_type=Path),
    help="File with a private key of the App, in PEM.",
)
@click.option("--keep", is_flag=True, help="Do not remove the fleet.")
@click.option("--destroy", is_flag=True, help="Only remove the fleet of an earlier run (--prefix).")
@click.option(
    "--fleet",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Check the existing fleet of this Terraform directory, without creating or removing it.",
)
@click.option(
    "--room",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOM,
    help="Parent directory of the runs' state and reports; default: .smoke in the checkout.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Run only this check (repeatable).")
@click.option("--skip", multiple=True, metavar="NAME=REASON", help="Skip this check (repeatable).")
@click.option("--endpoint", metavar="URL", help="URL of an AWS emulator; for tests.")
@click.option("--webhook-url", metavar="URL", help="URL for webhooks at the emulator; for tests.")
@click.option("--github-url", metavar="URL", help="URL of GitHub's API; for tests.")
def main(
    *,
    region: str | None,
    prefix: str | None,
    repository: str | None,
    token_file: Path | None,
    app_id: str | None,
    app_key_file: Path | None,
    keep: bool,
    destroy: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    **others: Any,
) -> None:
    """Check step by step, with a temporary fleet, whether the fleet works in an AWS account.

    Exit codes: 0 nothing failed, 1 a check failed, 2 wrong options, 130 interrupted.
    """
    if destroy and (keep or prefix is None):
        raise click.UsageError("--destroy needs --prefix, and goes without --keep")
    found, credential = arguments.github(repository, token_file, app_id, app_key_file)
    chosen, skipped = arguments.checks(only, skip)
    options = Arguments(
        region=arguments.region(region, None if others["fleet"] else prefix, others["room"]),
        prefix=arguments.prefix(prefix),
        repository=found,
        credential=credential,
        keep=keep,
        destroy=destroy,
        only=chosen,
        skip=skipped,
        **others,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    sys.exit(_run(options))


def _run(options: Arguments) -> int:
    """Run all checks and return the exit code."""
    site = existing(options) if options.fleet else temporary(options)
    run = Run(
        site=site,
        echo=click.echo,
        only=options.only,
        skip=options.skip,
        met=_met(options),
    )
    interrupted = False
    try:
        if not options.destroy:
            planned = ordered(launches=site.launches)
            run.all(one for one in planned if one not in CLEAN_UP)
    except KeyboardInterrupt:
        interrupted = True
        click.echo("interrupted; what was made is removed now, which is not interrupted")
    finally:
        path = _report(options, run)
        run.all(CLEAN_UP)
        path = _report(options, run)
    click.echo(f"{report.summary(run.outcomes)}\nreport: {path}")
    if interrupted:
        return _INTERRUPTED
    return _FAILED if run.outcomes.count(Verdict.FAILED) else 0


def _met(options: Arguments) -> frozenset[str]:
    """Return the names of the checks that count as passed for those that need them."""
    fleet = _BEFORE if options.fleet else frozenset()
    return fleet | (frozenset() if options.credential else _OF_CREDENTIAL)


def _report(options: Arguments, run: Run) -> Path:
    site = run.site
    # Line by line: JSON and the report's lines break a key up.
    hidden = options.credential.secret.splitlines() if options.credential else []
    if site.webhook:
        hidden.append(site.webhook.secret)
    return report.write(options.room / site.prefix, site, run.outcomes, hidden)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Interrupt the run once. The removal of the fleet is not interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not SIG_IGN, because terraform would inherit it.
        signal.signal(number, _removing)
    raise KeyboardInterrupt


def _removing(_number: int, _frame: FrameType | None) -> None:
    click.echo("what was made is being removed; this is not interrupted")


if __name__ == "__main__":
    main(prog_name="python -m smoke")
