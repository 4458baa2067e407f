"""The functions as Lambda runs them: the real handlers' code, wired to the simulated clients.

An invocation ends with its answer, with an error, or is cut where its time was up; then its
environment is gone and the next invocation is wired anew.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from functions.ingest import handler as ingest
from functions.ingest.handler import Ingest
from functions.ingest.settings import Settings
from functions.janitor import handler as janitor
from functions.janitor.sweep import Janitor, run
from functions.outbox import handler as outbox
from functions.outbox.forward import Outbox
from shared import settings
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.waiting_jobs import waiting_jobs
from shared.domain.actions import Role
from shared.domain.unreadable import refuse
from shared.wiring.backends import Backends
from shared.wiring.message_handler import MessageHandler, message_handler
from tests.simulated.agenda import Agenda
from tests.simulation.world.faults import FUNCTION_SECONDS, Calls, Cut, Invocation

T = TypeVar("T")

JANITOR_SECONDS = 60.0
"""How often the Janitor runs."""


class Context:
    """What Lambda tells a function of its invocation."""

    function_name = "simulated"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:simulated"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return round(FUNCTION_SECONDS * 1000)


class Counts:
    """`Metrics` that only count."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add_metric(self, name: str, unit: Any, value: float) -> None:
        self.counts[name] += int(value)


class Log:
    """`Logger` that only tells which exceptions are logged."""

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self._on_error = on_error

    def info(self, message: str, **told: Any) -> None:
        """Nobody reads it."""

    def warning(self, message: str, **told: Any) -> None:
        """Nobody reads it."""

    def error(self, message: str, exc_info: BaseException | None = None, **told: Any) -> None:
        if exc_info is not None:
            self._on_error(exc_info)

    def exception(self, message: str, **told: Any) -> None:
        error = sys.exc_info()[1]
        assert error is not None
        self._on_error(error)

    @contextmanager
    def append_context_keys(self, **keys: Any) -> Iterator[None]:
        yield


class FailedError(Exception):
    """The invocation failed or was cut."""


class Functions:
    """Every function.

    Attributes:
        errors: What invocations ended with.
        swept_at: When a run of the Janitor ended in which no sweep failed.
    """

    def __init__(
        self,
        agenda: Agenda,
        calls: Calls,
        backends: Backends,
        environments: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.metrics: Any = Counts()
        self.errors: Counter[str] = Counter()
        self.swept_at: list[float] = []
        self.on_error: Callable[[str, BaseException], None] = lambda _function, _error: None
        self._calls = calls
        self._outside = backends
        self._environments = environments
        self._wired: dict[str, Any] = {}
        self._agenda = agenda

    # --- the invocations ------------------------------------------------------------------------

    def deliver(self, hook: dict[str, Any]) -> int:
        """API Gateway: the status of the answer to a webhook, 0 if there was none."""
        try:
            return self._invoke("ingest", lambda one: ingest.on_request(one, hook)).status
        except FailedError:
            return 0

    def on_event(self, event: dict[str, Any]) -> None:
        """EventBridge, asynchronously."""
        self._invoke("ingest", lambda one: ingest.on_event(one, event))

    def forward(self, batch: dict[str, Any]) -> str | None:
        """The mapping of the log's stream: the record from which it should be tried again."""
        answer = self._invoke("outbox", lambda one: one.forward(batch))
        return next((one["itemIdentifier"] for one in answer["batchItemFailures"]), None)

    def consume(self, role: Role, batch: dict[str, Any]) -> list[str]:
        """An event source mapping: the ids of the messages that the queue should keep."""
        answer = self._invoke(role.value, lambda one: one.handle(batch, Context()))
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def start_schedule(self, period: float = JANITOR_SECONDS) -> None:
        """Run the Janitor every so many seconds from now on."""

        def tick() -> None:
            self._agenda.after(period, tick)
            self.sweep()

        self._agenda.after(self._agenda.rng.uniform(0, JANITOR_SECONDS), tick)

    def sweep(self) -> None:
        """The Janitor: all sweeps; one that breaks down is run again by the schedule."""
        with suppress(FailedError):
            swept = self._invoke("janitor", lambda one: run(one, janitor.SWEEPS))
            if not any(one.failed for one in swept.values()):
                self.swept_at.append(self._agenda.seconds)

    def _invoke(self, function: str, run: Callable[[Any], T]) -> T:
        self._calls.invocations.append(Invocation(function))
        try:
            if function not in self._wired:
                self._wired[function] = self._wire(function)
            return run(self._wired[function])
        except Cut as cut:
            self._wired.pop(function, None)
            self.errors[f"{function}: cut"] += 1
            raise FailedError(str(cut)) from cut
        except Exception as error:
            self._failed(function, error)
            raise FailedError(f"{type(error).__name__}: {error}") from error
        finally:
            self._calls.invocations.pop()

    def _failed(self, function: str, error: BaseException) -> None:
        self.errors[f"{function}: {type(error).__name__}"] += 1
        self.on_error(function, error)

    # --- wiring ---------------------------------------------------------------------------------

    def _wire(self, function: str) -> Any:
        environment = self._environments[function]
        match function:
            case "ingest":
                return self._ingest(environment)
            case "outbox":
                return self._outbox(environment)
            case "janitor":
                return self._janitor(environment)
            case role:
                return self._consumer(Role(role), environment)

    def _ingest(self, environment: Mapping[str, str]) -> Ingest:
        mine = settings.load(Settings, environment)
        clients = self._outside.clients
        tables, runners = clients.dynamodb(), mine.runner_table
        return Ingest(
            settings=mine,
            log=DynamoEventLog(tables, mine.events_table, runners),
            waiting=partial(waiting_jobs, tables, runners, on_unreadable=refuse),
            parameters=self._outside.parameters(),
            clock=self._outside.clock,
            pause=self._outside.sleep,
            logger=self._log("ingest"),
            metrics=self.metrics,
        )

    def _outbox(self, environment: Mapping[str, str]) -> Outbox:
        clients = self._outside.clients
        return outbox.wire(environment, clients, self._log("outbox"), self.metrics)

    def _consumer(self, role: Role, environment: Mapping[str, str]) -> MessageHandler:
        return message_handler(role, environment, self._log(role), self.metrics, self._outside)

    def _janitor(self, environment: Mapping[str, str]) -> Janitor:
        return janitor.wire(environment, self._log("janitor"), self.metrics, self._outside)

    def _log(self, function: str) -> Any:
        return Log(lambda error: self._failed(function, error))
