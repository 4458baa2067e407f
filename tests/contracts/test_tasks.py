"""The contract of `Tasks`: simulated, and on ECS of patched moto with emulated Fargate.

Without Docker, ministack's ECS runs nothing: a task is RUNNING at once, until it is stopped.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from local.aws.server import MotoServer
from local.fargate.fargate import Fargate
from local.fargate.lifecycle import Delays
from shared.adapters.ecs import EcsTasks
from shared.ports import Tasks, TaskSpec, TaskView
from tests.judges.ministack import Ministack
from tests.simulated.agenda import Agenda
from tests.simulated.aws.ecs import ECS
from tests.simulated.aws.paging import Direct
from tests.simulated.weather import Weather
from tests.support.ecs import make_fleet

FOREVER = ["/bin/sh", "-c", "while :; do sleep 0.05; done"]
WAIT = 20
"""Seconds after which a test that waits for ECS fails."""
_NAMES = itertools.count(1)


class Given:
    """One implementation, a request that it accepts, and a function that waits for a task's end."""

    def __init__(self, tasks: Tasks, spec: TaskSpec, settle: Callable[[str], None]) -> None:
        self.tasks = tasks
        self.spec = spec
        self.settle = settle

    def run(self, runner_id: str = "fleet-7-1") -> str:
        return self.tasks.run(replace(self.spec, runner_id=runner_id, client_token=runner_id))

    def seen(self, task_arn: str) -> TaskView:
        view = self.tasks.describe(task_arn)
        assert view is not None
        return view


SPEC = TaskSpec(
    runner_id="fleet-7-1",
    client_token="fleet-7-1",
    task_definition="runner:1",
    cpu=512,
    memory=1024,
    capacity="FARGATE_SPOT",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
    assign_public_ip=True,
    config_reference="arn:aws:s3:::configs/runner.env",
    tags={"repository": "octo/repo", "workflow": "", "job": "7"},
)


