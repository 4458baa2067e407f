"""The record of a job: its times, its runners and what failed."""

from collections.abc import Iterator

from cli.analysis.jobs import JobRecord, job_records
from cli.streams.period import read_streams
from cli.streams.stored import StoredStream
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from tests.cli.support import done, mixed, swapped
from tests.support.fleet import SimulatedFleet


def _records(fleet: SimulatedFleet) -> dict[int, JobRecord]:
    streams = read_streams(fleet.log, map(StreamId, fleet.log.streams()))
    unreadable: list[Unreadable] = []
    found = {one.job_id: one for one in job_records(streams, fleet.clock.now(), unreadable)}
    assert unreadable == []
    return found


def test_a_record_has_the_times_of_a_job_and_its_runners() -> None:
    (record,) = _records(done()).values()
    assert (record.repository, record.workflow, record.name) == ("octo/repo", "CI", "build")
    assert (record.status, record.outcome, record.class_name) == ("completed", "success", "small")
    assert record.queue_seconds == 35.5
    assert [one.row.runner_id for one in record.runners] == ["fleet-7-1"]
    assert sum(phase.seconds for phase in record.phases) == 160.5
    assert record.failures == ()
    assert not record.found


def test_a_record_has_what_failed_with_its_kind_and_reason() -> None:
    records = _records(mixed())
    (refused,) = records[8].failures
    assert (refused.kind, refused.runner_id) == ("refused", "")
    assert "xl" in refused.reason
    (died,) = records[9].failures
    assert (died.kind, died.runner_id) == ("task failed", "fleet-9-1")
    assert "exit code 137" in died.reason
    assert records[8].queue_seconds is None


def test_a_record_names_the_runner_of_another_job_that_ran_it() -> None:
    records = _records(swapped())
    assert (records[1].ran_on, records[2].ran_on) == ("fleet-2-1", "fleet-1-1")


def test_what_cant_be_read_is_named_and_stops_nothing() -> None:
    def streams() -> Iterator[StoredStream]:
        broken = Unreadable("job-1 event 2", "it is not there", "job-1")
        yield StoredStream(stream="job-1", problem=broken)
        yield StoredStream(stream="image-ubuntu-24.04")
        yield from read_streams(done().log, [StreamId.of_job(7)])

    unreadable: list[Unreadable] = []
    found = [one.job_id for one in job_records(streams(), done().clock.now(), unreadable)]
    assert found == [7]
    assert [one.key for one in unreadable] == ["job-1 event 2"]
