"""The sweep of jobs at GitHub: it finds what no webhook reported, so that no job depends on one.

A job that GitHub holds as queued and the log does not know is recorded. A job of which the log's
status is outdated gets GitHub's. Without the permission to read workflow runs the sweep does
nothing.
"""

from datetime import datetime
from functools import partial

from msgspec import Struct

from functions.janitor.repositories import SEEN_LATELY, served_repositories
from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain import events as e
from shared.domain.actions import BOTH
from shared.domain.decision import Decided
from shared.domain.job.state import JobPhase
from shared.domain.names import own_runner
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE, Status
from shared.domain.stream import StreamId
from shared.engine.effects.checks import checked
from shared.engine.transact import Snapshot, load
from shared.ports import JobView, Refused, RunView

MOST_REPOSITORIES = 10
"""Maximum number of repositories of which one run lists the workflow runs, with 3 calls each."""
RUNS_OF_REPOSITORY = 300
MOST_RUNS = 30
"""Maximum number of workflow runs of which one run of the Janitor lists the jobs."""
MOST_CHECKED = 10
"""Maximum number of jobs that one run reads one by one, since no active workflow run has them.

All that is at most 70 calls a minute, or 4,200 of the 5,000 an hour that GitHub allows a token; but
most listings are unchanged, which is free, and half of the limit is reserved for launches.
"""
_OVER = (Status.OFFLINE, Status.FAILED)
_OVER_IN_LOG = (JobPhase.COMPLETED, JobPhase.REFUSED)
_OUTDATED = {
    "queued": (JobPhase.HELD,),
    "waiting": (JobPhase.QUEUED,),
    "in_progress": (JobPhase.QUEUED, JobPhase.HELD, JobPhase.REFUSED),
    "completed": (JobPhase.QUEUED, JobPhase.HELD, JobPhase.REFUSED, JobPhase.STARTED),
}
"""The phases in the log that are outdated, by GitHub's status of the job."""


class _Found(Struct, frozen=True):
    """A job at GitHub. `run` is None if it was read alone."""

    repository: str
    view: JobView
    run: RunView | None = None


def jobs_at_github(janitor: Janitor) -> Swept:
    """Record what GitHub's workflow runs and the log do not agree on."""
    listed: set[str] = set()
    runs: list[tuple[str, RunView]] = []
    jobs: list[_Found] = []

    def list_runs(repository: str) -> Outcome:
        try:
            active = janitor.deps.jobs.active_runs(repository, RUNS_OF_REPOSITORY)
        except Refused:  # no such repository, or no permission
            return Outcome.DEFERRED
        listed.add(repository)
        runs.extend((repository, run) for run in active)
        return Outcome.OK

    def list_jobs(one: tuple[str, RunView]) -> Outcome:
        repository, run = one
        views = janitor.deps.jobs.of_run(repository, run.id)
        jobs.extend(_Found(repository, view, run) for view in views)
        return Outcome.OK

    def name_run(one: tuple[str, RunView]) -> str:
        return f"{one[0]} run {one[1].id}"

    swept = janitor.each(
        janitor.rotated(served_repositories(janitor), MOST_REPOSITORIES, str), list_runs, str
    )
    swept += janitor.each(janitor.rotated(runs, MOST_RUNS, name_run), list_jobs, name_run)
    swept += janitor.each(jobs, partial(_compare, janitor), _name)
    rows = _unseen(janitor, listed, {found.view.id for found in jobs})
    return swept + janitor.each(rows, partial(_check, janitor), lambda row: row.runner_id)


def _unseen(janitor: Janitor, listed: set[str], seen: set[int]) -> list[RunnerRow]:
    """Return rows that have no end of their job, which is in no active run of these repositories.

    They are of live runners, and of those that ended lately after they had taken a job.
    """
    until = janitor.now() - janitor.grace
    live = [row for status in LIVE for row in janitor.rows(status) if row.status_at <= until]
    over = [row for status in _OVER for row in janitor.rows(status)]
    oldest = until - SEEN_LATELY
    ended = [
        row for row in over if row.ran_job_id and not row.conclusion and row.status_at >= oldest
    ]
    rows = [row for row in (*live, *ended) if row.repository in listed and _job_of(row) not in seen]
    return janitor.rotated(rows, MOST_CHECKED, lambda row: row.runner_id)


