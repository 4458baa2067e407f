"""Writes pages about the demo's fleet, and prints where they are."""

from collections.abc import Mapping
from pathlib import Path

import click

from local.demo.command import run

_PAGES = {
    "timeline.html": ("timeline", "--since", "1h", "--html"),
    "report.html": ("report", "--since", "1h", "--html"),
}
"""The arguments of `ecsrunner` that write each page; the page's path follows."""


def write_pages(environment: Mapping[str, str], directory: Path) -> None:
    """Write all pages into a directory, and print their URLs."""
    directory.mkdir(parents=True, exist_ok=True)
    click.echo("\nTo look at in a browser:")
    for name, arguments in _PAGES.items():
        path = directory.resolve() / name
        run(environment, *arguments, str(path))
        click.echo(f"  {path.as_uri()}")
