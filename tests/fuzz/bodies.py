"""`workflow_job` webhooks: bodies that fit GitHub's schema, and what hostile hands make of them."""

import json
from collections import Counter
from random import Random
from typing import Any

from functions.ingest.handler import Ingest, on_request
from shared.domain.stream import StreamId
from tests.fuzz import hostile, shapes
from tests.fuzz.broken import Broken
from tests.fuzz.quiet import ingest
from tests.support.stored import StoredFleet
from tests.support.webhooks import request

FRESH = 20
"""Bodies that are made of one that was drawn by the schema."""
USED = (
    *(("workflow_job", name) for name in ("id", "labels", "run_id", "run_attempt", "name")),
    *(("workflow_job", name) for name in ("created_at", "started_at", "completed_at")),
    *(("workflow_job", name) for name in ("workflow_name", "html_url", "conclusion")),
    ("workflow_job", "runner_name"),
    ("workflow_job",),
    ("repository", "full_name"),
    ("repository", "private"),
    ("repository", "fork"),
    ("repository",),
    ("deployment", "updated_at"),
    ("deployment",),
    ("action",),
)
"""The fields that ingest reads."""
_GUIDS = ("", " ", "a b", "é", "x" * 128, "x" * 129, "\n", "guid")


class Bodies:
    """Bodies without end, by the seed."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._count = 0
        self._shape: dict[str, Any] = {}
        self._places: list[hostile.Path] = []

    def next(self) -> dict[str, Any]:
        """The request with the next body."""
        rng = self._rng
        if self._count % FRESH == 0:
            self._shape = shapes.workflow_job(rng.choice(shapes.ACTIONS), rng)
            self._places = hostile.paths(self._shape)
        self._count += 1
        job = {"id": rng.randint(1, 500)}
        shape = {**self._shape, "workflow_job": {**self._shape["workflow_job"], **job}}
        if rng.random() < 0.7:
            shape = hostile.mutated(shape, rng, USED if rng.random() < 0.8 else self._places)
        text = json.dumps(shape, ensure_ascii=rng.random() < 0.9 or _has_surrogate(shape))
        if rng.random() < 0.15:
            text = rng.choice(hostile.TEXT_CHANGES)(text, rng)
        guid = f"guid-{self._count}" if rng.random() < 0.98 else rng.choice(_GUIDS)
        return request(hostile.encoded(text, rng), guid=guid, encoded=True)


def _has_surrogate(shape: Any) -> bool:
    try:
        json.dumps(shape, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def check(fleet: StoredFleet, function: Ingest, made: dict[str, Any]) -> str:
    """Deliver the request; what came of it.

    Raises:
        Broken: an exception, an answer without a reason, or something that can't be read back.
    """
    before = fleet.log.count
    try:
        answer = on_request(function, made)
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}", made) from error
    result = str(answer.body["result"])
    named = answer.body.get("reason") or result in ("accepted", "pong")
    if not 200 <= answer.status < 500 or not named:
        raise Broken(f"answered {answer.status} {answer.body}", made)
    if result == "accepted":
        _read_back(fleet, answer.body["stream"], made)
    elif fleet.log.count != before:
        raise Broken(f"{result}, and an event was appended", made)
    return f"{answer.status} {result}"


def _read_back(fleet: StoredFleet, stream: str, made: dict[str, Any]) -> None:
    job_id = StreamId(stream).job_id
    try:
        history = fleet.history(job_id or 0)
        stored = {runner_id: fleet.table.get(runner_id) for runner_id in history.rows}
    except Exception as error:
        raise Broken(f"{stream} can't be read back: {error}", made) from error
    if not history.seq or stored != history.rows:
        raise Broken(f"{stream} is read back with other rows", made)


def run(count: int, seed: int) -> Counter[str]:
    """So many bodies; how often each came to what."""
    results: Counter[str] = Counter()
    bodies = Bodies(Random(f"bodies/{seed}"))
    for number in range(count):
        if number % 500 == 0:
            fleet = StoredFleet()
            function = ingest(fleet)
        results[check(fleet, function, bodies.next())] += 1
    return results
