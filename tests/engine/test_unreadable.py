"""What can't be read concerns its own key alone: it is named and left out, and all else goes on."""

from typing import Any

import pytest
from msgspec.structs import replace

from cli.replay.comparison import drift
from cli.replay.drift import Kind, Tally
from shared.adapters.counter import RATE_LIMIT
from shared.domain import events as e
from shared.domain import fold, history
from shared.domain.actions import InformWaiters
from shared.domain.history import ImageHistory
from shared.domain.image.decisions import inform_waiters
from shared.domain.image.state import Image, ImagePhase
from shared.domain.slot.rate_limit import RateLimits
from shared.domain.unreadable import Unreadable
from shared.engine.transact import Snapshot, load
from tests.simulated.names import FLEET as NAMES
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.stored import DAMAGED_BODIES, StoredFleet
from tests.support.streams import all_streams

ONE_RUNNER = replace(stories.POLICY, max_runners=1)


def _waiting(*job_ids: int) -> StoredFleet:
    """Job 1 has the only slot; the others wait for it, in this order."""
    fleet = StoredFleet(ONE_RUNNER)
    for job_id in (1, *job_ids):
        fleet.clock.advance(1)
        fleet.queue(job_id)
        fleet.settle()
    return fleet


def _ends(fleet: StoredFleet, runner_id: str) -> None:
    fleet.runs(runner_id)
    fleet.exits(runner_id, exit_code=0)
    fleet.settle()


@pytest.mark.parametrize("body", DAMAGED_BODIES.values(), ids=DAMAGED_BODIES)
def test_an_event_that_can_not_be_read_is_named_with_its_stream(body: str) -> None:
    fleet = _waiting(2)
    fleet.damage_event("job-2", 2, body)
    with pytest.raises(Unreadable, match="job-2 event 2 can't be read") as raised:
        load(fleet.log, "job-2")
    assert (raised.value.key, raised.value.stream) == ("job-2 event 2", "job-2")


def test_an_event_without_a_text_is_named() -> None:
    fleet = _waiting(2)
    key = {"stream": {"S": "job-2"}, "seq": {"N": "2"}}
    fleet.client.put_item(TableName=NAMES.events_table, Item=key | {"id": {"S": "by hand"}})
    with pytest.raises(Unreadable, match="job-2 event 2 can't be read: it has no body"):
        load(fleet.log, "job-2")


def test_an_event_that_is_missing_is_named() -> None:
    fleet = _waiting(2)
    fleet.damage_event("job-1", 1, "")
    with pytest.raises(Unreadable) as raised:
        load(fleet.log, "job-1")
    assert raised.value.key == "job-1 event 1"


def test_a_recorded_duration_above_the_maximum_is_named() -> None:
    fleet = _waiting()
    limits = '"start":300'
    intended = fleet.log.read("job-1")[1].text
    assert limits in intended
    fleet.damage_event("job-1", 2, intended.replace(limits, '"start":' + "9" * 15))
    with pytest.raises(Unreadable, match=r"31622400 - at `\$\.limits\.start`") as raised:
        load(fleet.log, "job-1")
    assert raised.value.key == "job-1 event 2"


def test_events_that_can_be_read_and_not_folded_name_their_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = _waiting()
    monkeypatch.setitem(fold.HANDLERS, e.LaunchIntended, _fail)
    with pytest.raises(
        Unreadable, match="its events can't be folded: TypeError: no such"
    ) as raised:
        load(fleet.log, "job-1")
    assert raised.value.key == "job-1"


def test_a_state_that_can_not_be_projected_names_its_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = _waiting()
    monkeypatch.setattr(history, "project", _fail)
    read = load(fleet.log, "job-1")
    with pytest.raises(Unreadable, match="its state can't be projected: TypeError: no such"):
        _ = read.rows


def _fail(*_: object) -> object:
    raise TypeError("no such field")


def test_a_slot_is_handed_on_although_the_job_that_waits_longest_can_not_be_read() -> None:
    fleet = _waiting(2, 3)
    fleet.damage_event("job-2", 1)
    _ends(fleet, "fleet-1-1")
    assert fleet.types(3)[-1] == "RunnerLaunched"
    assert "job-2 event 1" in fleet.left_out


@pytest.mark.parametrize(
    "attributes",
    [
        {"job_id": None},
        {"job_id": {"S": "two"}},
        {"status_at": {"S": "999-01-01T00:00:00.000000Z"}},
        {"planned": {"BOOL": True}, "labels": {"M": {}}},
    ],
)
def test_a_slot_is_handed_on_to_a_job_whose_waiting_row_is_damaged(
    attributes: dict[str, Any],
) -> None:
    fleet = _waiting(2, 3)
    fleet.damage_row("fleet-2-1", **attributes)
    _ends(fleet, "fleet-1-1")
    assert fleet.types(2)[-1] == "RunnerLaunched", "the key of its row names it"
    assert fleet.row("fleet-2-1").status == "STARTING", "the append has written its row anew"
    assert fleet.row("fleet-3-1").awaits is not None


def test_a_row_by_hand_at_the_head_of_those_that_wait_holds_nobody_up() -> None:
    fleet = _waiting(2)
    first = {"waiting": {"S": "1"}, "arrived_at": {"S": "0001-01-01T00:00:00.000000Z"}}
    for number in range(30):
        fleet.damage_row(f"by hand {number}", **first)
    _ends(fleet, "fleet-1-1")
    assert fleet.types(2)[-1] == "RunnerLaunched"
    assert "by hand 0" in fleet.left_out


