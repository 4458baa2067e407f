"""`ecsrunner jobs`: the commands on jobs."""

import click

from cli.commands.history import history
from cli.commands.why import why


@click.group()
def jobs() -> None:
    """List jobs, and show why one waits or waited."""


jobs.add_command(why)
jobs.add_command(history)
