"""Tables, tiles and paragraphs of the page. Pure; escapes all text."""

from collections.abc import Iterable, Sequence
from html import escape

from cli.render.text import safe


def text(of: str) -> str:
    """Return text from outside, escaped and without control characters."""
    return escape(safe(of))


def table(caption: str, rows: Sequence[Sequence[str]], css: str = "") -> str:
    """Return a table. The first row has the headings, the first column names the rows."""
    if len(rows) < 2:  # noqa: PLR2004 - headings alone
        return ""
    headings = "".join(f'<th scope="col">{text(one.capitalize())}</th>' for one in rows[0])
    body = "".join(_row(cells) for cells in rows[1:])
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{text(caption)}">'
        f"<table{f' class={css!r}' if css else ''}><caption>{text(caption)}</caption>"
        f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def tiles(figures: Iterable[tuple[str, str]]) -> str:
    """Return the most important figures, each with its name."""
    found = (f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in figures)
    return f'<dl class="tiles">{"".join(found)}</dl>'


def section(title: str, *content: str) -> str:
    """Return a section, or nothing if it has no content."""
    body = "".join(content)
    return f"<section><h2>{text(title)}</h2>{body}</section>" if body else ""


def paragraphs(sentences: Iterable[str]) -> str:
    """Return sentences, each as a paragraph."""
    return "".join(f"<p>{text(one)}</p>" for one in sentences if one)


def bullets(sentences: Iterable[str]) -> str:
    """Return sentences as a list."""
    items = "".join(f"<li>{text(one)}</li>" for one in sentences)
    return f'<ul class="sentences">{items}</ul>' if items else ""


def side_by_side(*content: str) -> str:
    """Return charts and tables beside each other, where there is room."""
    body = "".join(content)
    return f'<div class="charts">{body}</div>' if body else ""


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    rest = "".join(f"<td>{text(one)}</td>" for one in others)
    return f'<tr><th scope="row">{text(first)}</th>{rest}</tr>'
