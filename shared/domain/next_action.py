"""What to do about a job's stream now, and whose turn it is. Pure: state, now and policy go in.

One ordered table of rules; the first that applies to the asking role wins. The queue consumers and
the Janitor ask the same question, so there is one loop for the fast path and the watchdog.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from shared.domain import events as e
from shared.domain.actions import (
    Action,
    CheckTask,
    DeleteConfig,
    Deregister,
    EndPairing,
    Launch,
    Nothing,
    Place,
    Record,
    Role,
    StopTask,
    TellFinished,
    Wait,
)
from shared.domain.deadlines import limit, stop_limit
from shared.domain.fargate import size_error
from shared.domain.labels import LabelError, parse
from shared.domain.names import home_job, runner_id
from shared.domain.policy import Policy
from shared.domain.state import Demand, Runner, State, Supply

SURPLUS = "no waiting job needs it"
_TASK_LIVES = (Supply.LAUNCHED, Supply.IDLE, Supply.BUSY, Supply.FINISHED)
_UNCLAIMED = (Supply.LAUNCHED, Supply.IDLE)


def next_action(
    state: State, now: datetime, policy: Policy, roles: Collection[Role] = tuple(Role)
) -> Action:
    """The next thing that one of `roles` should do, `Nothing`, or `Wait` if it is too early."""
    waiting: Wait | None = None
    for role, rule in RULES:
        action = rule(state, now, policy) if role in roles else None
        if isinstance(action, Wait):
            waiting = waiting or action
        elif action is not None:
            return action
    return waiting or Nothing()


def turn(state: State, now: datetime, policy: Policy) -> tuple[Role, ...]:
    """The roles that have something to do, now or at a known time."""
    return tuple(
        role for role in Role if not isinstance(next_action(state, now, policy, (role,)), Nothing)
    )


# --- the reconciler: consequences ----------------------------------------------------------------


def _place(state: State, _: datetime, __: Policy) -> Action | None:
    job = state.job
    if job.runner_id is None or job.placed == job.runner_id or job.started_at is None:
        return None
    spare = job.paired if job.paired != job.runner_id else None
    return Place(state.job_id, job.runner_id, spare, job.started_at)


def _tell_finished(state: State, _: datetime, __: Policy) -> Action | None:
    job = state.job
    elsewhere = job.placed is not None and home_job(job.placed) != state.job_id
    if job.phase is not Demand.COMPLETED or job.told_finished or not elsewhere:
        return None
    if job.placed is None or job.completed_at is None:
        return None
    return TellFinished(state.job_id, job.placed, job.conclusion or "", job.completed_at)


def _end_pairing_of_job(state: State, _: datetime, __: Policy) -> Action | None:
    job = state.job
    if job.paired is None or job.phase is Demand.WAITING:
        return None
    why = {
        Demand.STARTED: "the job started on another runner",
        Demand.REFUSED: "the job gets no runner",
    }.get(job.phase, f"the job ended ({job.conclusion}) before a runner took it")
    return EndPairing(state.job_id, job.paired, why)


def _end_pairing_of_runner(state: State, _: datetime, __: Policy) -> Action | None:
    for runner in state.runners:
        if runner.serves is None:
            continue
        if runner.phase is Supply.CLOSED:
            return EndPairing(runner.serves, runner.id, "the runner ended")
        if runner.found_busy and runner.took is None:
            return EndPairing(runner.serves, runner.id, "GitHub says it is busy with another job")
    return None


def _drop_plan(state: State, _: datetime, __: Policy) -> Action | None:
    for runner in state.runners:
        if runner.phase is Supply.PLANNED and not _wanted(runner):
            reason = runner.stop.reason if runner.stop else SURPLUS
            fact = e.LaunchCancelled(runner_id=runner.id, reason=reason)
            return Record(f"{runner.id}/launch-cancelled", fact)
    return None


def _intend_stop(state: State, now: datetime, _: Policy) -> Action | None:
    for runner in state.runners:
        passed = limit(runner)
        if passed and passed.at <= now:
            return _stop(runner, passed.reason, forced=passed.forced)
        surplus = runner.phase in _UNCLAIMED and runner.serves is None
        if surplus and runner.stop is None:
            return _stop(runner, SURPLUS)
    return None


def _deregister(state: State, _: datetime, __: Policy) -> Action | None:
    for runner in state.runners:
        stopping = runner.phase in _TASK_LIVES and runner.stop and not runner.stop.deregistered
        died = runner.phase is Supply.CLOSED and runner.task_arn and runner.left_at is None
        if stopping or (died and not runner.deregistered):
            return Deregister(runner)
    return None


def _stop_task(state: State, now: datetime, _: Policy) -> Action | None:
    for runner in state.runners:
        if runner.phase not in _TASK_LIVES or not runner.stop or not runner.stop.deregistered:
            continue
        if runner.stop.sent == 0:
            return StopTask(runner)
        overdue = stop_limit(runner)
        if overdue and overdue <= now:
            return CheckTask(runner)
    return None


def _delete_config(state: State, _: datetime, __: Policy) -> Action | None:
    for runner in state.runners:
        has_read_it = runner.running_at or runner.taken_at or runner.phase is Supply.CLOSED
        known = runner.launched or (runner.phase is Supply.CLOSED and runner.task_arn)
        if known and has_read_it and not runner.config_deleted:
            return DeleteConfig(runner)
    return None


def _plan_launch(state: State, _: datetime, policy: Policy) -> Action | None:
    job = state.job
    if job.phase is not Demand.WAITING or job.paired is not None or not state.runners:
        return None
    died = [runner for runner in state.runners if _died(runner)]
    why = _why_again(state.job_id, state.runners[-1])
    if len(died) >= policy.max_launches:
        reason = f"{len(died)} runners ended before they took the job; the last: {why}"
        return Record(f"job-{state.job_id}/given-up", e.JobGivenUp(reason=reason))
    number = state.runners[-1].number + 1
    name = runner_id(state.fleet, state.job_id, number)
    fact = e.LaunchPlanned(runner_id=name, number=number, reason=why)
    return Record(f"{name}/launch-planned", fact)


# --- the scheduler: capacity ---------------------------------------------------------------------


def _intend_launch(state: State, _: datetime, policy: Policy) -> Action | None:
    job, runner = state.job, state.runner(state.job.paired)
    if job.phase is not Demand.WAITING or job.details is None:
        return None
    if runner is None or runner.phase is not Supply.PLANNED or not _wanted(runner):
        return None
    class_name, refusal = _class_of(job.details, policy)
    refusal = _not_trusted(job.details, policy) or refusal
    if refusal:
        return Record(f"job-{state.job_id}/rejected", e.JobRejected(reason=refusal))
    size = policy.classes[class_name]
    fact = e.LaunchIntended(
        runner_id=runner.id,
        repository=job.details.repository,
        labels=job.details.labels,
        class_name=class_name,
        cpu=size.cpu,
        memory=size.memory,
        capacity=size.capacity[(runner.number - 1) % len(size.capacity)],
        placement=policy.placement,
        limits=policy.limits,
    )
    return Record(f"{runner.id}/launch-intended", fact)


def _launch(state: State, now: datetime, _: Policy) -> Action | None:
    for runner in state.runners:
        if runner.phase is Supply.CLOSED or runner.plan is None or runner.launched:
            continue
        if not _wanted(runner) and runner.phase is Supply.INTENDED:
            return Launch(runner, wanted=False)
        if runner.retry_at and runner.retry_at > now:
            return Wait(runner.retry_at)
        return Launch(runner, wanted=True)
    return None


RULES: tuple[tuple[Role, Callable[[State, datetime, Policy], Action | None]], ...] = (
    (Role.RECONCILER, _place),
    (Role.RECONCILER, _tell_finished),
    (Role.RECONCILER, _end_pairing_of_job),
    (Role.RECONCILER, _end_pairing_of_runner),
    (Role.RECONCILER, _drop_plan),
    (Role.RECONCILER, _intend_stop),
    (Role.RECONCILER, _deregister),
    (Role.RECONCILER, _stop_task),
    (Role.RECONCILER, _plan_launch),
    (Role.SCHEDULER, _intend_launch),
    (Role.SCHEDULER, _launch),
    (Role.RECONCILER, _delete_config),
)


# --- shared clauses ------------------------------------------------------------------------------


def _wanted(runner: Runner) -> bool:
    return runner.serves is not None and runner.stop is None


def _died(runner: Runner) -> bool:
    """It ended without a job and was not merely called off before it began."""
    cancelled = runner.task_arn is None and not runner.failed
    return runner.phase is Supply.CLOSED and runner.took is None and not cancelled


def _why_again(job_id: int, last: Runner) -> str:
    """Why the job waits although a runner was launched for it: what became of the last one."""
    if _died(last):
        stopped = last.stop.reason if last.stop else "it ended without taking a job"
        return last.reason or stopped
    if last.took not in (None, job_id):
        return "its runner took another job"
    return "the runner that it was given is gone"


def _stop(runner: Runner, reason: str, *, forced: bool = False) -> Record:
    fact = e.StopIntended(runner_id=runner.id, reason=reason, forced=forced)
    return Record(f"{runner.id}/stop-intended/{runner.stops + 1}", fact)


def _not_trusted(job: e.JobDetails, policy: Policy) -> str | None:
    if not job.private and not policy.allow_public:
        return f"repository {job.repository} is public; public repositories are not allowed"
    if job.fork and not policy.allow_forks:
        return f"repository {job.repository} is a fork; forks are not allowed"
    return None


def _class_of(job: e.JobDetails, policy: Policy) -> tuple[str, str | None]:
    """The class to launch with, and why there is none."""
    try:
        wants = parse(job.labels)
    except LabelError as error:
        return "", str(error)
    if wants.image is not None:
        return "", f'label "image:{wants.image}" can not be served: image builds are not configured'
    name = wants.class_name or policy.default_class
    size = policy.classes.get(name)
    if size is None:
        defined = ", ".join(sorted(policy.classes)) or "none"
        return name, f'class "{name}" is not defined; defined: {defined}'
    wrong = size_error(size.cpu, size.memory)
    return name, f'class "{name}": {wrong}' if wrong else None
