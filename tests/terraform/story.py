"""One story of the local stack on what Terraform made: the functions call all that they can call.

What it comes to is told at the end; judging it is the tests' business.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import urllib3
from werkzeug import Response

from local.aws.calls import Call
from local.aws.task_host import Throttled
from local.demo.scenario import Outcome, Queued, Wanted
from local.demo.verdict import complaints, drifting, is_over
from local.lambdas.sources.schedule import scheduled_event
from local.stack import Stack, lambda_for
from shared.domain.events import TaskStopped
from shared.domain.names import home_job
from shared.domain.stream import StreamId
from tests.local.stack.support import run, until
from tests.support.webhooks import job_payload, sign
from tests.terraform.iam import Request
from tests.terraform.requests import requests
from tests.terraform.support import FUNCTIONS

REPOSITORY = "acme/shop"

LIMITS = {
    "MAX_RUNNERS": "1",
    "START_TIMEOUT_SECONDS": "20",
    "IDLE_TIMEOUT_SECONDS": "4",
    "FINISH_TIMEOUT_SECONDS": "10",
    "STOP_TIMEOUT_SECONDS": "10",
    "ORPHAN_GRACE_SECONDS": "1",
}
"""One runner at a time, so that jobs wait for each other; Terraform's own times are of minutes."""

_TRIES = 3
"""Of a call of AWS, by its client, before the function hears of it."""

DEBIAN_12, DEBIAN_13 = (f"image:public.ecr.aws/docker/library/debian:{one}" for one in (12, 13))
"""Images that are built when a job wants them first: the second one by the Janitor."""

OPERATORS_REASON = "it has run for too long"

