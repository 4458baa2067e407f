"""The repositories with recent jobs, which sweeps at GitHub look at."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.janitor.repositories import served_repositories
from shared.domain.projection import RunnerRow
from shared.ports import Unavailable
from tests.support.janitor import janitor, running_fleet


def test_a_status_that_can_not_be_read_hides_no_repository_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet, failures = running_fleet(7), list[str]()
    by_status = fleet.table.by_status

    def throttled(status: str, *more: Any) -> Iterator[RunnerRow]:
        rows = by_status(status, *more)
        if status == "OFFLINE":
            raise Unavailable("DynamoDB: throttled")
        yield from rows

    monkeypatch.setattr(fleet.table, "by_status", throttled)
    assert served_repositories(janitor(fleet, failures)) == ["octo/repo"]
    assert failures == ["OFFLINE runners"]
