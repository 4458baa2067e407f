"""Runs `ecsrunner` on the demo's stack, as a user would."""

import os
import subprocess
import sys
from collections.abc import Mapping

import click


def show(environment: Mapping[str, str], *arguments: str) -> None:
    """Print a command, run it, and let it print its output.

    Raises:
        click.ClickException: it failed.
    """
    click.secho(f"\n$ ecsrunner {' '.join(arguments)}", bold=True)
    _run(environment, arguments, quiet=False)


def run(environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command without its output. Raises as `show`."""
    _run(environment, arguments, quiet=True)


def _run(environment: Mapping[str, str], arguments: tuple[str, ...], *, quiet: bool) -> None:
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "cli", *arguments],
        env={**os.environ, **environment},
        check=False,
        capture_output=quiet,
    )
    if ended.returncode:
        raise click.ClickException(f"ecsrunner {' '.join(arguments)} failed: {ended.returncode}")
