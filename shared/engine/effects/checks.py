"""Reads the status of a job or of an idle runner from GitHub, and cancels a refused job's run."""

from shared.domain import events as e
from shared.domain.actions import CancelRun, CheckJob, CheckRegistration
from shared.domain.decision import Decided, Given
from shared.domain.job.rules import id_per_demand
from shared.domain.names import own_runner
from shared.domain.runner.state import Runner
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.engine.dependencies import Dependencies
from shared.ports import JobView, Refused


def check_job(deps: Dependencies, given: Given, _: CheckJob) -> Decided:
    """Read the job's status; if GitHub refuses the request, the webhooks alone decide."""
    state: State = given.history.state
    details = state.job.details
    if details is None:
        raise ValueError(f"job {state.job_id}: no webhook of it is recorded")
    try:
        view = deps.jobs.job(details.repository, state.job_id)
    except Refused as error:
        return _checked(state, e.JobChecked(status="", reason=error.reason))
    return checked(state, view)


def cancel_run(deps: Dependencies, given: Given, _: CancelRun) -> Decided:
    """Cancel the run of the job. GitHub refuses it for a run that has ended."""
    state: State = given.history.state
    details = state.job.details
    if details is None:
        raise ValueError(f"job {state.job_id}: no webhook of it is recorded")
    problem = ""
    try:
        deps.jobs.cancel_run(details.repository, details.run_id)
    except Refused as error:
        problem = error.reason
    fact = e.RunCancelled(run_id=details.run_id, problem=problem)
    return Decided(id=id_per_demand(state, "run-cancelled"), fact=fact)


def checked(state: State, view: JobView) -> Decided:
    """Return the event that records a job's status as GitHub returned it."""
    name = view.runner_name
    fact = e.JobChecked(
        status=view.status,
        conclusion=view.conclusion,
        runner_name=name,
        runner_id=own_runner(state.fleet, name) if state.fleet else None,
        github_runner_id=view.github_runner_id,
        started_at=view.started_at if name else None,
        completed_at=view.completed_at,
    )
    return _checked(state, fact)


def check_registration(deps: Dependencies, _: Given, action: CheckRegistration) -> Decided:
    """Read whether the runner is still registered. If it is busy, its job's webhook is late."""
    name = f"{action.runner.id}/looked-up/{action.runner.confirmations + 1}"
    return Decided(id=name, fact=_registration(deps, action.runner))


def _checked(state: State, fact: e.JobChecked) -> Decided:
    stream = StreamId.of_job(state.job_id)
    return Decided(id=f"{stream}/checked/{state.job.checks + 1}", fact=fact)


def _registration(
    deps: Dependencies, runner: Runner
) -> e.RunnerConfirmed | e.RunnerFoundBusy | e.RunnerDeregistered:
    if runner.intent is None:
        raise ValueError(f"{runner.id}: was never registered")
    registrations = deps.registrations_of(runner.intent.credential)
    found = registrations.find(runner.intent.repository, runner.id)
    if found is None:
        return e.RunnerDeregistered(runner_id=runner.id, outcome="absent")
    if found.busy:
        return e.RunnerFoundBusy(runner_id=runner.id)
    return e.RunnerConfirmed(runner_id=runner.id)
