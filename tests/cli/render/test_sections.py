"""Sections beside each other on a wide terminal, and below each other on any other."""

import pytest

from cli.render.sections import WIDE, Section, pairs

LEFT = Section("Left", ["  1", "  2"])
RIGHT = Section("Right", ["  a", "  b", "  c"])
LAST = Section("Last", ["  z"])


def _lines(*sections: Section, width: int = WIDE) -> list[str]:
    return [line.plain for line in pairs(sections, width)]


def test_on_a_wide_terminal_two_sections_are_beside_each_other() -> None:
    assert _lines(LEFT, RIGHT, LAST) == [
        "",
        "Left    Right",
        "  1       a",
        "  2       b",
        "          c",
        "",
        "Last",
        "  z",
    ]


def test_the_lines_of_the_left_one_may_be_more() -> None:
    assert _lines(RIGHT, LAST) == ["", "Right    Last", "  a        z", "  b", "  c"]


def test_on_a_narrower_terminal_each_is_below_the_other() -> None:
    assert _lines(LEFT, LAST, width=WIDE - 1) == ["", "Left", "  1", "  2", "", "Last", "  z"]


def test_a_section_without_lines_is_left_out_and_the_next_one_takes_its_place() -> None:
    assert _lines(LEFT, Section("Nothing", []), LAST) == ["", "Left    Last", "  1       z", "  2"]
    assert _lines(Section("Nothing", [])) == []


@pytest.mark.parametrize(("columns", "beside"), [(WIDE - 4 - 5, True), (WIDE - 4 - 4, False)])
def test_two_that_do_not_fit_are_below_each_other_and_uncut(columns: int, beside: bool) -> None:
    long = Section("Long", ["-" * columns])
    found = _lines(long, RIGHT)
    assert any("Right" in line and "Long" in line for line in found) is beside
    assert any("-" * columns in line for line in found)
    assert max(map(len, found)) <= WIDE


def test_wide_characters_take_two_columns() -> None:
    assert _lines(Section("名前", ["  x"]), LAST)[1:] == ["名前    Last", "  x       z"]
