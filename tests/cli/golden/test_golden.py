"""Every command shows what its golden files hold, and fits the terminal."""

import pytest
from rich.cells import cell_len

from tests.cli.golden.files import FOLDER, WIDTHS, path, text
from tests.cli.golden.scenes import SCENES
from tests.cli.walk import commands

COMMANDS = sorted(commands())
SCRIPTS = {"completion"}
"""What is not read by people, and so not wrapped."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_scene_and_a_golden_file_of_each_width(name: str) -> None:
    assert SCENES.get(name), "add a scene to tests/cli/golden/scenes.py"
    missing = [width for width in WIDTHS if not path(name, width).exists()]
    assert missing == [], "run: python -m tests.cli.golden"


def test_every_golden_file_is_of_a_command() -> None:
    assert set(SCENES) <= set(COMMANDS)
    assert set(FOLDER.iterdir()) == {path(name, width) for name in SCENES for width in WIDTHS}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SCENES)
def test_a_command_shows_what_its_golden_file_holds(name: str, width: int) -> None:
    assert text(name, width) == path(name, width).read_text(), "run: python -m tests.cli.golden"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [name for name in SCENES if name not in SCRIPTS])
def test_no_line_is_wider_than_the_terminal_but_a_word_that_is(name: str, width: int) -> None:
    lines = path(name, width).read_text().splitlines()
    shown = [line for line in lines if not line.startswith("$ ecsrunner ")]
    assert shown
    assert [one for one in shown if cell_len(one) > width and len(one.split()) > 1] == []
    assert [one for one in shown if one != one.rstrip()] == []