def _job_of(row: RunnerRow) -> int:
    """Return the id of the job that the runner runs or waits for."""
    return row.ran_job_id or row.waits_for_job_id or row.job_id


def _name(found: _Found) -> str:
    return StreamId.of_job(found.view.id)


def _check(janitor: Janitor, row: RunnerRow) -> Outcome:
    """Compare the job of a runner, which GitHub may have ended, with the log."""
    stream = StreamId.of_job(_job_of(row))
    job = load(janitor.deps.log, stream).state.job
    if job.details is None or job.phase in _OVER_IN_LOG:
        return Outcome.OK
    repository = job.details.repository  # a runner of an organization may run another one's job
    try:
        view = janitor.deps.jobs.job(repository, _job_of(row))
    except Refused:  # its run was deleted, or no permission
        return Outcome.OK
    return _compare(janitor, _Found(repository, view))


def _compare(janitor: Janitor, found: _Found) -> Outcome:
    """Record a job, or its present status, unless the log has it or a webhook may be on its way."""
    view = found.view
    agreed = janitor.memory.agreed
    if agreed.get(view.id) == view.status or not _is_served(janitor, found):
        return Outcome.OK
    if (_changed_at(view) or janitor.now()) > janitor.now() - janitor.grace:
        return Outcome.OK
    done = janitor.record(
        StreamId.of_job(view.id), lambda stream: _decide(janitor, found, stream), BOTH
    )
    agreed[view.id] = view.status
    return Outcome.REPAIRED if done.event else Outcome.OK


def _is_served(janitor: Janitor, found: _Found) -> bool:
    """Return whether the job is the fleet's, or one of its runners took it."""
    if own_runner(janitor.prefix, found.view.runner_name) is not None or found.run is None:
        return True
    return janitor.offer.refusal(found.repository, found.view.labels) is None


def _changed_at(view: JobView) -> datetime | None:
    """Return when the job got its status. `started_at` of a job that is queued says nothing."""
    if view.status == "completed":
        return view.completed_at
    return view.started_at if view.status == "in_progress" else view.created_at


def _decide(janitor: Janitor, found: _Found, stream: Snapshot) -> Decided | None:
    state = stream.history.state
    if state.job.details is None and found.run is not None:
        return _first(janitor, found, found.run)
    if state.job.phase in _OUTDATED.get(found.view.status, ()):
        return checked(state, found.view)
    return None


def _first(janitor: Janitor, found: _Found, run: RunView) -> Decided | None:
    """Return the first event of a job of which no webhook was recorded, as a webhook makes it."""
    view = found.view
    runner_id = own_runner(janitor.prefix, view.runner_name)
    details = e.JobDetails(
        repository=found.repository,
        labels=view.labels,
        workflow=view.workflow,
        name=view.name,
        run_id=view.run_id,
        run_attempt=view.run_attempt,
        url=view.url,
        head_sha=view.head_sha,
        private=run.private,
        fork=run.fork,
    )
    fact: e.Fact
    if view.status == "queued":
        fact = e.JobQueued(fleet=janitor.prefix, job=details, found=True)
    elif runner_id is None:
        return None
    elif view.status == "in_progress":
        fact = e.JobStarted(
            job=details,
            runner_name=view.runner_name,
            runner_id=runner_id,
            github_runner_id=view.github_runner_id,
        )
    else:
        fact = e.JobCompleted(
            job=details,
            conclusion=view.conclusion or "unknown",
            runner_name=view.runner_name,
            runner_id=runner_id,
            github_runner_id=view.github_runner_id,
            started_at=view.started_at,
        )
    name = f"janitor/{StreamId.of_job(view.id)}/{view.status}"
    return Decided(id=name, fact=fact, at=_changed_at(view))
