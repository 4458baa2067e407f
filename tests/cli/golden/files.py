"""The golden files: what each command shows on a terminal of 80 and of 140 columns."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.cli.golden.scenes import SCENES, Scene, played

FOLDER = Path(__file__).parent / "expected"
WIDTHS = (80, 140)
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


def path(command: str, width: int) -> Path:
    """Return the file of a command at that width."""
    return FOLDER / f"{command.replace(' ', '-')}-{width}.txt"


@cache
def text(command: str, width: int) -> str:
    """Return what the scenes of a command show, with the words that were typed."""
    with _terminal(width):
        return "\n".join("\n".join(_shown(command, scene)) for scene in SCENES[command])


def _shown(command: str, scene: Scene) -> Iterator[str]:
    words, result = played(command, scene)
    assert result.exit_code == scene.exit_code, result.output
    yield _PORT.sub("00000", f"$ ecsrunner {' '.join(words)}")
    yield _PORT.sub("00000", result.output)


@contextmanager
def _terminal(width: int) -> Iterator[None]:
    """Set the width of the terminal, and switch colours off."""
    before = {name: os.environ.pop(name, None) for name in ("COLUMNS", "FORCE_COLOR")}
    os.environ["COLUMNS"] = str(width)
    try:
        yield
    finally:
        del os.environ["COLUMNS"]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def write() -> None:
    """Write all files, and delete those of commands that are no more."""
    found = {path(command, width): (command, width) for command in SCENES for width in WIDTHS}
    FOLDER.mkdir(exist_ok=True)
    for one in FOLDER.glob("*.txt"):
        if one not in found:
            one.unlink()
    for one, (command, width) in found.items():
        one.write_text(text(command, width))
