"""A whole story of the product on DynamoDB Local, AWS's own engine, as the local stack's DynamoDB.

The rest of AWS is moto, patched. The story has what writes several streams and the fleet's counter
in one transaction: a swap, a slot that is handed on, and an image build.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.demo.scenario import Outcome, Queued, Wanted
from local.demo.verdict import drifting, is_over
from local.description import Description
from local.dynamodb.install import NotInstalledError, installed
from local.fleet import Created, Deployment, Paths
from local.functions import Endpoints
from local.github.deliveries import Delivery
from local.resources import MakeClient
from local.stack import Options, Stack
from shared.domain.events import JobAssigned
from shared.domain.stream import StreamId
from tests.judges.missing import missing
from tests.local.stack.support import alive, descendants, run, started, until

pytestmark = pytest.mark.timeout(240)

REPOSITORY = "octo-org/octo-repo"
PLAIN = ("self-hosted", "linux")
DEBIAN = ("self-hosted", "image:debian:12")


class Small(Created):
    """A fleet of two runners at most."""

    def deploy(self, client: MakeClient, outside: Endpoints, paths: Paths) -> Deployment:
        made = super().deploy(client, outside, paths)
        limited = {"MAX_RUNNERS": "2"}
        functions = tuple(
            replace(one, environment={**one.environment, **limited})
            if "CLUSTER" in one.environment and one.name != "ingest"
            else one
            for one in made.functions
        )
        return replace(made, functions=functions)


@pytest.fixture(scope="module", autouse=True)
def _dynamodb_local_is_there() -> None:
    try:
        installed()
    except NotInstalledError as error:
        missing(str(error))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    options = Options(prefix="judged", seed=1, janitor_seconds=3600)
    fleet = Small(Description("judged"), dynamodb_local=True)
    with Stack(tmp_path_factory.mktemp("stack"), options, fleet) as running:
        yield running


@pytest.fixture(scope="module")
def jobs(stack: Stack) -> dict[str, Queued]:
    """Jobs that have ended. The first two, whose webhooks come in the wrong order, hold the slots
    until the third waits for one; the fourth runs on an image of its own.

    GitHub gives the first runner to the job that was queued first, so it runs on the second's.
    """
    go = stack.directory / "go"
    held = f"while [ ! -e '{go}' ]; do sleep 0.1; done"
    assert stack.github.hook is not None
    stack.github.hook.plan = lambda delivery: () if _is_first(delivery) else (0.0,)
    first = _queue(stack, "first", PLAIN, held)
    second = _queue(stack, "second", PLAIN, held)
    until(lambda: "RunnerLaunched" in _types(stack, second), "the second job's runner is launched")
    (lost,) = (one for one in stack.github.hook.deliveries() if _is_first(one))
    stack.github.hook.plan = lambda _: (0.0,)
    stack.github.hook.redeliver(lost.id)
    until(lambda: "LaunchIntended" in _types(stack, first), "both slots are taken")
    third = _queue(stack, "third", PLAIN, "true")
    until(lambda: "SlotAwaited" in _types(stack, third), "the third job waits for a slot")
    fourth = _queue(stack, "fourth", DEBIAN, "true")
    placed = (first, second)
    until(lambda: all("JobAssigned" in _types(stack, one) for one in placed), "two jobs are placed")
    go.touch()
    everything = [first, second, third, fourth]
    until(lambda: is_over(stack, everything), "all jobs ended as they should", seconds=120)
    return {one.wanted.name: one for one in everything}


def _is_first(delivery: Delivery) -> bool:
    return b'"first"' in delivery.payload and delivery.action == "queued"


def _queue(stack: Stack, name: str, labels: tuple[str, ...], shell: str) -> Queued:
    job = stack.github.actions.queue(REPOSITORY, labels, run=shell, name=name)
    return Queued(Wanted(name, labels, Outcome.RUN, shell), job)


def _types(stack: Stack, one: Queued) -> list[str]:
    return [recorded.event.type for recorded in stack.log.read(StreamId.of_job(one.job.id))]


def test_jobs_that_swapped_their_runners_ended_on_them(
    stack: Stack, jobs: dict[str, Queued]
) -> None:
    first, second = (jobs[name].job for name in ("first", "second"))
    facts = [one.event.fact for one in stack.log.read(StreamId.of_job(first.id))]
    placed = {one.job_id: one.displaced_job_id for one in facts if isinstance(one, JobAssigned)}
    # Who is placed first displaces the other one, which then has the runner that it started on.
    swapped = [{first.id: second.id, second.id: None}, {second.id: first.id, first.id: None}]
    assert placed in swapped
    assert first.runner_name == f"judged-{second.id}-1"
    assert second.runner_name == f"judged-{first.id}-1"


def test_a_job_over_the_limit_got_the_slot_of_one_that_ended(
    stack: Stack, jobs: dict[str, Queued]
) -> None:
    types = _types(stack, jobs["third"])
    assert types.index("SlotAwaited") < types.index("RunnerLaunched")


def test_images_were_built_once_each(stack: Stack, jobs: dict[str, Queued]) -> None:
    del jobs
    streams = {
        stream: [one.event.type for one in stack.log.read(stream)]
        for stream in stack.log.streams()
        if stream.startswith("image-")
    }
    assert len(streams) == 2
    assert [types.count("ImageBuilt") for types in streams.values()] == [1, 1]


def test_the_table_is_what_the_log_gives(stack: Stack, jobs: dict[str, Queued]) -> None:
    del jobs
    assert drifting(stack.scan.streams(), stack.log, stack.table) == []
    verified = run("cli", "replay", "verify", environment=stack.cli_environment)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_stack_that_is_left_running_has_it_if_it_is_asked_for(tmp_path: Path) -> None:
    with started(tmp_path, "--dynamodb", "local") as up:
        table = up.dynamodb.describe_table(TableName=up.names.events_table)["Table"]
        assert ":ddblocal:" in table["TableArn"]
        assert "(moto, patched; DynamoDB Local)" in up.printed
        processes = descendants(up.process.pid)
        assert any("DynamoDBLocal.jar" in command for command in processes.values())
    until(lambda: not alive(processes), "every process has ended")
