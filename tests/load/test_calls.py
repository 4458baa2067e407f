"""Tests concurrent calls of several functions: latencies, and conflicts as in AWS."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.load.calls import Calls, Client, Traffic
from benchmarks.load.fibers import Fibers
from benchmarks.load.limits import TokenBucket
from benchmarks.load.options import Delays
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.names import FLEET
from tests.simulation.world.faults import Cut, Invocation

EXACT = replace(
    Delays(), transaction=(0.012, 0.012), held=(0.008, 0.008), read=(0.005, 0.005), ssm=(0.01, 0.01)
)


class Bench:
    """A DynamoDB and any number of functions, each run as a fiber."""

    def __init__(self) -> None:
        self.fibers = Fibers(Random(0))
        self.dynamodb = DynamoDB(self.fibers)
        for table in FLEET.tables():
            self.dynamodb.create_table(**table)
        self.traffic = Traffic(
            fibers=self.fibers,
            delays=EXACT,
            dynamodb=self.dynamodb,
            run_task=TokenBucket(rate=1, burst=1),
        )
        self.seen: list[tuple[float, Any]] = []

    def calls(self, timeout: float = 30.0) -> Calls:
        made = Calls(self.traffic, "scheduler", timeout)
        made.invocations.append(Invocation("scheduler"))
        return made

    def client(self, service: str = "dynamodb", client: Any = None, **how: Any) -> Any:
        return Client(service, client or self.dynamodb, self.calls(**how))

    def at(self, seconds: float, call: Callable[[], Any]) -> None:
        def run() -> None:
            try:
                answer = call()
            except (ClientError, Cut) as error:
                answer = error
            self.seen.append((round(self.fibers.seconds, 6), answer))

        self.fibers.after(seconds, run)

    def run(self) -> list[Any]:
        self.fibers.run(100.0)
        return [answer for _, answer in self.seen]


def _put(stream: str, seq: int = 1) -> dict[str, Any]:
    item = {"stream": {"S": stream}, "seq": {"N": str(seq)}, "body": {"S": "{}"}}
    return {"TableName": FLEET.events_table, "Item": item}


def _transact(client: Any, *puts: dict[str, Any]) -> Any:
    return client.transact_write_items(TransactItems=[{"Put": put} for put in puts])


def _read(client: Any, stream: str) -> Any:
    return client.query(
        TableName=FLEET.events_table,
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "stream"},
        ExpressionAttributeValues={":s": {"S": stream}},
        ConsistentRead=True,
    )["Items"]


def test_the_second_of_two_transactions_that_hold_an_item_at_once_is_refused() -> None:
    bench = Bench()
    bench.at(0.000, lambda: _transact(bench.client(), _put("job-1"), _put("job-2")))
    bench.at(0.006, lambda: _transact(bench.client(), _put("job-3"), _put("job-2")))
    bench.at(0.012, lambda: _transact(bench.client(), _put("job-3"), _put("job-2", 2)))
    refused, first, third = bench.run()
    assert first == third == {}
    assert refused.response["Error"]["Code"] == "TransactionCanceledException"
    codes = [one["Code"] for one in refused.response["CancellationReasons"]]
    assert codes == ["None", "TransactionConflict"]
    assert dict(bench.traffic.refused) == {"conflict on stream": 1}


def test_a_single_write_to_an_item_that_a_transaction_holds_is_refused() -> None:
    bench = Bench()
    bench.at(0.000, lambda: _transact(bench.client(), _put("job-1")))
    bench.at(0.004, lambda: bench.client().put_item(**_put("job-1")))
    refused, _ = bench.run()
    assert refused.response["Error"]["Code"] == "TransactionConflictException"


def test_a_read_is_never_refused_and_sees_a_transaction_only_when_it_is_over() -> None:
    bench = Bench()
    bench.at(0.000, lambda: _transact(bench.client(), _put("job-1")))
    bench.at(0.004, lambda: len(_read(bench.client(), "job-1")))
    bench.at(0.020, lambda: len(_read(bench.client(), "job-1")))
    assert bench.run() == [0, {}, 1]
    assert [at for at, _ in bench.seen] == [0.009, 0.012, 0.025]


def test_two_that_read_before_either_appends_collide_on_the_condition() -> None:
    bench = Bench()

    def append(client: Any) -> Any:
        seq = len(_read(client, "job-1")) + 1
        client_waits = (
            client.get_item
        )  # time between read and append, such as a decision's other reads
        key = {"runner_id": {"S": "slots"}}
        client_waits(TableName=FLEET.runners_table, Key=key, ConsistentRead=True)
        condition = {
            "ConditionExpression": "attribute_not_exists(#s)",
            "ExpressionAttributeNames": {"#s": "stream"},
        }
        return _transact(client, _put("job-1", seq) | condition)

    bench.at(0.000, lambda: append(bench.client()))
    bench.at(0.012, lambda: append(bench.client()))
    first, second = bench.run()
    assert first == {}
    codes = [one["Code"] for one in second.response["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed"]
    assert dict(bench.traffic.refused) == {"condition on stream": 1}


class Ecs:
    def __init__(self) -> None:
        self.run = 0

    def run_task(self, **_: Any) -> dict[str, Any]:
        self.run += 1
        return {"tasks": [{}]}


def test_a_throttled_task_is_asked_for_again_as_botocore_does_it() -> None:
    bench, ecs = Bench(), Ecs()
    for _ in range(3):
        bench.at(0.0, lambda: bench.client("ecs", ecs).run_task())
    answers = bench.run()
    assert bench.traffic.throttled >= 2
    assert ecs.run == sum(not isinstance(one, ClientError) for one in answers)
    refused = [one for one in answers if isinstance(one, ClientError)]
    assert {one.response["Error"]["Code"] for one in refused} <= {"ThrottlingException"}
    assert bench.traffic.calls["scheduler", "ecs.run_task"] == ecs.run + bench.traffic.throttled


def test_a_function_ends_when_its_time_is_over_and_what_it_held_is_free() -> None:
    bench = Bench()
    bench.at(0.000, lambda: _transact(bench.client(timeout=0.005), _put("job-1")))
    bench.at(0.006, lambda: _transact(bench.client(), _put("job-1")))
    cut, done = bench.run()
    assert isinstance(cut, Cut)
    assert done == {}
    assert [at for at, _ in bench.seen] == [0.005, 0.018]


def test_only_a_fiber_can_wait() -> None:
    with pytest.raises(RuntimeError, match="only what the agenda has started"):
        Fibers(Random(0)).spend(1.0)
