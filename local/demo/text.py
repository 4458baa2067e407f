"""Wraps the demo's output to the width of the terminal: COLUMNS, the terminal's width, or 80."""

import shutil
import textwrap

import click

_TOGETHER = "\N{NO-BREAK SPACE}"


def say(text: str, indent: int = 0, colour: str | None = None) -> None:
    """Print a wrapped paragraph. Lines after the first are indented."""
    click.secho(wrapped(text, indent), fg=colour)


def together(text: str) -> str:
    """Return the text with spaces that are not wrapped."""
    return text.replace(" ", _TOGETHER)


def wrapped(text: str, indent: int = 0) -> str:
    """Return the text wrapped into lines. Lines after the first are indented."""
    lines = textwrap.fill(
        text,
        shutil.get_terminal_size().columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_TOGETHER, " ")


def beside(*texts: str, indent: int) -> str:
    """Return the texts on one line if they fit, otherwise each on a separate line."""
    line = "   ".join(texts)
    if len(line) <= shutil.get_terminal_size().columns:
        return line.replace(_TOGETHER, " ")
    first, *others = texts
    below = (f"{' ' * indent}{text}" for text in others)
    return "\n".join(wrapped(text, indent) for text in (first, *below))
