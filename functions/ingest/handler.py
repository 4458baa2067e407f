"""Appends facts from webhooks (HTTP) and from AWS's events (EventBridge).

It appends and answers. Decisions that follow from a fact are appended with it; effects are left to
the consumers, whom the append nudges. A webhook of a new job in a warm environment costs one AWS
call.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, partial
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics

from functions.ingest import build_event, task_event, webhook
from functions.ingest.intake import Accepted, Ignored, Intake
from functions.ingest.known_secrets import KnownSecrets, checked
from functions.ingest.settings import Settings
from shared import settings
from shared.adapters import aws_json
from shared.adapters.aws_json.client import client
from shared.adapters.aws_json.dynamodb import JsonDynamoDB
from shared.adapters.aws_json.ssm import JsonSsm
from shared.adapters.clock import SYSTEM
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.ssm import SsmParameters
from shared.adapters.waiting_jobs import waiting_jobs
from shared.domain.actions import BOTH, Role
from shared.domain.decision import Decided
from shared.domain.event import ID, MAX_ID
from shared.domain.policy import Policy
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable, refuse
from shared.engine.consequences import Inputs, following, nudging
from shared.engine.intake import record_fact
from shared.engine.transact import AnyHistory, Route, Transactor, to
from shared.ports import Clock, Conflict, EventLog, Parameters, Refused, Unavailable
from shared.reporting import count, fleet_metrics, observe, sent, unreadable
from shared.rule_settings import rule_policy

ACTOR = "ingest"
"""The actor of the decisions that follow from a fact."""
EMPTY_BATCH: dict[str, Any] = {"Records": []}
"""The input of the schedule that keeps an environment warm."""

logger = Logger(service=ACTOR)
metrics = fleet_metrics()


class Ingest(msgspec.Struct, frozen=True, kw_only=True):
    """What one execution environment of the function keeps.

    Attributes:
        waiting: See `Given.waiting`.
        pause: Waits that many seconds.
    """

    settings: Settings
    log: EventLog
    waiting: Callable[[int], Iterable[int]]
    parameters: Parameters
    clock: Clock = SYSTEM
    pause: Callable[[float], None] = time.sleep
    logger: Logger = logger
    metrics: Metrics = metrics
    known: KnownSecrets = msgspec.field(default_factory=KnownSecrets)

    def secrets(self) -> list[str]:
        """Return the webhook's current and previous secret, cached if SSM is unavailable."""
        return self.known.current(self._read_secrets, self.clock.now(), self._secrets_not_read)

    def _read_secrets(self) -> list[str]:
        mine = self.settings
        names = [mine.webhook_secret_param, mine.webhook_secret_previous_param]
        return checked(self.parameters.values(filter(None, names)))

    def _secrets_not_read(self, error: Unavailable) -> None:
        self.logger.warning("SSM is unavailable; cached secrets are used", reason=error.reason)
        count(self.metrics, "SecretsNotRead")

    def append(self, intake: Accepted, event_id: str, actor: str) -> bool:
        """Append the fact, and what follows from it. Return whether the fact is new to the log."""
        policy = rule_policy(self.settings)
        is_job = StreamId(intake.stream).job_id is not None
        return record_fact(
            Transactor(
                log=self.log,
                clock=self.clock,
                actor=actor,
                pause=self.pause,
                on_event=observe(self.logger, self.metrics),
            ),
            intake.stream,
            Decided(id=event_id, fact=intake.fact, at=intake.at),
            follow=following(self._inputs(), policy, (Role.RECONCILER,), ACTOR, records=False),
            # Whether images are built is not in the policy of ingest.
            route=self._route(policy) if is_job else to(Role.RECONCILER),
            new_stream=intake.begins,
        )

    def _route(self, policy: Policy) -> Route:
        """Nudge who has pending work. A fact is recorded even if the rules fail on it."""
        nudge = nudging(self.clock, policy)

        def route(history: AnyHistory) -> str | None:
            try:
                return nudge(history)
            except Exception:
                self.logger.exception("the rules failed, so both consumers are nudged")
                return BOTH

        return route

    def _inputs(self) -> Inputs:
        return Inputs(
            log=self.log,
            waiting=self.waiting,
            clock=self.clock,
            on_unreadable=unreadable(self.logger, self.metrics),
        )


@cache
def wired() -> Ingest:
    """Return the function's state. It is created by the first invocation of an environment."""
    mine = settings.load(Settings, os.environ)
    tables = JsonDynamoDB(client(aws_json.dynamodb.API, os.environ))
    log = DynamoEventLog(tables, mine.events_table, mine.runner_table)
    parameters = SsmParameters(JsonSsm(client(aws_json.ssm.API, os.environ)))
    waiting = partial(waiting_jobs, tables, mine.runner_table, on_unreadable=refuse)
    return Ingest(settings=mine, log=log, waiting=waiting, parameters=parameters)


