"""The page of state machines shows the tables as they are."""

from tests.docs.state_machines import PAGE, page


def test_the_diagrams_are_those_of_the_tables() -> None:
    assert PAGE.read_text() == page(), "run: make diagrams"
