"""Charts as SVG: grouped bars over days or hours, and one bar of parts. Pure; escapes all text.

Their colours are classes of the page's style. Each chart has a title for screen readers, and its
figures are in a table of the page, too.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

from msgspec import Struct

from cli.render.text import safe

CLASSES = ("one", "two", "three", "four")
_WIDTH, _HEIGHT = 400, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 4, 10, 22
_GROUND, _PLOT_HEIGHT = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
_FILLED = 0.8
"""The part of the room of a group that its bars take."""
_LINES = 4
"""About so many lines of the grid."""
_LABELS = 8
"""At most so many labels below the bars."""
_PART_HEIGHT = 28


class Series(Struct, frozen=True, kw_only=True):
    """One value for each label; None where there is none."""

    name: str
    values: Sequence[float | None]


class _Box(NamedTuple):
    """A rectangle, in the units of the chart."""

    x: float
    y: float
    width: float
    height: float


class _Plot(Struct, frozen=True, kw_only=True):
    """Groups of bars. `top` is the value at the upper end of the grid."""

    labels: Sequence[str]
    series: Sequence[Series]
    top: float
    text: Callable[[float], str]

    def bars(self) -> Iterator[str]:
        """Yield the bars of all labels."""
        room = self._room()
        width = room * _FILLED / max(1, len(self.series))
        for position, label in enumerate(self.labels):
            left = _LEFT + position * room + room * (1 - _FILLED) / 2
            for number, (one, css) in enumerate(zip(self.series, CLASSES, strict=False)):
                value = one.values[position]
                if value:
                    height = value / self.top * _PLOT_HEIGHT
                    box = _Box(left + number * width, _GROUND - height, width, height)
                    yield _rectangle(box, css, f"{label}, {one.name}: {self.text(value)}")

    def captions(self) -> Iterator[str]:
        """Yield the labels below the bars, or only some of them if there are many."""
        room, every = self._room(), -(-len(self.labels) // _LABELS)
        for position, label in enumerate(self.labels):
            if position % every == 0:
                place = f'x="{_LEFT + (position + 0.5) * room:.1f}" y="{_HEIGHT - 6}"'
                yield f'<text {place} text-anchor="middle">{_text(label)}</text>'

    def line(self, value: float) -> str:
        """Return a line of the grid with its value."""
        y = _GROUND - value / self.top * _PLOT_HEIGHT
        return (
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{_text(self.text(value))}</text>"
        )

    def _room(self) -> float:
        return (_WIDTH - _LEFT - _RIGHT) / max(1, len(self.labels))


def bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    text: Callable[[float], str],
    step: Callable[[float], float],
) -> str:
    """Return a figure with a group of bars for each label.

    Args:
        text: Formats a value.
        step: Returns the distance of two lines of the grid, given the least one.
    """
    most = max((value for one in series for value in one.values if value), default=0.0)
    distance = step(most / _LINES) if most else 1.0
    lines = [distance * number for number in range(max(1, ceil(most / distance)) + 1)]
    plot = _Plot(labels=labels, series=series, top=lines[-1], text=text)
    parts = [*map(plot.line, lines), *plot.bars(), *plot.captions()]
    return _figure(title, _HEIGHT, parts, [one.name for one in series])


def stacked(title: str, parts: Sequence[tuple[str, float, str]]) -> str:
    """Return a figure with one bar that consists of parts: name, value and its text."""
    whole = sum(value for _, value, _ in parts) or 1.0
    left, drawn = 0.0, []
    for (name, value, text), css in zip(parts, CLASSES, strict=False):
        box = _Box(left, 0, value / whole * _WIDTH, _PART_HEIGHT)
        drawn.append(_rectangle(box, css, f"{name}: {text}"))
        left += box.width
    return _figure(title, _PART_HEIGHT, drawn, [f"{name} {text}" for name, _, text in parts])


def round_step(least: float) -> float:
    """Return 1, 2 or 5 times a power of ten: the smallest that is not less than `least`."""
    power = 10.0 ** floor(log10(least))
    return next((n * power for n in (1, 2, 5) if n * power >= least * (1 - 1e-9)), 10 * power)


def time_step(least: float) -> float:
    """Return a step of seconds that is a round number of seconds, minutes or hours."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
    return next((float(one) for one in steps if one >= least), round_step(least / 86400) * 86400)


def _rectangle(box: _Box, css: str, tip: str) -> str:
    return (
        f'<rect class="{css}" x="{box.x:.1f}" y="{box.y:.1f}" width="{max(box.width, 0.5):.1f}" '
        f'height="{max(box.height, 0.5):.1f}"><title>{_text(tip)}</title></rect>'
    )


def _figure(title: str, height: int, parts: Sequence[str], names: Sequence[str]) -> str:
    legend = "".join(
        f'<li class="{css}"><span>{_text(name)}</span></li>'
        for name, css in zip(names, CLASSES, strict=False)
    )
    return (
        f"<figure><figcaption>{_text(title)}</figcaption>"
        f'<ul class="legend">{legend}</ul>'
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{_text(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _text(text: str) -> str:
    return escape(safe(text))
