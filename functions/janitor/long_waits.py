"""The sweep of long waits: jobs whose commit status should show why they have no runner.

No event reports that a job has waited for long, so the sweep looks for it. It also covers refused
jobs for which no consumer has intended a status, because a nudge was lost.
"""

from datetime import timedelta

from functions.janitor.repositories import recent_rows
from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.commit_status.rules import has_waited_long, set_commit_status
from shared.domain.job.state import JobPhase
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId
from shared.engine.transact import load

MOST_DRIVEN = 20
"""Maximum number of streams driven in one run, the oldest first. A status is a POST, which GitHub
counts as 5 of 900 points a minute; launches need the others. Source: GitHub Docs, "Rate limits for
the REST API"."""
MOST_ROWS = 200
"""Maximum number of rows considered of each status, the oldest."""
_WAITING = (Status.STARTING, Status.IMAGE_CREATING, Status.WAITING_FOR_JOB)


def long_waits(janitor: Janitor) -> Swept:
    """Drive the streams of jobs that wait for long, or were refused; each once an hour."""
    if not janitor.deps.policy().commit_statuses.enabled:
        return Swept()
    seen = janitor.memory.statuses
    refused = [(job_id, "refused") for job_id in _refused(janitor)]
    waiting = [(job_id, "waits") for job_id in _waiting(janitor)]
    new = [one for one in dict.fromkeys((*refused, *waiting)) if one not in seen]

    def check(one: tuple[int, str]) -> Outcome:
        seen.add(one)  # first: a stream that can't be read must not keep the others waiting
        outcome = _check(janitor, StreamId.of_job(one[0]))
        if outcome is Outcome.DEFERRED:
            seen.discard(one)
        return outcome

    return janitor.each(new[:MOST_DRIVEN], check, lambda one: StreamId.of_job(one[0]))


def _check(janitor: Janitor, stream: StreamId) -> Outcome:
    """Drive the stream if its job needs a status."""
    state, policy = load(janitor.deps.log, stream).state, janitor.deps.policy()
    waits = state.job.phase is JobPhase.QUEUED
    if waits and not has_waited_long(state, janitor.now(), policy):
        return Outcome.DEFERRED  # its row is older: the webhook came late, or it is another job's
    if set_commit_status(state, janitor.now(), policy) is None:
        return Outcome.OK
    driven = janitor.driver.drive(stream)
    if driven.unavailable:
        return Outcome.DEFERRED
    return Outcome.REPAIRED if driven.appended else Outcome.OK


def _waiting(janitor: Janitor) -> list[int]:
    """Return the jobs of rows that have been in a waiting status for long."""
    seconds = janitor.deps.policy().commit_statuses.pending_after
    until = janitor.now() - timedelta(seconds=seconds)
    jobs: list[int | None] = []
    for status in _WAITING:
        waiting = [row for row in reversed(janitor.rows(status)) if row.status_at <= until]
        jobs += [row.waits_for_job_id for row in waiting[:MOST_ROWS]]
    return [job_id for job_id in jobs if job_id is not None]


def _refused(janitor: Janitor) -> list[int]:
    """Return the jobs of the newest failed runners, whose nudges had time to arrive."""
    return [row.job_id for row in recent_rows(janitor) if row.status == Status.FAILED]
