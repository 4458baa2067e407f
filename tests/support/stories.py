"""Events for tests: of one job, 7, of the fleet `fleet`, and of its runners."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shared.domain import events as e
from shared.domain.fold import evolve, fold
from shared.domain.policy import ClassSize, Limits, Placement, Policy
from shared.domain.state import State
from shared.ports import Append

JOB = 7
RUNNER = "fleet-7-1"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/fleet/7-1"
START = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN_JOB = [
    "JobQueued",
    "LaunchIntended",
    "RunnerLaunched",
    "TaskStarted",
    "JobStarted",
    "JobCompleted",
    "TaskStopped",
    "SlotFreed",
]
"""The events of a job that runs on its own runner, whose image is ready."""

POLICY = Policy(
    classes={
        "small": ClassSize(cpu=512, memory=1024),
        "large": ClassSize(cpu=4096, memory=8192, capacity=("FARGATE_SPOT", "FARGATE")),
    },
    default_class="small",
    placement=Placement(
        image="123456789012.dkr.ecr.us-east-1.amazonaws.com/runner@sha256:0",
        task_definition="arn:aws:ecs:us-east-1:123456789012:task-definition/runner:1",
        subnets=("subnet-1",),
        security_groups=("sg-1",),
    ),
)

_ids = count(1)


def at(seconds: float = 0.0) -> datetime:
    """Return the time that many seconds after the start."""
    return START + timedelta(seconds=seconds)


def event(fact: e.Fact, seconds: float = 0.0, event_id: str | None = None) -> e.Event:
    """Return an event with the fact at that time. Its id is new unless given."""
    return e.Event(
        id=event_id or f"event-{next(_ids)}",
        at=at(seconds),
        recorded_at=at(seconds),
        actor="test",
        fact=fact,
    )


def details(*labels: str, **more: object) -> e.JobDetails:
    """Return the details of a job with `self-hosted` and these labels."""
    given: dict[str, Any] = {"repository": "octo/repo", **more}
    return e.JobDetails(labels=("self-hosted", *labels), **given)


def queued(*labels: str, **more: object) -> e.JobQueued:
    return e.JobQueued(fleet="fleet", job=details(*labels, **more))


def started(runner: str | None = RUNNER) -> e.JobStarted:
    return e.JobStarted(job=details(), runner_name=runner or "", runner_id=runner)


def completed(runner: str | None = RUNNER, conclusion: str = "success") -> e.JobCompleted:
    return e.JobCompleted(
        job=details(),
        conclusion=conclusion,
        runner_name=runner or "",
        runner_id=runner,
        started_at=at(30) if runner else None,
    )


def intended(runner: str = RUNNER, *labels: str, limits: Limits | None = None) -> e.LaunchIntended:
    return e.LaunchIntended(
        runner_id=runner,
        repository="octo/repo",
        labels=("self-hosted", *labels),
        class_name="small",
        cpu=512,
        memory=1024,
        capacity="FARGATE",
        subnet="subnet-1",
        placement=POLICY.placement,
        limits=limits or Limits(),
    )


def launched(runner: str = RUNNER) -> e.RunnerLaunched:
    return e.RunnerLaunched(runner_id=runner, task_arn=TASK, github_runner_id=41)


def task_started(version: int = 3, runner: str = RUNNER) -> e.TaskStarted:
    return e.TaskStarted(runner_id=runner, task_arn=TASK, version=version)


def stopped(exit_code: int | None = 0, version: int = 9, runner: str = RUNNER) -> e.TaskStopped:
    return e.TaskStopped(
        runner_id=runner,
        task_arn=TASK,
        version=version,
        stop_code="EssentialContainerExited",
        reason="Essential container in task exited",
        exit_code=exit_code,
    )


def tell(*facts: e.Fact) -> State:
    """Return the state after these facts, one second apart."""
    return fold(JOB, [event(fact, second) for second, fact in enumerate(facts)])


def evolved(state: State, fact: e.Fact, seconds: float = 0.0) -> State:
    """Return the state after one more fact."""
    return evolve(state, event(fact, seconds))


def appended(stream: str, *events: e.Event) -> Append:
    """Return the append of a new stream's first events, which nudge no queue."""
    return Append(stream=stream, after=0, events=events, routes=(None,) * len(events))
