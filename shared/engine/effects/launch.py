"""The launch recipe: registration, environment file, task. Repeating it is always safe.

The intent is in the log before this begins; what is returned is the outcome to append. A crash
anywhere in between leaves the object in S3 or the task's client token as evidence for the next
try.
"""

from contextlib import suppress
from datetime import timedelta

from shared.domain import events as e
from shared.domain.actions import DeleteConfig, Launch
from shared.domain.backoff import delay
from shared.domain.decision import Decided, Given
from shared.domain.names import home_job
from shared.domain.policy import Policy
from shared.domain.runner.state import Runner
from shared.domain.runner.target import target_count
from shared.domain.slot.counter import RateLimit
from shared.engine.dependencies import Dependencies
from shared.engine.effects import outcome
from shared.ports import (
    Deletion,
    NameTaken,
    NoCapacity,
    NotNow,
    RateLimited,
    Refused,
    TaskSpec,
    TurnedAway,
    Unavailable,
)

Outcome = e.RunnerLaunched | e.LaunchFailed | e.LaunchCancelled


def launch(deps: Dependencies, given: Given, action: Launch) -> Decided:
    """Bring the runner's task up; or, not `wanted` and never begun, make sure that it never will.

    What fails is an outcome, too: tried again later, or never. Only while RunTask may have been
    done is the same attempt repeated; else the next attempt begins with a new intent.
    """
    fact = run(deps, given.policy, action.runner, wanted=action.wanted)
    return outcome.of_runner(action.runner, fact)


def delete_config(deps: Dependencies, _: Given, action: DeleteConfig) -> Decided:
    """Delete the environment file: the runner has read it, or never will."""
    deps.configs.delete(action.runner.id)
    return outcome.of_runner(action.runner, e.ConfigDeleted(runner_id=action.runner.id))


def run(deps: Dependencies, policy: Policy, runner: Runner, *, wanted: bool) -> Outcome:
    """One pass through the launch recipe."""
    plan = _plan(runner)
    asked = False
    try:
        github_runner_id = _registered(deps, runner, plan, wanted=wanted)
        if github_runner_id is None:
            return _cancelled(runner)
        asked = True
        task_arn = deps.tasks.run(_task(deps, runner, plan))
    except Refused as error:
        return _never(runner, error)
    except Unavailable as error:
        if isinstance(error, RateLimited):
            _share(deps, error)
        uncertain = _leaves_uncertain(runner, error) if asked else runner.uncertain
        return _later(deps, policy, runner, error, uncertain=uncertain)
    return e.RunnerLaunched(
        runner_id=runner.id, task_arn=task_arn, github_runner_id=github_runner_id
    )


def _share(deps: Dependencies, error: RateLimited) -> None:
    """Record GitHub's rate limit for all launches; without the record they find it themselves."""
    until = deps.clock.now() + timedelta(seconds=error.retry_after)
    with suppress(Unavailable):
        deps.log.limit_launches(RateLimit(until=until))


def _cancelled(runner: Runner) -> e.LaunchCancelled:
    reason = runner.stop.reason if runner.stop else "no waiting job needs it"
    return e.LaunchCancelled(runner_id=runner.id, reason=reason)


def _leaves_uncertain(runner: Runner, error: Unavailable) -> bool:
    """Whether there may be a task of this attempt.

    ECS returns the task of an earlier call under the same token, if there is one, before it does
    anything else; only a call that was turned away is no evidence about earlier ones. Source:
    Amazon ECS Developer Guide, "Ensuring idempotency".
    """
    answered = isinstance(error, NotNow) and not isinstance(error, TurnedAway)
    turned_away = isinstance(error, TurnedAway) and not runner.uncertain
    return not (answered or turned_away)


def _later(
    deps: Dependencies, policy: Policy, runner: Runner, error: Unavailable, *, uncertain: bool
) -> e.LaunchFailed:
    """The attempt failed for now. Moving to another place does not make the wait longer."""
    attempt = runner.attempts + 1
    no_capacity = isinstance(error, NoCapacity)
    moves = runner.moves + no_capacity
    rounds = attempt - moves + moves // _target_count(policy, runner)
    # A call may take its time to fail, which is no part of the wait.
    wait = delay(policy, f"{runner.id}/{attempt}", max(1, rounds), error.retry_after)
    return e.LaunchFailed(
        runner_id=runner.id,
        attempt=attempt,
        reason=error.reason,
        retry_at=deps.clock.now() + wait,
        no_capacity=no_capacity,
        uncertain=uncertain,
    )


