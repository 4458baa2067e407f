"""Damaged items in the tables, such as somebody's hand or a bug of another version leaves."""

import json
from collections import Counter
from random import Random
from typing import Any

from botocore.exceptions import ClientError
from msgspec.structs import replace

from cli.replay.comparison import drift
from cli.replay.drift import Drift, Tally
from functions.janitor.handler import SWEEPS
from functions.janitor.sweep import run as sweep
from shared.adapters.counter import COUNTER_KEYS
from shared.domain.names import home_job
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId
from tests.fuzz import hostile
from tests.fuzz.broken import Broken
from tests.support import stories
from tests.support.janitor import janitor
from tests.support.judged import Refusals
from tests.support.stored import NAMES, StoredFleet
from tests.support.streams import all_streams

JOBS = 12
DAMAGES = 4
"""Items that are damaged in one fleet."""
_VALUES: tuple[dict[str, Any], ...] = (
    {"NULL": True},
    {"BOOL": True},
    {"M": {}},
    {"L": [{"N": "1"}]},
    {"N": "-1"},
    {"N": "1e100"},
    {"N": "99999999999999999999"},
)


def fleet_at_work() -> StoredFleet:
    """A fleet with jobs in many states: they wait, are launched, run and have ended."""
    fleet = StoredFleet(replace(stories.POLICY, max_runners=8))
    for job_id in range(1, JOBS + 1):
        fleet.clock.advance(1)
        fleet.queue(job_id)
        fleet.settle()
    fleet.runs(*(f"fleet-{job_id}-1" for job_id in range(1, 7)))
    for job_id in range(1, 5):
        fleet.starts(job_id, f"fleet-{job_id}-1")
    fleet.settle()
    fleet.completes(1, "fleet-1-1")
    fleet.exits("fleet-1-1")
    fleet.settle()
    return fleet


def damage(fleet: StoredFleet, rng: Random) -> str | None:
    """Damage one item; the key of what it belongs to, or None if DynamoDB does not take it."""
    table = rng.choice((NAMES.events_table, NAMES.runners_table, NAMES.runners_table))
    item: dict[str, Any] = dict(rng.choice(fleet.items_of(table)))
    if table == NAMES.events_table:
        item["body"] = {"S": _body(item["body"]["S"], rng)}
    else:
        names = [name for name in item if name != "runner_id"]
        for name in rng.sample(names, rng.randint(1, min(3, len(names)))):
            if rng.random() < 0.3:
                del item[name]
            else:
                item[name] = _attribute(rng)
    try:
        with Refusals(sent=False):
            fleet.client.put_item(TableName=table, Item=item)
    except ClientError:  # an index's key of another type, an empty one, or a number out of range
        return None
    return str(item.get("stream", item.get("runner_id"))["S"])


def _attribute(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.5:
        return rng.choice(_VALUES)
    return {"S": rng.choice((*hostile.TIMES, *hostile.TEXTS)).replace("\ud800", "?")}


def _body(text: str, rng: Random) -> str:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return text  # it was damaged before
    if rng.random() < 0.7:
        event = hostile.mutated(event, rng, hostile.paths(event))
    text = json.dumps(event)
    if rng.random() < 0.4:
        change = rng.choice((hostile.twice, hostile.torn, hostile.number, hostile.nested))
        text = change(text, rng)
    return text[:300_000]


def check(fleet: StoredFleet, damaged: set[str]) -> Counter[str]:
    """The Janitor runs, lists are read, and the replay tool repairs what can be repaired.

    Raises:
        Broken: an exception, a sweep that failed, a job that suffers for another one, or a rebuild
            that advises itself again.
    """
    try:
        _listed(fleet, damaged)
        first = _drift(fleet, repair=True)
        again = _drift(fleet)
        failures = [one for one in _swept(fleet) if _job(one) not in set(map(_job, damaged))]
        _works(fleet)
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}", _items(fleet, damaged)) from error
    if any(one.repairable for one in again):
        raise Broken(f"a rebuild leaves {again} to another one", _items(fleet, damaged))
    if failures:
        raise Broken(f"sweeps failed: {failures}", _items(fleet, damaged))
    return Counter(repaired=len(first) - len(again), named=len(again))


def _drift(fleet: StoredFleet, *, repair: bool = False) -> list[Drift]:
    return list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally(), repair=repair))


def _listed(fleet: StoredFleet, damaged: set[str]) -> None:
    shown = {row.runner_id for status in Status for row in fleet.table.by_status(status)}
    all_rows = {f"fleet-{job_id}-1" for job_id in range(1, JOBS + 1)}
    assert all_rows - shown <= damaged, "every other row is listed"
    fleet.table.live(fleet.clock.now())
    fleet.table.waiting(100)


def _swept(fleet: StoredFleet) -> list[str]:
    """What the Janitor fails at in some runs, among them one in which everything is overdue."""
    failures: list[str] = []
    for seconds in (60, 60, 10_000):
        fleet.clock.advance(seconds)
        sweep(janitor(fleet, failures), SWEEPS)
    return failures


def _job(subject: str) -> int | None:
    """The job that a key or the subject of a failure is about: a damaged one may fail alone."""
    name = subject.rpartition("/")[2]
    stream = StreamId.parse(name)
    return (stream.job_id if stream else None) or home_job(name)


def _works(fleet: StoredFleet) -> None:
    """A new job gets its runner."""
    fleet.policy = replace(fleet.policy, max_runners=1000)
    fleet.queue(JOBS + 1)
    fleet.driver().drive(f"job-{JOBS + 1}")
    assert fleet.types(JOBS + 1)[-1] == "RunnerLaunched"


def _items(fleet: StoredFleet, damaged: set[str]) -> str:
    keys = damaged | COUNTER_KEYS
    return str([one for one in fleet.items() if _key(one) in keys])


def _key(item: dict[str, Any]) -> str:
    return str(item.get("stream", item.get("runner_id"))["S"])


def run(count: int, seed: int) -> Counter[str]:
    """So many damaged items; how many were repaired, and how many named as beyond repair."""
    rng = Random(f"items/{seed}")
    results: Counter[str] = Counter()
    while results["damaged"] < count:
        fleet = fleet_at_work()
        damaged = set(filter(None, (damage(fleet, rng) for _ in range(DAMAGES))))
        results["damaged"] += len(damaged)
        results += check(fleet, damaged)
    return results
