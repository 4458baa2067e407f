"""The CLI on a simulated fleet, and fleets with something to tell."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result
from msgspec.structs import replace

from cli.errors import NotConfigured
from cli.fleet.context import RUNNER_TABLE
from cli.main import main
from cli.streams.importing import EventsTable
from cli.streams.scan import LogScan
from local.description import runners_table
from shared.adapters.ssm import SsmParameters
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from shared.engine.transact import Entry, append, load
from shared.ports import EventLog, Refused, RunnersTable, Unrecorded
from tests.simulated.aws.stores import SSM
from tests.simulated.names import FLEET
from tests.support import stories
from tests.support.clock import ManualClock
from tests.support.fleet import SimulatedFleet
from tests.support.queues import SimulatedQueues

RUNNER = "fleet-7-1"


def parameters(**values: str) -> SsmParameters:
    """What SSM holds."""
    ssm: Any = SSM(values)
    return SsmParameters(ssm, cache_seconds=0)


class RecordedIntake:
    """`IntakeLog` of deliveries that a test names."""

    def __init__(self) -> None:
        self.deliveries: list[Unrecorded] = []

    def unrecorded(self, since: datetime, job_id: int | None = None) -> Iterator[Unrecorded]:
        for one in self.deliveries:
            if one.at >= since and job_id in (None, one.job_id):
                yield one


class StoredSecrets:
    """`cli.fleet.secrets.Secrets` in a dictionary.

    Each of `errors` is raised once by a write. Writes of the names in `refused` always fail.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.errors: list[BaseException] = []
        self.refused: set[str] = set()
        self.keys: set[str | None] = set()

    def existing(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self.values]

    def store(
        self, name: str, value: str, *, description: str, kms_key_id: str | None, overwrite: bool
    ) -> None:
        if self.errors:
            raise self.errors.pop(0)
        if name in self.refused:
            raise Refused("SSM: too many")
        assert overwrite or name not in self.values
        self.values[name] = value
        self.keys.add(kms_key_id)


class Described:
    """A client of DynamoDB that describes tables, by the parameters of CreateTable."""

    def __init__(self, client: Any, tables: dict[str, dict[str, Any]]) -> None:
        self._client = client
        self._tables = tables

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def describe_table(self, TableName: str) -> Any:  # noqa: N803 - boto3's name
        if TableName not in self._tables:
            missing: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}
            raise ClientError(missing, "DescribeTable")
        named = {"TableArn": f"arn:{TableName}", "TableStatus": "ACTIVE"}
        return {"Table": named | self._tables[TableName]}


class CliFleet:
    """`cli.fleet.context.Fleet` over a simulated one. `on_pause` is what happens while it waits."""

    def __init__(self, simulated: SimulatedFleet, *, unset: tuple[str, ...] = ()) -> None:
        self.simulated = simulated
        self.log: EventLog = simulated.log
        self.table: RunnersTable = simulated.table
        self.scan: LogScan = simulated.log.scan
        self.events = EventsTable(simulated.log.client, FLEET.events_table)
        self.clock: ManualClock = simulated.clock
        self.queues = SimulatedQueues(simulated.clock)
        self.nudges = self.queues.nudges
        self.parameters = parameters()
        self.intake_log = RecordedIntake()
        self.secrets = StoredSecrets()
        self.user = "maria"
        self.unset = unset
        self.tables: dict[str, dict[str, Any]] = {RUNNER_TABLE.lower(): runners_table("live")}
        self.on_pause: Callable[[], None] = lambda: None

    def variable(self, name: str) -> str:
        return "" if name in self.unset else name.lower()

    def client(self, service: str) -> Any:
        assert service == "dynamodb"
        return Described(self.simulated.log.client, self.tables)

    def require(self, *names: str) -> None:
        missing = [name for name in names if not self.variable(name)]
        if missing:
            raise NotConfigured(", ".join(missing))

    def pause(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.on_pause()


def run(fleet: object, *words: str, typed: str | None = None) -> Result:
    """What a user gets who types these words, and `typed` when asked."""
    result = CliRunner().invoke(main, words, obj=fleet, input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def on_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, fleet: object, *words: str) -> str:
    """What stands on a terminal of that width, without its colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    return re.sub(r"\x1b\[[0-9;]*m", "", run(fleet, *words).stdout)


def answer(fleet: object, *words: str) -> Any:
    """The answer with --json."""
    return json.loads(run(fleet, *words, "--json").stdout)


def idle() -> SimulatedFleet:
    """One runner that waits for its job."""
    fleet = SimulatedFleet()
    fleet.tell(
        7,
        replace(
            stories.queued(),
            job=stories.details(
                workflow="CI", name="build", url="https://github.com/octo/repo/actions/runs/1/job/7"
            ),
        ),
    )
    fleet.clock.advance(1.5)
    fleet.settle()
    fleet.clock.advance(30)
    fleet.runs(RUNNER)
    fleet.settle()
    return fleet


def busy() -> SimulatedFleet:
    """The same, on its job."""
    fleet = idle()
    fleet.clock.advance(4)
    fleet.starts(7, RUNNER)
    fleet.settle()
    return fleet


def done() -> SimulatedFleet:
    """The same, its job and itself ended."""
    fleet = busy()
    fleet.clock.advance(125)
    fleet.completes(7, RUNNER)
    fleet.clock.advance(3)
    fleet.exits(RUNNER)
    fleet.settle()
    return fleet


def swapped() -> SimulatedFleet:
    """Two equal jobs; each took the other's runner, and both ended."""
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.clock.advance(20)
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.clock.advance(2)
    fleet.starts(1, "fleet-2-1")
    fleet.settle()
    fleet.clock.advance(2)
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    fleet.clock.advance(60)
    fleet.completes(1, "fleet-2-1")
    fleet.completes(2, "fleet-1-1")
    fleet.clock.advance(2)
    fleet.exits("fleet-1-1")
    fleet.exits("fleet-2-1")
    fleet.settle()
    return fleet


def mixed() -> SimulatedFleet:
    """One runner of nearly every kind: done, refused, died and launched anew, cancelled, busy."""
    fleet = done()
    fleet.queue(8, labels=("class:xl",))
    fleet.queue(9, 10, 11)
    fleet.settle()
    fleet.clock.advance(10)
    fleet.exits("fleet-9-1", exit_code=137)
    fleet.runs("fleet-10-1", "fleet-11-1")
    fleet.settle()
    fleet.completes(10, None, "cancelled")
    fleet.starts(11, "fleet-11-1")
    fleet.settle()
    fleet.stopped("fleet-10-1")
    fleet.settle()
    fleet.clock.advance(42)
    return fleet


def copy(fleet: SimulatedFleet, log: EventLog) -> None:
    """Append all that a simulated fleet has told to another log."""
    for stream in fleet.log.streams():
        for one in fleet.log.read(stream):
            append(log, [Entry(history=load(log, stream), events=(one.event,))])


def rows(fleet: SimulatedFleet | CliFleet) -> dict[str, RunnerRow]:
    """All rows, by runner id."""
    return {row.runner_id: row for row in fleet.table.all()}


def stream_of(job_id: int) -> str:
    return StreamId.of_job(job_id)