def _at_ecs(server: MotoServer, directory: Path) -> Iterator[Given]:
    name = f"contract-{next(_NAMES)}"
    made: list[Any] = []

    def client(service: str) -> Any:
        made.append(
            boto3.client(
                service,
                endpoint_url=server.url,
                region_name="us-east-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        )
        return made[-1]

    fleet = make_fleet(client, name)
    network = fleet["networkConfiguration"]["awsvpcConfiguration"]
    s3 = client("s3")
    s3.put_object(Bucket=name, Key="runner.env", Body=b"A=1\n")
    spec = replace(
        SPEC,
        task_definition=fleet["taskDefinition"],
        subnets=tuple(network["subnets"]),
        security_groups=tuple(network["securityGroups"]),
        config_reference=f"arn:aws:s3:::{name}/runner.env",
    )
    delays = Delays(provisioning=0, pending=0, deprovisioning=0, stop_timeout=0)
    fargate = Fargate(s3=s3, command=FOREVER, directory=directory, delays=delays).start()

    def settle(arn: str) -> None:
        def ended(tasks: list[dict[str, Any]]) -> bool:
            return any(t["taskArn"] == arn and t["lastStatus"] == "STOPPED" for t in tasks)

        assert fargate.wait(ended, WAIT), f"{arn} does not stop"

    yield Given(EcsTasks(client("ecs"), name), spec, settle)
    fargate.stop()
    for one in made:
        one.close()


def _simulated() -> Given:
    agenda = Agenda(Random(0), start=datetime.now(UTC))
    ecs = ECS(agenda, Weather(), "arn:aws:ecs:us-east-1:123456789012:cluster/fleet")
    client: Any = Direct(ecs)
    return Given(EcsTasks(client, "fleet"), SPEC, lambda _: agenda.run(agenda.seconds + 60))


def _at_ministack(ministack: Ministack) -> Given:
    name = f"contract-{next(_NAMES)}"
    fleet = make_fleet(ministack.client, name)
    network = fleet["networkConfiguration"]["awsvpcConfiguration"]
    spec = replace(
        SPEC,
        task_definition=fleet["taskDefinition"],
        subnets=tuple(network["subnets"]),
        security_groups=tuple(network["securityGroups"]),
    )
    return Given(EcsTasks(ministack.client("ecs"), name), spec, lambda _: None)


@pytest.fixture(params=["ecs", "simulated", "ministack"])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Given]:
    if request.param == "simulated":
        yield _simulated()
    elif request.param == "ministack":
        yield _at_ministack(request.getfixturevalue("ministack"))
    else:
        yield from _at_ecs(request.getfixturevalue("moto_server"), tmp_path)


def test_a_task_is_known_by_its_arn_and_says_for_whom_it_was_started(given: Given) -> None:
    view = given.seen(given.run())
    assert view.runner_id == "fleet-7-1"
    assert view.created_at is not None
    assert abs(datetime.now(UTC) - view.created_at) < timedelta(minutes=1)
    assert (view.stopped_at, view.stop_code, view.exit_code) == (None, None, None)


def test_the_same_request_again_starts_nothing_more(given: Given) -> None:
    assert given.run() == given.run()
    assert len(given.tasks.live(10)) == 1


def test_each_runner_has_its_own_task(given: Given) -> None:
    assert given.run("fleet-7-1") != given.run("fleet-7-2")


def test_another_request_under_the_same_token_never_starts_a_second_task(given: Given) -> None:
    first = given.run()
    other = replace(given.spec, cpu=1024, memory=2048)
    assert given.tasks.run(other) == first
    assert given.tasks.live(10) == [first]


def test_another_token_starts_another_task_for_the_same_runner(given: Given) -> None:
    first = given.run()
    second = given.tasks.run(replace(given.spec, client_token="fleet-7-1.2"))
    assert second != first
    assert {given.seen(arn).runner_id for arn in (first, second)} == {"fleet-7-1"}


def test_a_stopped_task_says_when_and_why_it_stopped(given: Given) -> None:
    arn = given.run()
    given.tasks.stop(arn, "no waiting job needs it")
    given.settle(arn)
    view = given.seen(arn)
    assert (view.last_status, view.stop_code) == ("STOPPED", "UserInitiated")
    assert view.stopped_reason == "no waiting job needs it"
    assert view.stopped_at is not None
    assert view.created_at is not None
    assert view.stopped_at >= view.created_at


def test_a_stopped_task_says_when_it_began_to_stop(given: Given) -> None:
    arn = given.run()
    assert given.seen(arn).stopping_at is None
    given.tasks.stop(arn, "no waiting job needs it")
    given.settle(arn)
    view = given.seen(arn)
    assert view.stopping_at is not None
    assert view.stopped_at is not None
    assert view.stopping_at <= view.stopped_at


def test_stopping_again_changes_nothing_and_stopping_nothing_is_no_error(given: Given) -> None:
    arn = given.run()
    given.tasks.stop(arn, "first")
    given.settle(arn)
    before = given.seen(arn)
    given.tasks.stop(arn, "second")
    given.tasks.stop(_unknown(arn), "third")
    assert given.seen(arn) == before


def test_what_nobody_started_is_not_there(given: Given) -> None:
    arn = given.run()
    assert given.tasks.describe(_unknown(arn)) is None
    assert given.tasks.describe_many([]) == {}
    assert given.tasks.describe_many([_unknown(arn)]) == {}


def test_many_tasks_are_described_at_once(given: Given) -> None:
    arns = [given.run(f"fleet-{n}-1") for n in range(3)]
    asked = [*arns, *(_unknown(arns[0], n) for n in range(200))]
    found = given.tasks.describe_many(asked)
    assert {arn: view.runner_id for arn, view in found.items()} == {
        arn: f"fleet-{n}-1" for n, arn in enumerate(arns)
    }


def test_only_tasks_that_are_to_run_are_listed(given: Given) -> None:
    first, second = given.run("fleet-7-1"), given.run("fleet-8-1")
    assert set(given.tasks.live(10)) == {first, second}
    given.tasks.stop(first, "enough")
    assert given.tasks.live(10) == [second]


def test_no_more_tasks_are_listed_than_asked_for(given: Given) -> None:
    for number in range(3):
        given.run(f"fleet-{number}-1")
    assert len(given.tasks.live(2)) == 2


def _unknown(arn: str, number: int = 0) -> str:
    return f"{arn.rpartition('/')[0]}/{number:032x}"
