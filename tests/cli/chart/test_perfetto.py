"""The trace: the fields that the format documents, and what they hold.

Source: Google, "Trace Event Format", "Event Descriptions".
"""

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from cli.chart.perfetto import trace
from tests.cli.support import busy, mixed, swapped
from tests.support.charts import chart_of, storm
from tests.support.fleet import SimulatedFleet

COMMON = {"ph": str, "name": str, "pid": int, "tid": int, "ts": int}
FIELDS: dict[str, dict[str, type]] = {
    "M": {**COMMON, "args": dict},
    "X": {**COMMON, "cat": str, "dur": int, "args": dict},
    "i": {**COMMON, "cat": str, "s": str, "args": dict},
    "C": {**COMMON, "args": dict},
    "s": {**COMMON, "cat": str, "id": int, "args": dict},
    "f": {**COMMON, "cat": str, "id": int, "bp": str, "args": dict},
}
"""The fields of each type of event: the required ones, and the optional ones that are written."""


def _events(fleet: SimulatedFleet) -> list[dict[str, Any]]:
    made, _ = chart_of(fleet.log, fleet.table, fleet.clock.now())
    events: list[dict[str, Any]] = json.loads(trace(made))["traceEvents"]
    return events


def _of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in events if one["ph"] == kind]


@pytest.mark.parametrize("fleet", [busy, mixed, swapped])
def test_every_event_has_the_fields_of_its_type(fleet: Any) -> None:
    for one in _events(fleet()):
        assert {name: type(value) for name, value in one.items()} == FIELDS[one["ph"]]
        assert one["ts"] >= 0
        assert one.get("dur", 0) >= 0
        assert one.get("s", "t") in ("g", "p", "t")
        assert one.get("bp", "e") == "e"


def test_the_document_is_an_object_with_events_and_a_unit() -> None:
    document = json.loads(trace(storm()[0]))
    assert list(document) == ["traceEvents", "displayTimeUnit", "otherData"]
    assert document["displayTimeUnit"] in ("ms", "ns")


def test_a_repository_is_a_process_and_a_runner_a_thread() -> None:
    named = [one for one in _of(_events(swapped()), "M") if "name" in one["args"]]
    assert {(one["name"], one["args"]["name"]) for one in named} == {
        ("process_name", "fleet"),
        ("process_name", "octo/repo"),
        ("thread_name", "fleet-1-1"),
        ("thread_name", "fleet-2-1"),
    }


def test_phases_of_a_thread_follow_each_other_without_overlap() -> None:
    threads: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for one in _of(json.loads(trace(storm()[0]))["traceEvents"], "X"):
        threads[one["pid"], one["tid"]].append((one["ts"], one["ts"] + one["dur"]))
    assert len(threads) == 10
    for spans in threads.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_phase_has_its_reason_and_its_job() -> None:
    last = _of(_events(busy()), "X")[-1]
    assert (last["name"], last["cat"]) == ("on its job", "on a job")
    assert (last["args"]["job"], last["args"]["has_ended"]) == (7, False)


def test_a_swap_leads_from_the_wait_for_the_taken_runner_to_the_other_one() -> None:
    events = _events(swapped())
    threads = {
        one["args"]["name"]: one["tid"] for one in _of(events, "M") if one["name"] == "thread_name"
    }
    (begin,), (end,) = _of(events, "s"), _of(events, "f")
    assert begin["id"] == end["id"]
    assert (begin["tid"], end["tid"]) == (threads["fleet-2-1"], threads["fleet-1-1"])
    assert [_enclosing(events, one) for one in (begin, end)] == ["idle", "on job 2"]
    assert begin["ts"] < end["ts"], "Perfetto lets a flow lead to the slice that begins later"


def _enclosing(events: list[dict[str, Any]], one: dict[str, Any]) -> str:
    """Return the name of the phase of its thread in which an event is."""
    slices = (phase for phase in _of(events, "X") if phase["tid"] == one["tid"])
    (found,) = (x["name"] for x in slices if one["ts"] in range(x["ts"], x["ts"] + x["dur"]))
    return str(found)


def test_counters_have_the_slots_in_use_and_the_waiting_jobs() -> None:
    """Perfetto names a counter by its event and its argument: "slots in use"."""
    counters = _of(_events(swapped()), "C")
    values: dict[str, list[int]] = defaultdict(list)
    for one in counters:
        ((series, value),) = one["args"].items()
        values[f"{one['name']} {series}"].append(value)
    assert values == {"slots in use": [2, 0], "jobs waiting": [2, 1, 0]}


def test_faults_and_notices_are_instants() -> None:
    found = {(one["cat"], one["name"]) for one in _of(_events(mixed()), "i")}
    assert ("fault", "task failed") in found
    assert ("notice", "job refused") in found
