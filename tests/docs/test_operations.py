"""The page of an operator's questions has the answers that the commands give now."""

from tests.docs.operations import PAGE, QUESTIONS, WIDTH, page


def test_the_page_is_what_the_commands_answer() -> None:
    assert PAGE.read_text() == page(), "run: make operations"


def test_it_answers_at_least_twenty_questions_within_its_width() -> None:
    assert len({one.text for one in QUESTIONS}) == len(QUESTIONS) >= 20
    answers = page().split("```text\n")[1:]
    assert all(len(line) <= WIDTH for one in answers for line in one.split("```")[0].splitlines())
