"""The options by which commands price what was used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from cli.analysis.cost import Basis
from cli.analysis.prices import (
    INCLUDED_GB,
    MOST_GB,
    Architecture,
    PricesError,
    PriceTable,
    own_prices,
    read_prices,
)


class PricesFile(click.ParamType[PriceTable]):
    """A file with a price table."""

    name = "file"

    def convert(
        self, value: str | PriceTable, param: click.Parameter | None, ctx: click.Context | None
    ) -> PriceTable:
        """Return the table in that file."""
        if isinstance(value, PriceTable):
            return value
        try:
            return read_prices(Path(value).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            self.fail(f"{value!r} can't be read: {error}", param, ctx)
        except PricesError as error:
            self.fail(
                f"{value!r} is not a price table: {error}; allowed is the form of "
                "cli/analysis/prices.toml",
                param,
                ctx,
            )


_OPTIONS = (
    click.option(
        "--prices",
        type=PricesFile(),
        help="Your own price table, in the form of cli/analysis/prices.toml.",
    ),
    click.option(
        "--architecture",
        type=click.Choice(get_args(Architecture)),
        default="x64",
        show_default=True,
        help="Of the runners, as in the Terraform module.",
    ),
    click.option(
        "--storage",
        type=click.IntRange(INCLUDED_GB, MOST_GB),
        default=INCLUDED_GB,
        show_default=True,
        metavar="GIB",
        help="The module's ephemeral_storage_gib.",
    ),
    click.option(
        "--github-fee",
        type=click.FloatRange(min=0),
        default=0.0,
        metavar="DOLLARS",
        help="What GitHub charges for a minute of a job on a self-hosted runner.",
    ),
)
NAMES = ("prices", "architecture", "storage", "github_fee")
"""The names of the parameters that a command gets."""


def pricing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of prices to a command, which gets them by the names in `NAMES`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def basis(
    *, prices: PriceTable | None, architecture: Architecture, storage: int, github_fee: float
) -> Basis:
    """Return what costs are computed from, given these options."""
    return Basis(
        prices=prices or own_prices(),
        architecture=architecture,
        storage_gb=storage,
        github_minute=github_fee,
    )
