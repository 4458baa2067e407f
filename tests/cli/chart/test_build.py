"""The chart of a fleet: rows, what went wrong, swaps, levels, and the length of the axis."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cli.chart.build import chart, lanes
from cli.chart.kinds import Kind, kind_of
from cli.chart.model import Bar, Chart, Row
from cli.streams.period import read_streams
from cli.streams.stored import StoredStream
from shared.domain import events as e
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from tests.cli.support import busy, done, mixed, swapped
from tests.support import stories
from tests.support.charts import chart_of
from tests.support.fleet import SimulatedFleet
from tests.support.images import BuildingFleet
from tests.support.stories import at


def _chart(fleet: SimulatedFleet) -> Chart:
    return chart_of(fleet.log, fleet.table, fleet.clock.now())[0]


def _rows(made: Chart) -> dict[str, Row]:
    return {row.id: row for row in made.rows}


def _kinds(bars: tuple[Bar, ...]) -> list[tuple[str, float]]:
    return [(bar.kind.value, bar.seconds) for bar in bars]


def _streams(fleet: SimulatedFleet) -> list[StoredStream]:
    return list(read_streams(fleet.log, map(StreamId, fleet.log.streams())))


def _of_period(
    fleet: SimulatedFleet, since: datetime, until: datetime, limit: int | None = None
) -> Chart:
    ids, now = {row.runner_id for row in fleet.table.all()}, fleet.clock.now()
    found = lanes(_streams(fleet), ids, now, [])
    return chart(found, since=since, until=until, now=now, limit=limit)


# --- rows ----------------------------------------------------------------------------------------


def test_a_row_has_the_phases_of_a_runner_and_the_wait_of_its_job() -> None:
    (row,) = _chart(done()).rows
    assert _kinds(row.waits) == [
        ("waiting", 1.5),
        ("launching", 30.0),
        ("waiting", 4.0),
    ]
    assert _kinds(row.bars) == [
        ("waiting", 1.5),
        ("launching", 30.0),
        ("idle", 4.0),
        ("on a job", 125.0),
        ("stopping", 3.0),
    ]
    assert (row.status, row.outcome, row.repository) == ("OFFLINE", "success", "octo/repo")
    assert (row.begin, row.end) == (at(0), at(163.5))


def test_waiting_for_an_image_is_a_kind_of_its_own() -> None:
    fleet = BuildingFleet()
    fleet.queue(7, labels=("image:ubuntu:24.04",))
    fleet.settle()
    fleet.clock.advance(60)
    (row,) = _chart(fleet).rows
    assert row.bars[-1].kind is Kind.IMAGE
    assert "ubuntu-24.04" in row.bars[-1].why


@pytest.mark.parametrize(
    ("name", "kind"),
    [("on job 8", Kind.BUSY), ("waiting for fleet-9-1", Kind.WAITING), ("anything", Kind.WAITING)],
)
def test_a_phase_is_waiting_unless_it_is_known(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


def test_the_wait_of_a_job_is_above_the_runner_that_was_its_newest_one() -> None:
    rows = _rows(_chart(mixed()))
    first, second = rows["fleet-9-1"], rows["fleet-9-2"]
    assert first.waits[-1].end == second.begin == second.waits[0].start
    assert sum(bar.seconds for bar in (*first.waits, *second.waits)) == 52.0
    assert second.waits[-1].end is None


def test_a_row_has_its_faults_and_the_notices_about_them() -> None:
    rows = _rows(_chart(mixed()))
    found = [(one.kind, one.is_notice) for one in rows["fleet-9-1"].incidents]
    assert sorted(found) == [("runner failed", True), ("task failed", False)]
    assert "exit code 137" in rows["fleet-9-1"].incidents[0].reason
    found = [(one.kind, one.is_notice) for one in rows["fleet-8-1"].incidents]
    assert sorted(found) == [("job refused", True), ("refused", False)]
    assert rows["fleet-9-2"].incidents == ()


def test_a_job_that_never_had_a_runner_has_a_row_of_its_own() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, e.JobHeld(fleet="fleet", job=stories.details()))
    fleet.clock.advance(20)
    (row,) = _chart(fleet).rows
    assert (row.id, row.runner_id, row.status) == ("job 7", None, "held")
    assert _kinds(row.waits) == [("waiting", 20.0)]


def test_a_runner_that_began_after_the_period_or_ended_before_is_no_row() -> None:
    assert _of_period(done(), at(164), at(170)).rows == ()
    rows = _rows(_of_period(mixed(), at(100), at(165)))
    assert sorted(rows) == ["fleet-10-1", "fleet-11-1", "fleet-7-1", "fleet-8-1", "fleet-9-1"]


def test_a_limit_leaves_out_the_oldest_rows_but_the_levels_count_them() -> None:
    fleet = mixed()
    made = _of_period(fleet, at(0), fleet.clock.now(), limit=2)
    assert [row.id for row in made.rows] == ["fleet-9-2", "fleet-9-1"]
    assert made.left_out == 4
    assert made.slots == _of_period(fleet, at(0), fleet.clock.now()).slots


def test_runners_that_are_not_selected_are_left_out_with_their_slots() -> None:
    fleet = mixed()
    found = list(lanes(_streams(fleet), {"fleet-7-1"}, fleet.clock.now(), []))
    assert [row.id for lane in found for row in lane.rows] == ["fleet-7-1"]
    assert sum(len(lane.slots) for lane in found) == 1


def test_a_stream_that_cant_be_read_is_named() -> None:
    (stream,) = _streams(done())
    broken = replace(stream, recorded=stream.recorded[1:])
    unreadable: list[Unreadable] = []
    assert list(lanes([broken], {"fleet-7-1"}, at(200), unreadable)) == []
    assert [one.key for one in unreadable] == ["job-7 event 1"]


def test_a_swap_is_found_once_with_both_runners() -> None:
    made = _chart(swapped())
    (swap,) = made.swaps
    assert (swap.job_id, swap.runner_id) == (1, "fleet-2-1")
    assert (swap.displaced_job_id, swap.spare_runner_id) == (2, "fleet-1-1")
    assert swap.is_spare_given
    row = _rows(made)["fleet-1-1"]
    assert (row.ran_on, row.ran_job_id) == ("fleet-2-1", 2)


# --- levels and axis -----------------------------------------------------------------------------


def test_the_levels_count_slots_in_use_and_waiting_jobs() -> None:
    made = _chart(done())
    assert [(one.at, one.value) for one in made.slots] == [(at(0), 0), (at(1.5), 1), (at(163.5), 0)]
    assert [(one.at, one.value) for one in made.waiting] == [(at(0), 1), (at(35.5), 0)]


def test_a_refused_job_waits_no_more() -> None:
    fleet = SimulatedFleet()
    fleet.queue(8, labels=("class:xl",))
    fleet.settle()
    fleet.clock.advance(60)
    assert _chart(fleet).waiting[-1].value == 0


def test_the_axis_is_the_period_without_what_is_empty() -> None:
    fleet = done()
    fleet.clock.advance(1000)
    made = _chart(fleet)
    assert (made.begin, made.end) == (at(0), at(163.5))


def test_what_has_not_ended_lasts_until_now() -> None:
    fleet = busy()
    fleet.clock.advance(1000)
    assert _chart(fleet).end == fleet.clock.now()


def test_the_axis_is_not_longer_than_the_period() -> None:
    made = _of_period(done(), at(10), at(20))
    assert (made.begin, made.end) == (at(10), at(20))
    assert made.rows[0].begin == at(0), "rows are whole"
    assert [one.value for one in made.slots] == [1]


def test_the_axis_is_at_least_a_second_long() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    made = _chart(fleet)
    assert made.end - made.begin == timedelta(seconds=1)