def test_jobs_hear_of_their_image_although_another_one_that_waits_can_not_be_read() -> None:
    fleet = StoredFleet()
    fleet.queue(1, 2)
    fleet.damage_event("job-1", 1)
    base = fleet.policy.placement.task_definition
    image = Image(
        tag="ubuntu-1",
        phase=ImagePhase.BUILT,
        definitions=((base, "runner-ubuntu-1:1"),),
        waiters=(1, 2),
    )
    waited_for = ImageHistory(stream="image-ubuntu-1", state=image)
    action = InformWaiters(image, image.waiters)
    given = fleet.driver().given(Snapshot(fleet.log, waited_for), fleet.policy)
    decided = inform_waiters(given, action)
    assert [one.stream for one in decided.streams] == ["job-2"]
    assert decided.fact == e.ImageReady(tag="ubuntu-1", job_ids=(1, 2)), "nobody waits any more"
    assert fleet.left_out == ["job-1 event 1"]


def test_an_action_that_needs_an_unreadable_stream_is_left_out() -> None:
    """Job 2 began on the runner of job 1, whose stream would have to hear of it."""
    fleet = StoredFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.settle()
    fleet.damage_event("job-1", 1)
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    assert "job-1 event 1" in fleet.left_out
    assert fleet.types(2)[-1] == "TaskStopSent", "its own runner is of no more use"


def test_without_a_counter_nothing_is_launched_and_nothing_is_left_out() -> None:
    fleet = StoredFleet()
    fleet.queue(1)
    fleet.damage_row("slots-3", slots_held={"S": "many"})
    with pytest.raises(Unreadable, match="slots-3 can't be read"):
        fleet.driver().drive("job-1")
    assert (fleet.types(1), fleet.left_out) == (["JobQueued"], [])


def test_an_unreadable_stream_is_raised_where_nobody_reports_what_is_left_out() -> None:
    fleet = SimulatedFleet()
    given = fleet.driver().given(Snapshot(fleet.log, load(fleet.log, "job-1")), fleet.policy)

    def unreadable(stream: str) -> Any:
        raise Unreadable(stream, "damaged", stream)

    with pytest.raises(Unreadable, match="job-2 can't be read: damaged"):
        list(replace(given, load=unreadable).readable(["job-2"]))


# --- replay --------------------------------------------------------------------------------------


def _drift(fleet: StoredFleet, *, repair: bool = False) -> dict[str, tuple[Kind, bool]]:
    found = drift(all_streams(fleet.log), fleet.log, fleet.table, Tally(), repair=repair)
    return {one.key: (one.kind, one.repairable) for one in found}


def test_verify_names_each_event_that_can_not_be_read_and_compares_all_other_streams() -> None:
    fleet = _waiting(2, 3)
    fleet.damage_event("job-1", 2)
    fleet.damage_row("fleet-3-1", repository={"S": "evil/repo"})
    assert _drift(fleet) == {
        "job-1 event 2": (Kind.UNREADABLE, False),
        "fleet-3-1": (Kind.DIFFERS, True),
    }


def test_rebuild_repairs_rows_and_leaves_those_of_an_unreadable_stream_alone() -> None:
    fleet = _waiting(2)
    before = fleet.row("fleet-1-1")
    fleet.damage_event("job-1", 2)
    fleet.damage_row("fleet-2-1", status_at={"S": "999-01-01T00:00:00.000000Z"})
    fleet.damage_row("by hand", status={"S": "RUNNING"}, status_at={"S": "soon"})
    lost = {"job-1 event 2": (Kind.UNREADABLE, False)}
    assert _drift(fleet, repair=True) == lost | {
        "fleet-2-1": (Kind.UNREADABLE, True),
        "by hand": (Kind.UNKNOWN, True),
    }
    assert _drift(fleet) == lost, "and what is left can't be repaired"
    assert fleet.row("fleet-1-1") == before


@pytest.mark.parametrize("year", [2, 999, 1000])
def test_a_row_with_an_early_year_can_be_read_again(year: int) -> None:
    """An earlier version took such times in: the events are there."""
    fleet = StoredFleet()
    early = stories.START.replace(year=year)
    fleet.log.append(
        [stories.appended("job-1", replace(stories.event(stories.queued()), at=early))], []
    )
    assert _drift(fleet, repair=True) == {"fleet-1-1": (Kind.MISSING, True)}
    assert fleet.row("fleet-1-1").queued_at == early
    assert _drift(fleet) == {}


@pytest.mark.parametrize("attribute", ["slots_held", "slots_awaited", "slots_changes"])
def test_rebuild_counts_a_part_of_the_counter_that_can_not_be_read_anew(attribute: str) -> None:
    fleet = _waiting(2, 3)
    before = [(one.held, one.awaited) for one in fleet.log.slots().shards]
    fleet.damage_row("slots-3", **{attribute: {"S": "many"}})
    fleet.damage_row("circuit", circuit_broken={"S": "many"})
    with pytest.raises(Unreadable, match="slots-3 can't be read"):
        fleet.log.slots()
    damaged = dict.fromkeys(("slots-3", "circuit"), (Kind.UNREADABLE, True))
    assert _drift(fleet) == damaged
    assert _drift(fleet, repair=True) == damaged
    assert [(one.held, one.awaited) for one in fleet.log.slots().shards] == before
    assert _drift(fleet) == {}


def test_rebuild_replaces_a_rate_limit_that_can_not_be_read_by_none() -> None:
    fleet = _waiting()
    fleet.damage_row(RATE_LIMIT, limit_credentials={"S": "soon"})
    assert _drift(fleet, repair=True) == {RATE_LIMIT: (Kind.UNREADABLE, True)}
    assert fleet.log.slots().rate_limits == RateLimits()
    assert _drift(fleet) == {}
