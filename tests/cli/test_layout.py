"""Lines of a given width: nothing wider, no word broken, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.render.layout import cut, flow, pad, paragraph, table

WORDS = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), max_size=12)


@given(WORDS, st.integers(1, 60), st.integers(0, 50))
def test_words_stay_whole_and_only_a_word_wider_than_the_terminal_exceeds_it(
    words: list[str], width: int, column: int
) -> None:
    lines = flow(" ".join(words), width, column)
    assert " ".join(lines).split() == " ".join(words).split()
    for line in [" " * column + lines[0] if lines[0] else "", *lines[1:]]:
        assert cell_len(line) <= width or line in words


def test_a_word_that_does_not_fit_beside_moves_left_on_a_line_of_its_own() -> None:
    assert flow("arn:of:twenty:letters is here", 22, 10) == [
        "",
        " arn:of:twenty:letters",
        "          is here",
    ]


def test_a_paragraph_has_no_empty_line() -> None:
    assert paragraph("a-word-too-long b", 8, 4) == "a-word-too-long\n    b"


@pytest.mark.parametrize(
    ("width", "left"), [(8, "a reason"), (7, "a reas…"), (3, "a…"), (1, "…"), (0, ""), (-3, "")]
)
def test_what_is_cut_says_that_it_goes_on(width: int, left: str) -> None:
    assert cut("a reason", width) == left


def test_wide_characters_count_twice() -> None:
    assert pad("日本", 6) == "日本  "
    assert flow("日本 日本", 8) == ["日本", "日本"]


def test_the_last_column_of_a_table_takes_the_lines_that_it_needs() -> None:
    assert table([("A", "TEXT"), ("one", "of a few words")], 12) == [
        "A    TEXT",
        "one  of a",
        "     few",
        "     words",
    ]
