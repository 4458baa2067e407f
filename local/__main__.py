"""The command `python -m local`: runs the demo, or starts a stack and leaves it running.

This module parses arguments and handles signals; `demo` and `stack` do the work.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, NoReturn

import click

from local.aws.validation.record import Violations
from local.demo import run as demo_run
from local.demo.pages import write_pages
from local.demo.text import say
from local.description import FUNCTION_TIMEOUT_SECONDS
from local.dynamodb.install import NotInstalledError
from local.stack import Options, Stack
from local.up import usage, write, write_exports
from local.zips import NoZipsError

_INTERRUPTED = 130
_LOOK_SECONDS = 0.5
"""Interval at which a running stack checks for a signal."""
_BUILD = Path(__file__).resolve().parents[1] / "build"
_ZIPS = _BUILD / "local"
_PAGES = _BUILD / "demo"
_STORMY_TIMEOUT = 5
"""Function timeout in seconds. The messages of a killed scheduler become visible again after six
times as long."""


class _NewFile(click.Path):
    """The path of an output file in an existing directory, validated before the stack starts."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.Path.convert`."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not os.access(path.parent, os.W_OK | os.X_OK) or not path.parent.is_dir():
            self.fail(f"'{path.parent}' is not a directory that can be written to", param, ctx)
        return path


_runtime = click.option(
    "--runtime",
    type=click.Choice(["source", "zip"]),
    default="source",
    show_default=True,
    help="Run the functions from the source tree, or from their zips as Lambda does.",
)
_zips = click.option(
    "--zips",
    type=click.Path(path_type=Path, file_okay=False),
    default=_ZIPS,
    help="Directory of the zips for this machine. Default: build/local.",
)

_dynamodb = click.option(
    "--dynamodb",
    type=click.Choice(["moto", "local"]),
    default="moto",
    show_default=True,
    help="DynamoDB emulator: moto, as for all other services, or DynamoDB Local, from AWS.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the whole fleet on this machine, with emulators of AWS and GitHub."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


@main.command()
@click.option("--seed", type=int, help="Random seed: which idle runner gets a job, and the faults.")
@click.option(
    "--faults",
    type=click.Choice(["none", "storm"]),
    default="none",
    show_default=True,
    help="storm: lost, duplicate, late webhooks; throttling, no capacity, interruptions, crashes.",
)
@click.option(
    "--pages",
    type=click.Path(path_type=Path, file_okay=False),
    default=_PAGES,
    help="Directory for the pages about the fleet. Default: build/demo.",
)
@_runtime
@_zips
@_dynamodb
def demo(
    *, seed: int | None, faults: str, pages: Path, runtime: str, zips: Path, dynamodb: str
) -> None:
    """Run a burst of jobs. Exit with 0 only if every job ended as expected."""
    stormy = faults == "storm"
    timeout = _STORMY_TIMEOUT if stormy else FUNCTION_TIMEOUT_SECONDS
    try:
        options = Options(
            prefix="demo",
            seed=seed,
            timeout=timeout,
            zips=_chosen(runtime, zips),
            dynamodb_local=dynamodb == "local",
        )
        with _stack(options) as stack:
            well = demo_run.run_in_storm(stack, seed) if stormy else demo_run.run(stack)
            write_pages(stack.cli_environment, pages)
            if not well:
                kept = shutil.copytree(stack.directory, Path(tempfile.mkdtemp()) / "demo")
                say(f"Logs of the functions and output of the tasks: {kept}")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(0 if well else 1)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port for webhooks.")
@click.option("--seed", type=int, help="Random seed: which idle runner gets a job.")
@click.option(
    "--write",
    "path",
    type=_NewFile(),
    help="Write addresses and the CLI's environment to this file, as JSON, after the start.",
)
@_runtime
@_zips
@_dynamodb
def up(
    *, port: int, seed: int | None, path: Path | None, runtime: str, zips: Path, dynamodb: str
) -> None:
    """Start the stack, print how to use it, and leave it running."""
    options = Options(
        prefix="local",
        seed=seed,
        port=port,
        zips=_chosen(runtime, zips),
        dynamodb_local=dynamodb == "local",
    )
    violations = Violations()
    try:
        with _stack(options, keep=True) as stack:
            violations = stack.aws.violations
            click.echo(usage(stack, write_exports(stack), _ecsrunner()))
            if path:
                write(path, stack)
            click.echo("Ctrl-C stops all of it.")
            # A signal that another thread receives does not interrupt a wait without a timeout.
            while not Event().wait(_LOOK_SECONDS):
                pass
    except KeyboardInterrupt:
        click.echo("Stopped; the logs are still there.")
    if violations.all():
        sys.exit(1)  # each was printed when it occurred


def _chosen(runtime: str, zips: Path) -> Path | None:
    return zips if runtime == "zip" else None


@contextmanager
def _stack(options: Options, *, keep: bool = False) -> Iterator[Stack]:
    """Run a stack with its own directory, which is deleted at the end unless `keep` is set."""
    with ExitStack() as gone:
        directory = Path(tempfile.mkdtemp(prefix="ecs-runner-fleet-"))
        gone.callback(shutil.rmtree, directory)
        stack = Stack(directory, options)
        try:
            with stack:
                click.echo(f"AWS      {stack.aws.url}   ({_emulators(options)})")
                click.echo(f"GitHub   {stack.github.url}   (stand-in)")
                click.echo(f"webhook  {stack.webhook_url}")
                if keep:
                    gone.pop_all()
                yield stack
        except (NoZipsError, NotInstalledError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if stack.options.port and "in use" in str(error).lower():
                raise click.ClickException(f"port {stack.options.port} is in use") from error
            raise


def _emulators(options: Options) -> str:
    return "moto, patched; DynamoDB Local" if options.dynamodb_local else "moto, patched"


def _ecsrunner() -> str:
    """Return the path of the command `ecsrunner`, relative to the working directory if possible."""
    path = Path(sys.executable).with_name("ecsrunner")
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Start an orderly stop, which further signals do not interrupt."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="python -m local")
