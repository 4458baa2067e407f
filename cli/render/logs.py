"""Renders lines of containers' logs, each with its time, below the runner that wrote them. Pure."""

import re
from collections.abc import Iterable, Iterator

from rich.text import Text

from cli.fleet.container_log import LogLine
from cli.render.console import plain
from cli.render.text import clock

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""Sequences that select colours. Source: ECMA-48, "SGR - SELECT GRAPHIC RENDITION"."""


def logged(lines: Iterable[LogLine]) -> Iterator[Text]:
    """Yield the lines as they arrive, unwrapped, so that they can be searched and copied."""
    heading = ""
    for line in lines:
        begun = f"{line.runner_id}  {line.at:%Y-%m-%d} (UTC)"
        if begun != heading:
            heading = begun
            yield plain(heading, "bold")
        for text in line.message.splitlines() or [""]:
            shown = Text.assemble((clock(line.at), "dim"), "  ")
            yield shown.append_text(plain(_COLOURS.sub("", text).expandtabs()))
