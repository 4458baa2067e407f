"""Projects a job's stream to the rows that people and the Janitor read. Pure and deterministic.

No decision is made from a row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.bounds import Id, Time
from shared.domain.commit_status.rules import due as status_due
from shared.domain.runner.deadlines import due
from shared.domain.runner.state import Runner
from shared.domain.runner.status import status
from shared.domain.state import State


class RunnerRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The row of one runner. Times in UTC, `cpu` in CPU units, `memory` in MiB.

    `awaits` is the reason why it has no slot yet. Slots are granted in the order of `arrived_at`.
    `deadline` is when the Janitor looks at the runner; None if nothing is due.
    """

    runner_id: str
    job_id: Id
    status: str
    status_at: Time
    version: int = 0
    repository: str = ""
    workflow: str = ""
    job_name: str = ""
    labels: tuple[str, ...] = ()
    class_name: str = ""
    cpu: int | None = None
    memory: int | None = None
    image: str | None = None
    image_tag: str | None = None
    capacity: str | None = None
    task_arn: str | None = None
    github_runner_id: int | None = None
    ran_job_id: int | None = None
    waits_for_job_id: int | None = None
    queued_at: Time | None = None
    arrived_at: Time | None = None
    launched_at: Time | None = None
    waiting_at: Time | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    conclusion: str | None = None
    stopped_at: Time | None = None
    exit_code: int | None = None
    awaits: str | None = None
    stopping: str | None = None
    stuck: str | None = None
    failure_reason: str | None = None
    deadline: Time | None = None


def project(
    before: Mapping[str, RunnerRow], states: Sequence[State], seq: int
) -> dict[str, RunnerRow]:
    """Return the rows after some events. The version of each is the event that last changed it.

    Args:
        before: The rows of the first state.
        states: The state before the events, and the one after each of them.
        seq: The sequence number of the last event.
    """
    return {
        runner.id: _projected(before.get(runner.id), runner, states, seq)
        for runner in states[-1].runners
    }


def _projected(
    old: RunnerRow | None, runner: Runner, states: Sequence[State], seq: int
) -> RunnerRow:
    """Return the row of a runner: `old` if no event has changed it.

    The states are compared from the last one backwards, so most of them need no row.
    """
    last = states[-1]
    row = _row(last, runner)
    for state in reversed(states[1:-1]):
        earlier = state.runner(runner.id)
        shared = earlier is runner and _alike(state, last)
        if not shared and (earlier is None or _row(state, earlier) != row):
            return replace(row, version=seq)
        seq -= 1
    same = old is not None and replace(old, version=0) == row
    return old if old is not None and same else replace(row, version=seq)


def _alike(one: State, other: State) -> bool:
    """Return whether a runner that two states share has the same row in both."""
    last = one.runners[-1] is other.runners[-1]
    return last and one.job is other.job and one.status is other.status


def _row(state: State, runner: Runner) -> RunnerRow:
    job, intent = state.job, runner.intent
    details = job.details
    last = runner is state.runners[-1]
    return RunnerRow(
        runner_id=runner.id,
        job_id=state.job_id,
        status=status(runner),
        status_at=_status_at(runner),
        repository=details.repository if details else "",
        workflow=details.workflow if details else "",
        job_name=details.name if details else "",
        labels=intent.labels if intent else details.labels if details else (),
        class_name=intent.class_name if intent else "",
        cpu=intent.cpu if intent else None,
        memory=intent.memory if intent else None,
        image=intent.placement.image if intent else None,
        image_tag=_image_tag(runner),
        capacity=intent.capacity if intent else None,
        task_arn=runner.task_arn,
        github_runner_id=runner.github_runner_id,
        ran_job_id=runner.took,
        waits_for_job_id=runner.serves,
        queued_at=job.queued_at or runner.planned_at,
        arrived_at=job.arrived_at or runner.planned_at,
        launched_at=runner.intended_at,
        waiting_at=runner.running_at,
        started_at=runner.taken_at,
        completed_at=runner.left_at,
        conclusion=runner.conclusion,
        stopped_at=runner.closed_at,
        exit_code=runner.exit_code,
        awaits=runner.awaits,
        stopping=runner.stop.reason if runner.stop else None,
        stuck=job.stuck if last else None,
        failure_reason=runner.reason,
        deadline=_deadline(state, runner, last=last),
    )


def _deadline(state: State, runner: Runner, *, last: bool) -> datetime | None:
    """Return when the Janitor looks at the runner, or, with a job's last one, at its status."""
    times = (due(runner, state.job, last=last), status_due(state) if last else None)
    return min((one for one in times if one is not None), default=None)


def _image_tag(runner: Runner) -> str | None:
    """Return the tag of the image that the runner waits for or runs from; None if none is built."""
    if runner.image:
        return runner.image.tag
    return (runner.intent.image_tag or None) if runner.intent else None


def _status_at(runner: Runner) -> datetime:
    """Return when the runner entered its present status."""
    return (
        runner.closed_at
        or runner.taken_at
        or runner.left_at
        or runner.running_at
        or runner.planned_at
    )
