"""Draws lines again and again on the alternate screen of a terminal, until Ctrl-C."""

from collections.abc import Callable, Iterable

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from cli.render import progress


def redrawn(draw: Callable[[], Iterable[Text]], pause: Callable[[], None]) -> None:
    """Draw, pause, and draw again. Lines below the terminal's last one are left out."""
    console = Console(highlight=False, markup=False, emoji=False)
    with progress.aside(), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(Group(*draw()), refresh=True)
            pause()
