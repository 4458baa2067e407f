"""`ecsrunner github`: the fleet's GitHub App. Its commands are in modules of their own."""

import click

from cli.commands.connect_app import connect
from cli.commands.create_app import create_app


@click.group()
def github() -> None:
    """Create the fleet's GitHub App, and connect its webhook."""


github.add_command(create_app)
github.add_command(connect)
