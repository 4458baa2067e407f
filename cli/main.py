"""The command group of `ecsrunner`, its error handling and exit codes. No command lives here."""

import os
import sys
from typing import Any, NoReturn

import click

from cli.commands.catalogue import COMMANDS
from cli.commands.connecting import connecting, hoisted
from cli.errors import CLOSED, EXIT_CODES, INTERRUPTED, foreseen
from cli.fleet.context import MEANINGS
from cli.lazy import LazyGroup
from cli.render import progress

_OTHERS = {
    "ECSRUNNER_FLEET": "the fleet's name, instead of the variables above",
    "AWS_REGION, AWS_PROFILE …": "as with all tools of AWS",
    "COLUMNS": "width of the text; else the terminal's, or 80",
    "NO_COLOR": "no colours; in a pipe there are none anyway",
}


def _variables() -> str:
    lines = [f"  {name:<26}  {meaning}" for name, meaning in (MEANINGS | _OTHERS).items()]
    return "\n".join(
        ["\b", "Environment (a command names what it needs and does not find):", *lines]
    )


class _Main(LazyGroup):
    """A group whose commands fail with one message and a documented exit code."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command line; see `click.Command.main`. The exit codes are those of `errors`."""
        run: Any = super().main
        if not standalone_mode:
            return run(*args, standalone_mode=False, **extra)
        try:
            code = run(*args, standalone_mode=False, **extra)
        except click.ClickException as error:
            code = _explained(error)
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the global options, which may follow the command."""
        return super().parse_args(ctx, hoisted(ctx, args))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the arguments, and print help or version; see `click.Command.make_context`."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:
            _hang_up()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and convert each foreseen error to a readable message."""
        try:
            with progress.shown("waiting for AWS"):
                return super().invoke(ctx)
        except BrokenPipeError:
            _hang_up()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            readable = foreseen(error)
            if readable is None:
                raise
            raise readable from error


def _explained(error: click.ClickException) -> int:
    """Print the error, and return the exit code."""
    try:
        _explain(error)
    except BrokenPipeError:
        _close()
        return CLOSED
    return error.exit_code


def _explain(error: click.ClickException) -> None:
    from cli.render import console  # noqa: PLC0415 - rich takes a while

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        console.note(f"`{error.ctx.command_path} --help` shows what is allowed.")
    console.note(f"Error: {error.format_message()}")


def _hang_up() -> NoReturn:
    """End without a message, because the reader of the output has stopped reading."""
    _close()
    raise click.exceptions.Exit(CLOSED)


def _close() -> None:
    """Discard output that is still buffered at the end of the process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


@click.group(
    cls=_Main,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{_variables()}\n\n{EXIT_CODES}",
)
@connecting
@click.version_option(package_name="ecs-runner-fleet", prog_name="ecsrunner")
def main(**_: object) -> None:
    """Show what a fleet of ephemeral GitHub Actions runners on ECS does and did, and why.

    --fleet finds the fleet by its name; without it the variables below describe the fleet. The
    options of `ecsrunner` itself may also follow the command.

    Every command prints text for people; with --json it prints one JSON document instead, times in
    RFC 3339 (UTC). RUNNER_OR_JOB is a runner's id, a job's id or a job's URL at GitHub.
    """
