"""The characters and colours of a chart on a terminal, with and without Unicode."""

from collections.abc import Container, Iterator, Mapping

from msgspec import Struct
from rich.text import Text

from cli.chart.kinds import Kind
from cli.render.layout import GAP

FAULT = "fault"
SWAP = "swap"
UP, DOWN, LINE = "swap up", "swap down", "swap line"
"""The parts of an arrow between two rows."""
EMPTY = " "
_SWAPPED = "taken by the job at the line's other end"
_STYLES = {
    Kind.WAITING: "yellow",
    Kind.IMAGE: "magenta",
    Kind.LAUNCHING: "blue",
    Kind.IDLE: "cyan",
    Kind.BUSY: "green",
    Kind.STOPPING: "bright_black",
    Kind.REFUSED: "red",
    FAULT: "bold red",
    SWAP: "magenta",
}


class Charset(Struct, frozen=True):
    """Characters that differ without colours, too.

    Attributes:
        tick: Marks a time on the axis.
        heights: For a number in one column, from 0 on.
        cells: For each kind of phase, and for a fault.
        arrows: For each part of an arrow between rows.
    """

    tick: str
    heights: str
    cells: Mapping[str, str]
    arrows: Mapping[str, str]

    def height(self, value: int, most: int) -> str:
        """Return the character for a number. Only 0 is empty.

        Digits are the numbers themselves, unless `most` is larger than 9.
        """
        top = len(self.heights) - 1
        scale = max(most, top) if self.heights[-1].isdigit() else max(most, 1)
        return self.heights[-(-value * top // scale)]

    def drawn(self, kind: str, columns: int) -> Text:
        """Return a kind, or a part of an arrow, in some columns and in its colour."""
        if kind in self.arrows:
            return Text(self.arrows[kind] * columns, style=_STYLES[SWAP])
        return Text(self.cells.get(kind, EMPTY) * columns, style=_STYLES.get(kind, ""))

    def legend(self, shown: Container[str], width: int) -> Iterator[Text]:
        """Yield what the characters that are shown mean, in lines of at most that width."""
        line = Text()
        for one in self._meanings(shown):
            if line and line.cell_len + GAP + one.cell_len > width:
                yield line
                line = Text()
            line.append(" " * GAP if line else "").append_text(one)
        yield line

    def _meanings(self, shown: Container[str]) -> Iterator[Text]:
        for kind in filter(shown.__contains__, self.cells):
            yield Text.assemble(self.drawn(kind, 1), f" {kind}")
        heads = [self.drawn(head, 1) for head in (UP, DOWN) if head in shown]
        if heads:
            yield Text.assemble(*heads, f" {_SWAPPED}")


UNICODE = Charset(
    tick="╷",
    heights=" ▁▂▃▄▅▆▇█",
    cells={
        Kind.WAITING: "·",
        Kind.IMAGE: "▒",
        Kind.LAUNCHING: "░",
        Kind.IDLE: "─",
        Kind.BUSY: "█",
        Kind.STOPPING: "▓",
        Kind.REFUSED: "╌",
        FAULT: "✗",
    },
    arrows={UP: "▲", DOWN: "▼", LINE: "│"},
)
ASCII = Charset(
    tick="|",
    heights=" 123456789",
    cells={
        Kind.WAITING: ".",
        Kind.IMAGE: ":",
        Kind.LAUNCHING: ">",
        Kind.IDLE: "-",
        Kind.BUSY: "#",
        Kind.STOPPING: "~",
        Kind.REFUSED: "=",
        FAULT: "X",
    },
    arrows={UP: "^", DOWN: "v", LINE: "|"},
)