@logger.inject_lambda_context(clear_state=True)
@sent(metrics)
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle an HTTP API request (payload format 2.0), an EventBridge event or an empty batch.

    The schedule that keeps an environment warm sends an empty batch.

    Raises:
        UnknownEventError: the event is none of them.
    """
    if event == EMPTY_BATCH:
        wired()
        return {"result": "nothing to do"}
    if "detail-type" in event:
        return on_event(wired(), event)
    if "requestContext" in event:
        answer = on_request(wired(), event)
        return {
            "statusCode": answer.status,
            "headers": {"content-type": "application/json"},
            "body": json.dumps(answer.body),
        }
    count(metrics, "UnknownEvent")
    raise UnknownEventError(f"neither an HTTP request nor an EventBridge event: {sorted(event)}")


class UnknownEventError(ValueError):
    """Ingest was invoked with an event of an unknown kind, so it is wired wrongly."""


def on_request(ingest: Ingest, request: dict[str, Any]) -> webhook.Answer:
    """Check a webhook, append its fact and return the answer."""
    try:
        delivery = webhook.check(request, ingest.secrets)
        intake = webhook.read(delivery, ingest.settings, ingest.clock.now())
        new = isinstance(intake, Accepted) and ingest.append(intake, delivery.guid, webhook.ACTOR)
        answer = webhook.answer(delivery, intake, new=new)
    except webhook.RefusedError as error:
        answer = error.answer
    except (Conflict, Unavailable, Refused, Unreadable) as error:
        ingest.logger.exception("the delivery could not be recorded")
        if isinstance(error, Unreadable):
            count(ingest.metrics, "Unreadable")
        reason = f"not taken in, redeliver it: {error}"
        answer = webhook.Answer(status=503, body={"result": "failed", "reason": reason})
    _report(ingest, answer)
    return answer


class _Kind(msgspec.Struct, frozen=True):
    """The reader and the actor for events of one detail type."""

    read: Callable[[dict[str, Any], Settings, datetime], Intake]
    actor: str


class _Envelope(msgspec.Struct, frozen=True):
    """The field that all EventBridge events have."""

    id: Annotated[str, msgspec.Meta(pattern=rf"\A{ID}\Z")]


_KINDS = {
    task_event.DETAIL_TYPE: _Kind(task_event.read, "ecs"),
    build_event.DETAIL_TYPE: _Kind(build_event.read, "codebuild"),
}


def on_event(ingest: Ingest, event: dict[str, Any]) -> dict[str, Any]:
    """Append the fact in an EventBridge event. A failure raises, so that Lambda retries.

    An event that can't be decoded is dropped, since a retry would fail, too. The Janitor reads the
    same facts from ECS and CodeBuild.
    """
    kind = _KINDS.get(str(event["detail-type"]))
    if kind is None:
        count(ingest.metrics, "UnknownEvent")
        raise UnknownEventError(f"no rule should send {event['detail-type']!r} here")
    try:
        event_id = msgspec.convert(event, _Envelope).id
        intake = kind.read(event, ingest.settings, ingest.clock.now())
    except (msgspec.ValidationError, UnicodeError) as error:
        return _unreadable(ingest, event, error)
    if isinstance(intake, Ignored):
        ingest.logger.info("ignored", reason=intake.reason, event_id=event_id)
        return {"result": "ignored", "reason": intake.reason}
    new = ingest.append(intake, event_id, kind.actor)
    about = {"stream": intake.stream, "fact": type(intake.fact).__name__}
    _log(ingest, "accepted", about | {"runner_id": getattr(intake.fact, "runner_id", None)})
    return {"result": "accepted", "new": new, **about}


def _unreadable(ingest: Ingest, event: dict[str, Any], error: Exception) -> dict[str, Any]:
    """Log and count a dropped event, without its content, which may be confidential."""
    event_id = str(event.get("id"))[:MAX_ID]
    reason = f"not the shape of {event['detail-type']!r}: {error}"
    ingest.logger.error("dropped because it can't be read", event_id=event_id, reason=reason)
    count(ingest.metrics, "Unreadable")
    return {"result": "unreadable", "reason": reason}


def _report(ingest: Ingest, answer: webhook.Answer) -> None:
    result = str(answer.body["result"])
    _log(ingest, result, {**answer.body, "status": answer.status})


def _log(ingest: Ingest, message: str, keys: dict[str, Any]) -> None:
    ingest.logger.info(message, job_id=getattr(keys.get("stream"), "job_id", None), **keys)
