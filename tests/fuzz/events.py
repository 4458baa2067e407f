"""Events of ECS and CodeBuild as EventBridge hands them to ingest."""

import json
from collections import Counter
from random import Random
from typing import Any

from functions.ingest.handler import on_event
from shared.domain.stream import StreamId
from shared.engine.transact import load
from tests.fuzz import hostile
from tests.fuzz.broken import Broken
from tests.fuzz.quiet import ingest
from tests.support.ingest import CLUSTER
from tests.support.stored import NAMES, StoredFleet

TASK: dict[str, Any] = {
    "version": "0",
    "id": "event",
    "detail-type": "ECS Task State Change",
    "source": "aws.ecs",
    "time": "2026-01-01T00:00:00Z",
    "detail": {
        "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/fleet/1",
        "clusterArn": CLUSTER,
        "lastStatus": "STOPPED",
        "version": 3,
        "startedBy": "fleet-7-1",
        "startedAt": "2026-01-01T00:00:01Z",
        "stoppedAt": "2026-01-01T00:00:09Z",
        "updatedAt": "2026-01-01T00:00:09Z",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "runner", "exitCode": 0, "reason": ""}],
        "overrides": {"containerOverrides": [{"name": "runner"}]},
    },
}
BUILD: dict[str, Any] = {
    "version": "0",
    "id": "event",
    "detail-type": "CodeBuild Build State Change",
    "source": "aws.codebuild",
    "time": "2026-01-01T00:00:00Z",
    "detail": {
        "build-status": "FAILED",
        "project-name": NAMES.image_project,
        "build-id": f"arn:aws:codebuild:us-east-1:123456789012:build/{NAMES.image_project}:1",
        "additional-information": {
            "environment": {
                "environment-variables": [
                    {"name": "BASE_IMAGE", "value": "ubuntu:24.04"},
                    {"name": "IMAGE_TAG", "value": "ubuntu-24.04-0123456789ab"},
                ]
            },
            "logs": {"group-name": "group", "deep-link": "https://console.aws.amazon.com/x"},
            "phases": [
                {"phase-type": "SUBMITTED", "phase-status": "SUCCEEDED", "phase-context": []},
                {"phase-type": "BUILD", "phase-status": "FAILED", "phase-context": ["exit 1"]},
                {"phase-type": "COMPLETED"},
            ],
        },
    },
}
_KEPT = ("detail-type",)
"""A rule sends nothing else here; an event of another kind raises, and is tested by itself."""
_RESULTS = ("accepted", "ignored", "unreadable")


def event(rng: Random, number: int) -> dict[str, Any]:
    """An event as Lambda's runtime reads it: by `json.loads`, which takes lone surrogates."""
    shape = rng.choice((TASK, BUILD))
    places = [path for path in hostile.paths(shape) if path[0] not in _KEPT]
    shape = {**shape, "id": f"event-{number}"}
    if rng.random() < 0.8:
        shape = hostile.mutated(shape, rng, places)
    read: dict[str, Any] = json.loads(json.dumps(shape))
    return read


def check(fleet: StoredFleet, made: dict[str, Any]) -> str:
    """Hand the event in; what came of it.

    Raises:
        Broken: an exception, an answer without a reason, or something that can't be read back.
    """
    before = fleet.log.count
    try:
        answer = on_event(ingest(fleet), made)
        if answer["result"] == "accepted":
            load(fleet.log, answer["stream"])
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}", made) from error
    if answer["result"] not in _RESULTS or not ("stream" in answer or answer["reason"]):
        raise Broken(f"answered {answer}", made)
    if answer["result"] == "accepted":
        if StreamId.parse(answer["stream"]) is None:
            raise Broken(f"appended to {answer['stream']!r}", made)
    elif fleet.log.count != before:
        raise Broken(f"{answer['result']}, and an event was appended", made)
    return f"{made['detail-type'].split()[0]} {answer['result']}"


def run(count: int, seed: int) -> Counter[str]:
    """So many events; how often each came to what."""
    results: Counter[str] = Counter()
    rng = Random(f"events/{seed}")
    for number in range(count):
        if number % 100 == 0:  # a stream that grows takes ever longer to read
            fleet = StoredFleet()
            fleet.queue(7)
        results[check(fleet, event(rng, number))] += 1
    return results
