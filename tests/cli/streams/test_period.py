"""The streams of jobs that had a runner in a period."""

from datetime import timedelta

from cli.streams.period import read_streams, rows_of_period, streams_of
from shared.domain.stream import StreamId
from tests.cli.support import done, mixed
from tests.support.fleet import SimulatedFleet
from tests.support.stored import StoredFleet


def _runners(fleet: SimulatedFleet, since: timedelta, until: timedelta) -> list[str]:
    now = fleet.clock.now()
    return sorted(row.runner_id for row in rows_of_period(fleet.table, now - since, now - until))


def test_a_period_has_the_runners_that_began_before_its_end_and_ended_after_its_begin() -> None:
    fleet = done()
    ended = timedelta(seconds=10)
    fleet.clock.advance(ended.total_seconds())
    zero = timedelta()
    assert _runners(fleet, ended * 2, zero) == ["fleet-7-1"]
    assert _runners(fleet, ended, zero) == ["fleet-7-1"]
    assert _runners(fleet, ended - timedelta(microseconds=1), zero) == []
    assert _runners(fleet, timedelta(hours=2), timedelta(hours=1)) == []


def test_a_live_runner_is_in_the_period_however_old_it_is() -> None:
    fleet = mixed()
    fleet.clock.advance(5000)
    assert _runners(fleet, timedelta(seconds=60), timedelta()) == ["fleet-11-1", "fleet-9-2"]


def test_the_jobs_of_runners_are_read_once_each_those_without_a_task_too() -> None:
    fleet = mixed()
    now = fleet.clock.now()
    rows = list(rows_of_period(fleet.table, now - timedelta(hours=1), now))
    streams = [one.stream for one in streams_of(fleet.log, rows)]
    assert sorted(streams) == ["job-10", "job-11", "job-7", "job-8", "job-9"]


def test_a_stream_that_cant_be_read_is_yielded_with_its_problem() -> None:
    fleet = StoredFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.damage_event("job-7", 1)
    (found,) = read_streams(fleet.log, [StreamId.of_job(7), StreamId.of_job(8)])
    assert found.problem is not None
    assert found.problem.key == "job-7 event 1"
