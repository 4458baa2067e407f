"""A stored row has the keys of the indexes that it belongs to, or is named with the wrong one."""

from typing import Any

import pytest
from msgspec.structs import replace

from shared.adapters.items import check_place, row_item, row_of
from shared.domain.projection import RunnerRow
from shared.domain.unreadable import Unreadable
from tests.support.stories import at

LIVE = RunnerRow(runner_id="fleet-7-1", job_id=7, status="STARTING", status_at=at(0))
ROWS = {
    "live, without a deadline": LIVE,
    "live": replace(LIVE, deadline=at(1)),
    "waits for a slot": replace(LIVE, awaits="max_runners", arrived_at=at(0)),
    "over": replace(LIVE, status="OFFLINE"),
    "over, with work left": replace(LIVE, status="OFFLINE", deadline=at(1)),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_is_the_same_after_it_was_stored_and_is_in_place(row: RunnerRow) -> None:
    item = row_item(row)
    assert row_of(item) == row
    check_place(item, row)
    assert ("live" in item) is ("deadline" in item)


@pytest.mark.parametrize(
    ("name", "changed", "problem"),
    [
        ("live", {"live": None}, "live is absent, not 1"),
        ("live", {"live": {"S": "9"}}, "live is 9, not 1"),
        ("live, without a deadline", {"deadline": {"S": "now"}}, "deadline is now, not never"),
        ("over", {"waiting": {"S": "1"}}, "waiting is 1, not absent"),
    ],
)
def test_a_key_that_is_not_the_rows_is_named(
    name: str, changed: dict[str, Any], problem: str
) -> None:
    item = {key: one for key, one in {**row_item(ROWS[name]), **changed}.items() if one}
    with pytest.raises(Unreadable, match=f"fleet-7-1.*its index key {problem}"):
        check_place(item, ROWS[name])
