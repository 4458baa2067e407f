"""A group whose commands are imported when they are run, not when the group's help is printed.

Source: click documentation, "Complex Applications", "Lazily Loading Subcommands".
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem


class Lazy(NamedTuple):
    """A command that is imported on use.

    Attributes:
        module: The module that defines it.
        name: The command in that module.
        help: Its short help, so that the group's help does not import it.
    """

    module: str
    name: str
    help: str

    def load(self) -> click.Command:
        """Import the command."""
        found: click.Command = getattr(import_module(self.module), self.name)
        return found


class LazyGroup(click.Group):
    """A group with commands that are imported on use, beside those that are added to it.

    Args:
        lazy: The commands by name.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in order."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None. A lazy one is imported."""
        if cmd_name in self.lazy:
            return self.lazy[cmd_name].load()
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands with their short helps. It imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._help(ctx, name)) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin so. It imports none of the commands."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=self._help(ctx, name)) for name in names), *options]

    def _help(self, ctx: click.Context, name: str) -> str:
        if name in self.lazy:
            return self.lazy[name].help
        command = super().get_command(ctx, name)
        return command.get_short_help_str() if command else ""
