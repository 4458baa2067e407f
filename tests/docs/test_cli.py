"""The page of the command line has the help of every command as it is."""

import pytest

from cli.commands.catalogue import COMMANDS
from tests.docs.cli import PAGE, WIDTH, page


def test_the_page_is_the_help_of_the_commands() -> None:
    assert PAGE.read_text() == page(), "run: make cli-reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_has_a_section_for_each_command(name: str) -> None:
    assert f"\n## ecsrunner {name}\n\n```text\nUsage: ecsrunner {name} " in page()


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = page()
    monkeypatch.setenv("COLUMNS", "40")
    assert page() == wide
    blocks = [line for block in wide.split("```")[1::2] for line in block.splitlines()]
    assert max(map(len, blocks)) <= WIDTH
