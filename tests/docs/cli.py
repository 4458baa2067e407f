"""Writes the page of the command line from the commands' help: `make cli-reference`."""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
WIDTH = 100
"""Columns of the help, the most that commands use."""
NAME = "ecsrunner"
INTRODUCTION = f"""# The command line

`{NAME}` shows what a fleet does and did, and why. [install.md](install.md) describes how it finds
the fleet. This page has the help of each command, as its option `--help` prints it.

`make cli-reference` writes this page; a test compares the two.
"""


def page() -> str:
    """Return the whole page, in Markdown."""
    root = click.Context(main, info_name=NAME, terminal_width=WIDTH, **main.context_settings)
    found = list(_commands(main, root))
    contents = "\n".join(f"- {_link(ctx)}: {_short(ctx)}" for ctx in found[1:])
    sections = [f"## {ctx.command_path}\n\n```text\n{_help(ctx)}\n```\n" for ctx in found]
    return "\n".join([INTRODUCTION, f"{contents}\n", *sections])


def _commands(command: click.Command, ctx: click.Context) -> Iterator[click.Context]:
    """Yield the context of the command, and of all below it, in order of their names."""
    yield ctx
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(ctx):
        found = command.get_command(ctx, name)
        assert found is not None
        if not found.hidden:
            below = click.Context(found, parent=ctx, info_name=name, terminal_width=WIDTH)
            yield from _commands(found, below)


def _link(ctx: click.Context) -> str:
    return f"[`{ctx.command_path}`](#{ctx.command_path.replace(' ', '-')})"


def _short(ctx: click.Context) -> str:
    return ctx.command.get_short_help_str(limit=1000)


def _help(ctx: click.Context) -> str:
    lines = ctx.command.get_help(ctx).splitlines()
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
