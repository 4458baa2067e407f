"""The cost notes say what `make cost` says of the minimal example today."""

import pytest

from benchmarks import cost
from benchmarks.plans import INPUTS
from tests.terraform.conftest import Make
from tests.terraform.support import PROJECT

DOCUMENT = PROJECT / "docs" / "cost.md"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_document_quotes_what_the_plan_of_the_minimal_example_costs(make: Make) -> None:
    told = cost.report(make("examples/minimal", **INPUTS).plan())
    begin, end = "<!-- make cost -->\n", "<!-- end -->\n"
    quoted = DOCUMENT.read_text().partition(begin)[2].partition(end)[0]
    assert quoted.strip() == told.strip(), "make cost > …, and put it between the marks"
