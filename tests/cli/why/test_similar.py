"""Reasons are compared without what varies between jobs with the same cause."""

import pytest
from msgspec.structs import replace

from cli.why.similar import cause_of, generalized, similar
from tests.cli.support import RUNNER, idle, rows


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("its turn is at 00:01:02 UTC", "its turn is at 23:59:59 UTC"),
        ("task stopped (exit code 1)", "task stopped (exit code 137)"),
        (
            "fleet-7-1: no answer to request 6b0ccb4f-1c1d-4e5a-9f00-0a1b2c3d4e5f",
            "fleet-812-2: no answer to request 0a1b2c3d-aaaa-bbbb-cccc-6b0ccb4f1c1d",
        ),
        ("task 0123456789abcdef0123456789abcdef", "task fedcba98765432100123456789abcdef"),
    ],
)
def test_numbers_and_ids_do_not_make_a_reason_another_one(one: str, other: str) -> None:
    assert generalized(one) == generalized(other)


def test_words_make_a_reason_another_one() -> None:
    assert generalized('class "xl" is not defined') != generalized('class "xxl" is not defined')
    assert generalized("deadbeef") == "deadbeef"


def test_the_job_itself_does_not_count_and_only_a_few_are_named() -> None:
    row = rows(idle())[RUNNER]
    waiting = [replace(row, job_id=number, waits_for_job_id=number) for number in range(1, 10)]
    found = similar(cause_of(row), 7, waiting)
    assert (found.count, found.job_ids) == (8, (1, 2, 3, 4, 5))