def _never(runner: Runner, error: Refused) -> e.LaunchFailed:
    """The launch will not succeed. A name that is taken is no reason to refuse the job."""
    return e.LaunchFailed(
        runner_id=runner.id,
        attempt=runner.attempts + 1,
        reason=error.reason,
        refused=not isinstance(error, NameTaken),
    )


def _target_count(policy: Policy, runner: Runner) -> int:
    plan = _plan(runner)
    size = policy.classes.get(plan.class_name)
    return target_count(len(size.capacity) if size else 1, len(plan.placement.subnets))


def _registered(
    deps: Dependencies, runner: Runner, plan: e.LaunchIntended, *, wanted: bool
) -> int | None:
    """GitHub's id of the runner, whose config is stored; None if it is not `wanted` any more."""
    stored = deps.configs.github_runner_id(runner.id)
    if stored is not None:
        return stored
    if wanted:
        return _register(deps, runner, plan)
    _unregister(deps, runner, plan)
    return None


def _register(deps: Dependencies, runner: Runner, plan: e.LaunchIntended) -> int:
    """Mint the just-in-time config and store it; GitHub's id of the runner."""
    mint = deps.registrations.mint
    try:
        config = mint(plan.repository, runner.id, plan.labels)
    except NameTaken:
        stored = deps.configs.github_runner_id(runner.id)
        if stored is not None:  # another invocation was faster, and its task may run by now
            return stored
        # Without an object in S3, RunTask never ran: the name is left over from a crash.
        _unregister(deps, runner, plan)
        config = mint(plan.repository, runner.id, plan.labels)
    if deps.configs.put_if_absent(runner.id, config):
        return config.github_runner_id
    stored = deps.configs.github_runner_id(runner.id)
    if stored != config.github_runner_id:  # it may be ours: a client may repeat its own put
        deps.registrations.delete(plan.repository, config.github_runner_id)
    if stored is None:
        raise Unavailable("the runner's config was stored and deleted meanwhile")
    return stored


def _unregister(deps: Dependencies, runner: Runner, plan: e.LaunchIntended) -> None:
    left_over = deps.registrations.find(plan.repository, runner.id)
    if left_over is None:
        return
    number = left_over.github_runner_id
    if deps.registrations.delete(plan.repository, number) is Deletion.BUSY:
        raise NameTaken(
            f"GitHub has a busy runner named {runner.id} that this fleet did not launch"
        )


def _task(deps: Dependencies, runner: Runner, plan: e.LaunchIntended) -> TaskSpec:
    return TaskSpec(
        runner_id=runner.id,
        client_token=client_token(plan),
        task_definition=plan.placement.task_definition,
        cpu=plan.cpu,
        memory=plan.memory,
        capacity=plan.capacity,
        subnets=(plan.subnet,),
        security_groups=plan.placement.security_groups,
        assign_public_ip=plan.placement.assign_public_ip,
        config_reference=deps.configs.reference(runner.id),
        tags=_tags(plan),
    )


def _tags(plan: e.LaunchIntended) -> dict[str, str]:
    """What the task's cost is attributed by."""
    return {
        "repository": plan.repository,
        "workflow": plan.workflow,
        "class": plan.class_name,
        "job": str(home_job(plan.runner_id)),
    }


def client_token(plan: e.LaunchIntended) -> str:
    """The idempotency token of the attempt's RunTask: another attempt may have other parameters.

    ECS refuses a token under which it has started something else. Source: Amazon ECS Developer
    Guide, "Ensuring idempotency".
    """
    return plan.runner_id if plan.attempt == 1 else f"{plan.runner_id}.{plan.attempt}"


def _plan(runner: Runner) -> e.LaunchIntended:
    if runner.plan is None:
        raise ValueError(f"{runner.id}: no launch is intended")
    return runner.plan
