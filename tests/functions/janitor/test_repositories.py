"""The repositories with recent jobs, which sweeps at GitHub look at."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from functions.janitor.ghosts import ghost_registrations
from functions.janitor.repositories import recent_repositories, served_repositories
from shared.domain.projection import RunnerRow
from shared.ports import Unavailable
from tests.support.janitor import janitor, running_fleet


def test_what_is_no_repository_is_not_asked_about() -> None:
    fleet = running_fleet(7, 8)
    fleet.table.overwrite(replace(fleet.row("fleet-8-1"), repository="class:xl"))
    assert recent_repositories(janitor(fleet), timedelta(days=1)) == ["octo/repo"]
    assert ghost_registrations(janitor(fleet)).failed == ()


def test_a_status_that_can_not_be_read_hides_no_repository_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet, failures = running_fleet(7), list[str]()
    by_status = fleet.table.by_status

    def throttled(status: str, *more: Any, **until: Any) -> Iterator[RunnerRow]:
        rows = by_status(status, *more, **until)
        if status == "OFFLINE":
            raise Unavailable("DynamoDB: throttled")
        yield from rows

    monkeypatch.setattr(fleet.table, "by_status", throttled)
    assert served_repositories(janitor(fleet, failures)) == ["octo/repo"]
    assert failures == ["OFFLINE runners"]