_LOST_JOB = 7_000_001
_LONG_AGO = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of it all.

    Attributes:
        wrong: What did not end as it should have, or was left over.
        events: By a job's name, the types of its events and of those of the runner that it ran on.
        stopped_by: Why the task of the terminated runner stopped, as ECS reported it.
        asked: By function, what was asked of IAM in its role.
    """

    wrong: list[str]
    events: Mapping[str, list[str]]
    stopped_by: str
    asked: Mapping[str, Set[Request]]


def tell(stack: Stack, calls: Sequence[Call]) -> Told:
    """Run jobs as GitHub sends them, and then some that are left to the Janitor.

    Args:
        calls: All that are made, by whoever, also while it is told.
    """
    _unreadable(stack)
    jobs = _jobs(stack)
    terminated = _terminated(stack)
    with _no_nudges(stack):
        _left_to_the_janitor(stack)
    everything = [*jobs, terminated]
    lost = [terminated.job.runner_name or ""]
    until(lambda: is_over(stack, everything, lost), "all is over", seconds=100)
    return Told(
        wrong=complaints(stack, everything, lost)
        + drifting(stack.scan.streams(), stack.log, stack.table),
        events={one.wanted.name: _events(stack, one) for one in everything},
        stopped_by=_stopped_by(stack, terminated.job.runner_name or ""),
        asked=_asked(stack, calls),
    )


def one_job(stack: Stack) -> list[str]:
    """Run one job as GitHub sends it; what did not end as it should have, or was left over."""
    job = _queue(stack, "plain", ("self-hosted",), Outcome.RUN)
    until(lambda: is_over(stack, [job]), "the job ended as it should")
    return complaints(stack, [job]) + drifting(stack.scan.streams(), stack.log, stack.table)


def _unreadable(stack: Stack) -> None:
    """An event that ingest does not know, so that Lambda keeps it in the end."""
    stack.events.send({"detail-type": "unknown"})
    until(lambda: stack.dead_letters()["ingest"] == 1, "the event is kept")
    stack.clients.make("sqs").purge_queue(QueueUrl=stack.resources.failed_events)


def _jobs(stack: Stack) -> list[Queued]:
    """One of every outcome."""
    actions = stack.github.actions
    jobs = [
        _queue(stack, "plain", ("self-hosted",), Outcome.RUN),
        _queue(stack, "on an image", ("self-hosted", DEBIAN_12), Outcome.RUN),
        _queue(stack, "on no other's runner", ("self-hosted", "run:7"), Outcome.RUN),
        _queue(stack, "too large", ("self-hosted", "class:xl"), Outcome.REFUSED),
        _queue(stack, "obsolete", ("self-hosted", "run:other"), Outcome.CANCELLED),
    ]
    actions.cancel(REPOSITORY, jobs[-1].job.run_id)
    until(lambda: is_over(stack, jobs), "all jobs ended as they should")
    return jobs


def _terminated(stack: Stack) -> Queued:
    """A job whose busy runner an operator stops; ECS throttles at first."""
    errors = iter([Throttled()] * _TRIES)

    def throttle(_request: object) -> None:
        for error in errors:
            raise error

    stack.fargate.faults = throttle
    one = _queue(stack, "terminated", ("self-hosted",), Outcome.RUN, "sleep 600")
    until(lambda: one.job.status == "in_progress", "the long job runs")
    asked = ("runners", "terminate", str(one.job.runner_name), "--force", "--wait")
    asked += ("--reason", OPERATORS_REASON)
    failures = iter([Response(status=503)])
    stack.github.faults = lambda call: next(failures, None) if call.method == "DELETE" else None
    done = run("cli", *asked, "--timeout", "30", environment=stack.cli_environment)
    assert done.returncode == 0, done.stderr
    return one


def _left_to_the_janitor(stack: Stack) -> None:
    """A job whose image is missing, whose nudges are lost, and that GitHub gives to no runner."""
    sqs, dead = stack.clients.make("sqs"), stack.resources.dead_letters["scheduler"]
    stream = StreamId.of_job(_LOST_JOB)
    _webhook(stack, "queued")
    sqs.send_message(
        QueueUrl=dead,
        MessageBody=json.dumps({"stream": stream, "event": "lost"}),
        MessageGroupId=stream,
        MessageDeduplicationId="lost",
    )
    until(lambda: _swept(stack, "TaskStopSent"), "the idle runner is stopped")
    sqs.purge_queue(QueueUrl=dead)
    _webhook(stack, "completed", conclusion="cancelled")


def _swept(stack: Stack, wanted: str) -> bool:
    """Run the Janitor; whether the lost job has such an event then."""
    result = stack.host.invoke("janitor", scheduled_event("janitor", datetime.now(UTC)))
    assert result.error is None, result.error
    return wanted in _types(stack, _LOST_JOB)


@contextmanager
def _no_nudges(stack: Stack) -> Iterator[None]:
    stack.stream.stop()
    try:
        yield
    finally:
        stack.stream.start()


def _webhook(stack: Stack, action: str, **job: object) -> None:
    """Send a signed webhook of the lost job, which was queued long ago."""
    labels = ("self-hosted", DEBIAN_13)
    told = job_payload(action, _LOST_JOB, labels=labels, repository=REPOSITORY, **job)
    long_ago = datetime.now(UTC) - _LONG_AGO
    told["workflow_job"]["created_at"] = long_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = json.dumps(told).encode()
    headers = {
        "content-type": "application/json",
        "x-github-event": "workflow_job",
        "x-github-delivery": f"lost-{action}",
        "x-hub-signature-256": sign(body, stack.webhook_secret),
    }
    answer = urllib3.request("POST", stack.webhook_url, body=body, headers=headers)
    assert answer.status == 202, answer.data


def _queue(
    stack: Stack, name: str, labels: tuple[str, ...], outcome: Outcome, shell: str = "true"
) -> Queued:
    wanted = Wanted(name, labels, outcome, shell)
    return Queued(wanted, stack.github.actions.queue(REPOSITORY, labels, run=shell, name=name))


def _events(stack: Stack, queued: Queued) -> list[str]:
    homes = {queued.job.id, home_job(queued.job.runner_name or "") or queued.job.id}
    return [one for job_id in sorted(homes) for one in _types(stack, job_id)]


def _types(stack: Stack, job_id: int) -> list[str]:
    return [one.event.type for one in stack.log.read(StreamId.of_job(job_id))]


def _stopped_by(stack: Stack, runner_id: str) -> str:
    """The reason of the last task that stopped; TaskStopSent is missing if ECS was faster."""
    stream = StreamId.of_job(home_job(runner_id) or 0)
    facts = (one.event.fact for one in stack.log.read(stream))
    return [one.reason for one in facts if isinstance(one, TaskStopped)][-1]


def _asked(stack: Stack, calls: Sequence[Call]) -> dict[str, set[Request]]:
    """By function: what its own calls ask of IAM, and those that Lambda makes in its role."""
    ecs = stack.clients.make("ecs")

    @cache
    def task_roles(definition: str) -> tuple[str, str]:
        told = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        return told["executionRoleArn"], told["taskRoleArn"]

    return {
        name: {
            request
            for call in list(calls)
            if call.caller in (name, lambda_for(name))
            for request in requests(call, task_roles)
        }
        for name in FUNCTIONS
    }
