"""The launch recipe: registration, environment file, task. It is idempotent.

The intent is in the log before the recipe begins, and the recipe returns the outcome to append.
After a crash in between, the object in S3 or the task's client token is the evidence for the next
attempt.
"""

from datetime import timedelta

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Launch
from shared.domain.backoff import delay
from shared.domain.decision import Decided, Given
from shared.domain.names import home_job
from shared.domain.policy import Policy
from shared.domain.runner.state import Runner
from shared.domain.runner.target import target_count
from shared.engine import turns
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
    Throttled,
    TurnedAway,
    Unavailable,
)

Outcome = e.RunnerLaunched | e.LaunchFailed | e.LaunchCancelled


MOST_THROTTLED = 2
"""Failures in a row that lengthen the delay after a throttled RunTask: by default to 4 s.

AWS allows more calls after a second, and longer delays would leave them unused at the end of a
burst. Source: Amazon ECS Developer Guide, "AWS Fargate throttling quotas".
"""


def launch(deps: Dependencies, given: Given, action: Launch) -> Decided:
    """Start the runner's task, or cancel a launch that is not `wanted` and was never begun.

    A failure is an outcome, too, with or without a retry. Only if RunTask may have started a task,
    the same attempt is repeated. Otherwise the next attempt begins with a new intent.
    """
    fact = run(deps, given.policy, action.runner, wanted=action.wanted)
    return outcome.of_runner(action.runner, fact)


def run(deps: Dependencies, policy: Policy, runner: Runner, *, wanted: bool) -> Outcome:
    """Run the launch recipe once."""
    intent = _intent(runner)
    asked = False
    try:
        github_runner_id = _registered(deps, runner, intent, wanted=wanted)
        if github_runner_id is None:
            return _cancelled(runner)
        asked = True
        task_arn = deps.tasks.run(_task(deps, runner, intent))
    except Refused as error:
        return _never(runner, error)
    except Unavailable as error:
        if isinstance(error, RateLimited):
            _share(deps, intent.credential, error)
        uncertain = _leaves_uncertain(runner, error) if asked else runner.uncertain
        failed = _later(deps, policy, runner, error)
        return replace(failed, uncertain=uncertain, registered=asked)
    return e.RunnerLaunched(
        runner_id=runner.id, task_arn=task_arn, github_runner_id=github_runner_id
    )


def _share(deps: Dependencies, credential: str, error: RateLimited) -> None:
    """Record GitHub's rate limit, so that no other launch uses the credential before its reset."""
    until = deps.clock.now() + timedelta(seconds=error.retry_after)
    turns.share_limit(deps, credential, until)


def _cancelled(runner: Runner) -> e.LaunchCancelled:
    reason = runner.stop.reason if runner.stop else "no waiting job needs it"
    return e.LaunchCancelled(runner_id=runner.id, reason=reason)


def _leaves_uncertain(runner: Runner, error: Unavailable) -> bool:
    """Return whether there may be a task of this attempt.

    ECS first checks whether an earlier call with the same token started a task, and returns it. So
    only a call that was rejected before that is no evidence about earlier calls. Source: Amazon ECS
    Developer Guide, "Ensuring idempotency".
    """
    answered = isinstance(error, NotNow) and not isinstance(error, TurnedAway)
    turned_away = isinstance(error, TurnedAway) and not runner.uncertain
    return not (answered or turned_away)


def _later(
    deps: Dependencies, policy: Policy, runner: Runner, error: Unavailable
) -> e.LaunchFailed:
    """Return a failure with a retry. A move to another target does not increase the backoff."""
    attempt = runner.attempts + 1
    no_capacity = isinstance(error, NoCapacity)
    moves = runner.moves + no_capacity
    rounds = attempt - moves + moves // _target_count(policy, runner)
    # The backoff begins after the failed call, however long the call took.
    failures = min(rounds, MOST_THROTTLED) if isinstance(error, Throttled) else rounds
    wait = delay(policy, f"{runner.id}/{attempt}", max(1, failures), error.retry_after)
    return e.LaunchFailed(
        runner_id=runner.id,
        attempt=attempt,
        reason=error.reason,
        retry_at=deps.clock.now() + wait,
        no_capacity=no_capacity,
    )


