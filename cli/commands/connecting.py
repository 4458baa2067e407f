"""The global options: --fleet, --profile and --region. They may stand before or after the command.

Importing this module is cheap: the help of `ecsrunner` needs it.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from cli.fleet.connection import Connection

F = TypeVar("F", bound=Callable[..., Any])

_GLOBAL = ("--fleet", "--profile", "--region")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")


class _FleetName(click.ParamType[str]):
    """The prefix of a fleet."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the prefix."""
        from shared.domain.names import check_prefix  # noqa: PLC0415 - help does not need it

        try:
            return check_prefix(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)

    def shell_complete(
        self, ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the fleets of the account and the Region that begin so."""
        from cli.commands.completing import fleet_names  # noqa: PLC0415 - help does not need it

        return [CompletionItem(one) for one in fleet_names(ctx, incomplete)]


class _RegionName(click.ParamType[str]):
    """A Region of AWS."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the Region. Whether there is such a Region shows when it is called."""
        if not _REGION.fullmatch(value):
            self.fail(f"{value!r} is not a Region; allowed: such as eu-central-1.", param, ctx)
        return value


def connecting(command: F) -> F:
    """Add the global options to the command."""
    for option in (
        click.option("--region", type=_RegionName(), help="The Region, instead of AWS_REGION."),
        click.option(
            "--profile",
            metavar="NAME",
            help="A profile of AWS's configuration files, instead of AWS_PROFILE.",
        ),
        click.option(
            "--fleet",
            type=_FleetName(),
            envvar="ECSRUNNER_FLEET",
            help="The fleet's prefix. Its names are read from the SSM parameter that Terraform "
            "writes.  [env: ECSRUNNER_FLEET]",
        ),
    ):
        command = option(command)
    return command


def hoisted(ctx: click.Context, args: list[str]) -> list[str]:
    """Return the arguments with the global options before all others.

    Raises:
        BadOptionUsage: the value of one is missing, unless the shell completes the line.
    """
    before: list[str] = []
    others: list[str] = []
    left = iter(args)
    for word in left:
        if word == "--":
            others += [word, *left]
        elif word in _GLOBAL:
            value = next(left, None)
            if value is not None:
                before += [word, value]
            elif not ctx.resilient_parsing:
                raise click.BadOptionUsage(word, f"Option {word!r} requires an argument.", ctx)
        elif word.startswith(tuple(f"{name}=" for name in _GLOBAL)):
            before.append(word)
        else:
            others.append(word)
    return before + others


def connection_of(ctx: click.Context) -> Connection:
    """Return what the user has chosen by the global options."""
    root = ctx.find_root()
    return Connection(
        fleet=root.params.get("fleet"),
        typed=root.get_parameter_source("fleet") is ParameterSource.COMMANDLINE,
        profile=root.params.get("profile"),
        region=root.params.get("region"),
    )
