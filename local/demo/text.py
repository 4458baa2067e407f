"""Lines of the demo, nowhere wider than the terminal: COLUMNS, or the terminal's, or 80."""

import shutil
import textwrap

import click

_TOGETHER = "\N{NO-BREAK SPACE}"


def say(text: str, indent: int = 0, colour: str | None = None) -> None:
    """Print a paragraph whose later lines are indented; words stay whole."""
    click.secho(wrapped(text, indent), fg=colour)


def together(text: str) -> str:
    """The text as one word, for the lines of this module."""
    return text.replace(" ", _TOGETHER)


def wrapped(text: str, indent: int = 0) -> str:
    """The text in lines; those after the first are indented."""
    lines = textwrap.fill(
        text,
        shutil.get_terminal_size().columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_TOGETHER, " ")


def beside(*texts: str, indent: int) -> str:
    """The texts on one line if there is room, or else each on lines of its own."""
    line = "   ".join(texts)
    if len(line) <= shutil.get_terminal_size().columns:
        return line.replace(_TOGETHER, " ")
    first, *others = texts
    below = (f"{' ' * indent}{text}" for text in others)
    return "\n".join(wrapped(text, indent) for text in (first, *below))