def _never(runner: Runner, error: Refused) -> e.LaunchFailed:
    """Return a failure without a retry. It refuses the job, unless the runner's name is taken."""
    return e.LaunchFailed(
        runner_id=runner.id,
        attempt=runner.attempts + 1,
        reason=error.reason,
        refused=not isinstance(error, NameTaken),
    )


def _target_count(policy: Policy, runner: Runner) -> int:
    intent = _intent(runner)
    size = policy.classes.get(intent.class_name)
    return target_count(len(size.capacity) if size else 1, len(intent.placement.subnets))


def _registered(
    deps: Dependencies, runner: Runner, intent: e.LaunchIntended, *, wanted: bool
) -> int | None:
    """Return GitHub's id of the runner, with its config stored; None if it is not `wanted`."""
    if _may_be_stored(runner, intent):
        stored = deps.configs.github_runner_id(runner.id)
        if stored is not None:
            return stored
    if wanted:
        return _register(deps, runner, intent)
    _unregister(deps, runner, intent)
    return None


def _may_be_stored(runner: Runner, intent: e.LaunchIntended) -> bool:
    """Return whether an earlier run of the recipe may have stored the runner's config.

    Nothing is stored before the intent of the first attempt, and that attempt belongs to the drive
    that recorded the intent. If another drive has resumed it, or the same one runs it again after
    a conflict, it is `uncertain` (see `leases`).
    """
    return intent.attempt > 1 or runner.uncertain


def _register(deps: Dependencies, runner: Runner, intent: e.LaunchIntended) -> int:
    """Mint the just-in-time config, store it, and return GitHub's id of the runner."""
    registrations = deps.registrations_of(intent.credential)
    mint = registrations.mint
    try:
        config = mint(intent.repository, runner.id, intent.labels)
    except NameTaken:
        stored = deps.configs.github_runner_id(runner.id)
        if stored is not None:  # another invocation stored it, and its task may already run
            return stored
        # Without an object in S3, RunTask was never called: a crash left the registration.
        _unregister(deps, runner, intent)
        config = mint(intent.repository, runner.id, intent.labels)
    if deps.configs.put_if_absent(runner.id, config):
        return config.github_runner_id
    stored = deps.configs.github_runner_id(runner.id)
    if stored != config.github_runner_id:  # equal if boto3 retried a put that had succeeded
        registrations.delete(intent.repository, config.github_runner_id)
    if stored is None:
        raise Unavailable("the runner's config was stored, and has expired meanwhile")
    return stored


def _unregister(deps: Dependencies, runner: Runner, intent: e.LaunchIntended) -> None:
    registrations = deps.registrations_of(intent.credential)
    left_over = registrations.find(intent.repository, runner.id)
    if left_over is None:
        return
    number = left_over.github_runner_id
    if registrations.delete(intent.repository, number) is Deletion.BUSY:
        raise NameTaken(
            f"GitHub has a busy runner named {runner.id} that this fleet did not launch"
        )


def _task(deps: Dependencies, runner: Runner, intent: e.LaunchIntended) -> TaskSpec:
    return TaskSpec(
        runner_id=runner.id,
        client_token=client_token(intent),
        task_definition=intent.placement.task_definition,
        cpu=intent.cpu,
        memory=intent.memory,
        capacity=intent.capacity,
        subnets=(intent.subnet,),
        security_groups=intent.placement.security_groups,
        assign_public_ip=intent.placement.assign_public_ip,
        config_reference=deps.configs.reference(runner.id),
        tags=_tags(intent),
    )


def _tags(intent: e.LaunchIntended) -> dict[str, str]:
    """Return the tags for the attribution of the task's cost."""
    return {
        "repository": intent.repository,
        "workflow": intent.workflow,
        "class": intent.class_name,
        "job": str(home_job(intent.runner_id)),
    }


def client_token(intent: e.LaunchIntended) -> str:
    """Return the idempotency token of the attempt's RunTask.

    Each attempt has another token, since its parameters may differ: ECS refuses a known token with
    other parameters. Source: Amazon ECS Developer Guide, "Ensuring idempotency".
    """
    return intent.runner_id if intent.attempt == 1 else f"{intent.runner_id}.{intent.attempt}"


def _intent(runner: Runner) -> e.LaunchIntended:
    if runner.intent is None:
        raise ValueError(f"{runner.id}: no launch is intended")
    return runner.intent
