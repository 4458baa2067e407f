"""Wraps text to a given width. Words stay whole, so that ids and URLs can be copied. Pure."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

GAP = 2
"""Columns between two cells of a table."""
_CUT = "…"


def flow(text: str, width: int, column: int = 0) -> list[str]:
    """Return the text in lines for a terminal of `width` columns, from `column` on.

    The first line has no indentation, since other text precedes it; the others have it. A word that
    does not fit beside the indentation is moved to the left, on a line of its own. Only a word that
    is wider than the terminal exceeds it.
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and cell_len(line) + 1 + cell_len(word) <= width - column:
            line = f"{line} {word}"
            continue
        if line or column + cell_len(word) > width:
            lines.append(line)
        line = word
    lines.append(line)
    return [lines[0], *(_indented(one, width, column) for one in lines[1:])]


def paragraph(text: str, width: int, indent: int = 0) -> str:
    """Return the text in indented lines."""
    first, *others = flow(text, width, indent)
    return "\n".join(line for line in (f"{' ' * indent}{first}", *others) if line.strip())


def cut(text: str, width: int) -> str:
    """Return the text, cut to the width with an ellipsis if it does not fit."""
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}{_CUT}" if width > 0 else ""


def pad(text: str, width: int) -> str:
    """Return the text, padded with spaces to the width. It is never cut."""
    return text + " " * max(0, width - cell_len(text))


def widths(rows: Iterable[Sequence[str]]) -> list[int]:
    """Return the width of each column of a table."""
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the lines of a table. Only the cells of the last column are wrapped."""
    *columns, _ = widths(rows)
    before = sum(columns) + GAP * len(columns)
    lines = []
    for *cells, last in rows:
        beside = (pad(cell, size + GAP) for cell, size in zip(cells, columns, strict=True))
        first, *others = flow(last, width, before)
        lines += [f"{''.join(beside)}{first}".rstrip(), *others]
    return lines


def _indented(line: str, width: int, column: int) -> str:
    room = max(0, width - cell_len(line))
    return f"{' ' * min(column, room)}{line}"
