"""Lays out sections, each a title with lines below it: on a wide terminal in pairs. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from cli.render.layout import pad

WIDE = 140
"""The width in columns from which on two sections are beside each other, if they fit."""
_BETWEEN = 4


class Section(NamedTuple):
    """A title, and the lines below it. Without lines it is left out."""

    title: str
    content: Sequence[str]

    @property
    def width(self) -> int:
        """The width of the title and of all lines."""
        return max(map(cell_len, (self.title, *self.content)))


def section(title: str, content: Sequence[str]) -> Iterator[Text]:
    """Yield the lines of a section: an empty one, its title and its indented content, if any."""
    if content:
        yield Text("")
        yield Text(title, style="bold")
        yield from (Text(line) for line in content)


def pairs(sections: Sequence[Section], width: int) -> Iterator[Text]:
    """Yield sections in their order: two beside each other where they fit as they are."""
    shown = [one for one in sections if one.content]
    while shown:
        if len(shown) > 1 and _fit(shown[0], shown[1], width):
            yield from _beside(shown.pop(0), shown.pop(0))
        else:
            yield from section(*shown.pop(0))


def _fit(left: Section, right: Section, width: int) -> bool:
    return width >= WIDE and left.width + _BETWEEN + right.width <= width


def _beside(left: Section, right: Section) -> Iterator[Text]:
    room, style = left.width + _BETWEEN, "bold"
    yield Text("")
    yield Text.assemble((pad(left.title, room), style), (right.title, style))
    for number in range(max(len(left.content), len(right.content))):
        lines = (one.content[number : number + 1] for one in (left, right))
        first, second = ("".join(found) for found in lines)
        yield Text(f"{pad(first, room)}{second}".rstrip())
