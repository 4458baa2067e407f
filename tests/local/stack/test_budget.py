"""The budgets of a plain job on a ready image and of the Janitor, by function and operation.

A cold start, and a minute later each environment, also reads parameters from SSM.
"""

import json
from collections import Counter
from typing import Any

import pytest

from tests.local.stack.support import run
from tests.support.stories import PLAIN_JOB

pytestmark = pytest.mark.slow(group="local-stack-budget")

MOST_CALLS, MOST_INVOCATIONS, MOST_EVENTS, MOST_AT_REST = 18, 7, 8, 8
CALLS = {
    # A new job is appended without a read; each other fact is read and appended; the end of the
    # task also reads the slot counter, since the slot is released with it.
    "ingest": {
        "dynamodb.TransactWriteItems": 5,
        "dynamodb.Query": 4,
        "dynamodb.BatchGetItem": 1,
    },
    "outbox": {"sqs.SendMessageBatch": 1},
    # The first event comes with the nudge, and which image is ready is known.
    "scheduler": {
        "dynamodb.BatchGetItem": 1,
        "dynamodb.PutItem": 1,
        "dynamodb.TransactWriteItems": 2,
        "s3.PutObject": 1,
        "ecs.RunTask": 1,
    },
    "reconciler": {},
    "janitor": {},
}


AT_REST = Counter(
    {
        # Live runners from both partitions, those that ended OFFLINE, those that ended FAILED.
        "dynamodb.Query": 4,
        "dynamodb.BatchGetItem": 1,
        "ecs.ListTasks": 1,
        "sqs.ReceiveMessage": 1,
    }
)
"""And one GetParameters, since there is a run a minute."""
IMAGES = Counter({"dynamodb.Query": 1, "ecr.DescribeImages": 1})
"""In every sixth hour, in which unused images are deleted."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = run("tests.local.stack.one_job", str(tmp_path_factory.mktemp("one-job")))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_calls_of_a_plain_job_are_these_and_no_more(told: Any) -> None:
    assert told["calls"] == CALLS
    assert sum(sum(one.values()) for one in CALLS.values()) <= MOST_CALLS


def test_no_function_is_invoked_for_nothing(told: Any) -> None:
    """Three webhooks, two events of ECS, and one nudge that the outbox sends."""
    assert told["invocations"] == {"ingest": 5, "outbox": 1, "scheduler": 1}
    assert sum(told["invocations"].values()) <= MOST_INVOCATIONS


def test_a_plain_job_is_eight_events(told: Any) -> None:
    assert sorted(told["events"]) == sorted(PLAIN_JOB)
    assert len(told["events"]) <= MOST_EVENTS


def test_the_janitor_makes_few_calls_when_nothing_is_to_be_done(told: Any) -> None:
    images = IMAGES if told["expires images"] else Counter[str]()
    assert told["at rest"] == AT_REST + images
    assert AT_REST.total() + 1 <= MOST_AT_REST
