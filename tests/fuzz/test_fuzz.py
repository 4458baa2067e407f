"""A short run of what `make fuzz` does at length; hypothesis finds small inputs that break."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ingest.handler import on_request
from tests.fuzz import bodies, damage, events, hostile, messages, shapes
from tests.fuzz.__main__ import main
from tests.fuzz.broken import Broken
from tests.fuzz.quiet import ingest
from tests.support.openapi import check_webhook
from tests.support.stored import StoredFleet
from tests.support.webhooks import request

QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


SEEDS = st.integers(min_value=0, max_value=2**32)


@pytest.mark.parametrize("action", shapes.ACTIONS)
def test_bodies_by_the_schema_fit_githubs_description(action: str) -> None:
    body = shapes.workflow_job(action, Random(1))
    check_webhook(f"workflow-job-{action.replace('_', '-')}", body)


@QUICK
@given(action=st.sampled_from(shapes.ACTIONS), seed=SEEDS)
def test_every_body_that_fits_githubs_description_is_taken_in_or_ignored(
    action: str, seed: int
) -> None:
    body = json.dumps(shapes.workflow_job(action, Random(seed))).encode()
    answer = on_request(ingest(StoredFleet()), request(body))
    assert (answer.status, answer.body["result"]) in [(202, "accepted"), (202, "ignored")]


@QUICK
@given(seed=SEEDS)
def test_whatever_a_body_holds_the_answer_is_a_success_or_a_named_refusal(seed: int) -> None:
    fleet = StoredFleet()
    function, made = ingest(fleet), bodies.Bodies(Random(seed))
    for _ in range(3):
        bodies.check(fleet, function, made.next())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@QUICK
@given(path=st.sampled_from(bodies.USED), value=JSON)
def test_each_field_that_is_read_may_hold_anything(path: Any, value: Any) -> None:
    fleet = StoredFleet()
    shape = shapes.workflow_job("queued", Random(0))
    shape["deployment"] = {"updated_at": "2026-01-01T00:00:00Z"}
    text = json.dumps(hostile.changed(shape, path, value))
    bodies.check(fleet, ingest(fleet), request(text.encode()))


def test_webhooks_by_the_hundred() -> None:
    results = bodies.run(600, seed=0)
    assert {"202 accepted", "202 ignored", "400 refused"} <= set(results)


def test_events_by_the_hundred() -> None:
    results = events.run(400, seed=0)
    assert len(results) == 6, "of both kinds some are accepted, ignored and unreadable"


def test_messages_by_the_hundred() -> None:
    results = messages.run(200, seed=0)
    assert results["handled"]
    assert results["dropped"]


def test_damaged_items_by_the_dozen() -> None:
    results = damage.run(40, seed=0)
    assert results["repaired"]
    assert results["named"]


def test_the_same_seed_makes_the_same_input() -> None:
    one, other = (bodies.Bodies(Random("same")) for _ in range(2))
    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]


def test_what_breaks_is_shown_with_the_command_that_runs_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: Any) -> None:
        raise Broken("answered 500", {"body": "…"})

    monkeypatch.setattr(bodies, "check", breaks)
    assert main(["--bodies", "7", "--messages", "10", "--seed", "3"]) == 1
    told = capsys.readouterr()
    assert "answered 500" in told.err
    assert "again: python -m tests.fuzz --bodies 7 --seed 3" in told.err
    assert "10 queue messages in" in told.out
