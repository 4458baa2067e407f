"""Walks the command line from its root."""

from collections.abc import Iterator

import click

from cli.main import main


def commands() -> dict[str, click.Command]:
    """Return every command by its words, but no group that only holds others."""
    return dict(_below(main, click.Context(main, info_name=""), ()))


def takes(command: click.Command, option: str) -> bool:
    """Return whether a command has that option."""
    return any(option in one.opts for one in command.params)


def _below(
    command: click.Command, ctx: click.Context, words: tuple[str, ...]
) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield " ".join(words), command
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None
            yield from _below(found, ctx, (*words, name))
