"""Bugs at the edges: in adapters and in functions, which only simulation runs."""

from itertools import count
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.janitor import handler as janitor
from functions.janitor.sweep import Swept
from shared.adapters import ecs, items
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.ecs import EcsTasks
from shared.nudge import Nudge
from shared.ports import NoCapacity, TaskSpec
from shared.wiring import message_handler as handler
from shared.wiring.message_handler import MessageHandler
from tests.simulation.bugs.bug import Bug, Worlds, replaced, together

_REQUEST, _EVENT_PUT, _ROW_PUT = ecs._request, DynamoEventLog._event_put, DynamoEventLog._row_put
_IF_UNCHANGED, _RUN = items.if_unchanged, EcsTasks.run


def _unconditional(put: dict[str, Any]) -> dict[str, Any]:
    """The same put, whatever is there."""
    dropped = ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
    return {name: value for name, value in put.items() if name not in dropped}


def _no_condition() -> Any:
    return together(
        replaced(DynamoEventLog, "_event_put", lambda *of: _unconditional(_EVENT_PUT(*of))),
        replaced(DynamoEventLog, "_row_put", lambda *of: _unconditional(_ROW_PUT(*of))),
        replaced(items, "if_unchanged", lambda *of: _unconditional(_IF_UNCHANGED(*of))),
    )


def _other_token() -> Any:
    tokens = count(1)

    def request(cluster: str, spec: Any) -> dict[str, Any]:
        return _REQUEST(cluster, spec) | {"clientToken": f"token-{next(tokens)}"}

    return replaced(ecs, "_request", request)


def _run_and_hope(self: EcsTasks, spec: TaskSpec) -> str:
    """RunTask whose failures[] are not looked at."""
    try:
        return _RUN(self, spec)
    except NoCapacity:
        return f"arn:aws:ecs:us-east-1:123456789012:task/fleet/{spec.runner_id}"


def _acknowledged(self: MessageHandler, _: Any, __: Any, record: SQSRecord) -> None:
    """The message is gone, although it is too early for what it is about."""
    nudge = msgspec.json.decode(record.body, type=Nudge)
    self._drive(record, nudge)


def _impatient(_: SQSRecord) -> float:
    """A message that failed comes back after ten seconds, however often it did."""
    return 10.0


BUGS = (
    Bug(
        name="no condition",
        says="of two that append at once, the last one overwrites what the first one wrote",
        breaks=("an event is never changed",),
        plant=_no_condition,
        scenario=None,
    ),
    Bug(
        name="other clientToken",
        says="RunTask is repeated under another token, and starts a second task",
        breaks=("one live task per launch",),
        plant=_other_token,
        scenario=None,
        worlds=Worlds("aimed", aim="ecs.run_task", seed=2),
    ),
    Bug(
        name="failures[] ignored",
        says="RunTask answers with failures[], which is taken for a launch",
        breaks=("a launch has its task",),
        plant=lambda: replaced(EcsTasks, "run", _run_and_hope),
        scenario=None,
        worlds=Worlds("fickle"),
    ),
    Bug(
        name="message acknowledged",
        says="the message of a launch that has to be tried again later is acknowledged",
        breaks=("a launch is tried again in time",),
        plant=lambda: replaced(MessageHandler, "_record", _acknowledged),
        scenario=None,
        worlds=Worlds("fickle", seed=6),
    ),
    Bug(
        name="no backoff",
        says="nudges that fail in an outage come back so often that they end as dead letters",
        breaks=("an outage buries nothing",),
        plant=lambda: replaced(handler, "backoff", _impatient),
        scenario=None,
        worlds=Worlds("outage-ssm", seed=3, jobs=6),
    ),
    Bug(
        name="Janitor idle",
        says="the Janitor does nothing, and what a crash left behind stays",
        breaks=(
            "every job ran or has a reason",
            "nothing is left",
            "a job that waits for long shows why",
            "a failed delivery is requested again",
        ),
        plant=lambda: replaced(janitor, "SWEEPS", {"Idle": lambda _: Swept()}),
        scenario=None,
        worlds=Worlds("aimed", seed=1, aim="ecs.stop_task"),
    ),
)
