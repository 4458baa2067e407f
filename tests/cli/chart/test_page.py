"""The page as text: its policy, its script, and data that can't end it."""

import base64
import hashlib
import json
import re
from typing import Any

from msgspec.structs import replace

from cli.chart.page import page
from cli.pages import script
from tests.cli.support import done, mixed, swapped
from tests.support import stories
from tests.support.charts import chart_of, large
from tests.support.fleet import SimulatedFleet

HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 \\"


def _page(fleet: SimulatedFleet) -> str:
    return page(*chart_of(fleet.log, fleet.table, fleet.clock.now()))


def _data(text: str) -> dict[str, Any]:
    (found,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', text)
    data: dict[str, Any] = json.loads(found)
    return data


def test_the_data_has_rows_of_numbers_and_texts() -> None:
    data = _data(_page(done()))
    ((numbers, texts, waits, bars, incidents),) = data["rows"]
    assert numbers == [1, 7, 7, 0, 163_500, 0]
    assert data["texts"][texts[0]] == "fleet-7-1"
    kinds = [data["kinds"][kind] for kind in bars[2::5]]
    assert kinds == ["waiting", "launching", "idle", "on a job", "stopping"]
    assert bars[5:7] == [1500, 31_500]
    assert len(waits) % 5 == 0
    assert incidents == []
    assert data["slots"] == [0, 0, 1500, 1, 163_500, 0]


def test_a_story_has_the_events_as_the_history_prints_them() -> None:
    data = _data(_page(done()))
    (story,) = data["stories"]
    assert len(story) == 8 * 5
    assert data["texts"][story[3]] == "job queued for self-hosted"
    assert story[-5] == 8
    assert data["texts"][story[-2]] == "slot released (served)"


def test_a_swap_has_its_time_and_the_runners_of_both_jobs() -> None:
    data = _data(_page(swapped()))
    at, job, own, taken, displaced, is_mutual = data["swaps"]
    assert (at, job, displaced, is_mutual) == (22_000, 1, 2, 1)
    assert [data["texts"][own], data["texts"][taken]] == ["fleet-1-1", "fleet-2-1"]


def test_a_swap_with_a_runner_that_is_no_row_is_left_out() -> None:
    fleet = swapped()
    made, events = chart_of(fleet.log, fleet.table, fleet.clock.now())
    assert _data(page(replace(made, rows=made.rows[:1]), events))["swaps"] == []


def test_a_story_names_causes_in_the_streams_of_other_jobs() -> None:
    texts = _data(_page(swapped()))["texts"]
    assert "← job 1 #8: job ended: success on fleet-2-1" in texts


def test_what_has_not_ended_has_no_end() -> None:
    bars = _data(_page(mixed()))["rows"][0][3]
    assert bars[-4] is None


def test_names_from_outside_end_neither_script_nor_comment() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, replace(stories.queued(), job=stories.details(workflow=HOSTILE, name=HOSTILE)))
    text = _page(fleet)
    assert HOSTILE in _data(text)["texts"]
    assert text.count("</script>") == 2, "those of the data and of the script"
    assert "<!--" not in text


def test_the_policy_allows_the_embedded_style_and_script_alone() -> None:
    text = _page(done())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (code,) = re.findall(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    hashes = [
        base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in (style, code)
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"(?:src|href)=|url\(|@import|style=", text.replace(code, ""))


def test_the_script_is_one_module_in_the_order_of_its_imports() -> None:
    code = script("timeline")
    assert not re.search(r"^(?:import|export) ", code, re.MULTILINE)
    defined = re.findall(r"^(?:const|class|function) (\w+)", code, re.MULTILINE)
    assert len(defined) > 40
    assert sorted(defined) == sorted(set(defined)), "modules share a scope there"
    assert code.index("class View") < code.index("new Page(")


def test_a_page_of_5000_runners_has_a_kilobyte_for_each() -> None:
    assert len(page(*large(5000))) < 5_000_000


def test_the_page_names_the_period_and_how_many_runners_there_are() -> None:
    fleet = mixed()
    made, events = chart_of(fleet.log, fleet.table, fleet.clock.now())
    text = page(replace(made, left_out=1200, max_runners=6), events)
    assert "<title>Runners, 2025-12-31 23:03:35 to 2026-01-01 00:03:35 UTC</title>" in text
    assert "6 runners, 2 FAILED, 2 OFFLINE, 1 RUNNING, 1 STARTING, 1,200 older ones" in text
    assert "At most 3 of 6 slots were in use, and 3 jobs waited at the same time" in text
    assert "max_runners</li>" in text
    assert "max_runners</li>" not in page(made, events)


def test_a_limit_far_above_the_levels_is_named_and_not_drawn() -> None:
    fleet = mixed()
    made, events = chart_of(fleet.log, fleet.table, fleet.clock.now())
    limits = {limit: page(replace(made, max_runners=limit), events) for limit in (6, 7)}
    assert [_data(one)["limit"] for one in limits.values()] == [6, None]
    assert "max_runners</li>" not in limits[7]
    assert "At most 3 of 7 slots were in use" in limits[7]
