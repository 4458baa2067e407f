"""The launch recipe: registration, environment file, task. Repeating it is always safe.

The intent is in the log before this begins; what is returned is the outcome to append. A crash
anywhere in between leaves the object in S3 or the task's `clientToken` as evidence for the next
try.
"""

from shared.domain import events as e
from shared.domain.backoff import retry_at
from shared.domain.placing import spot
from shared.domain.policy import Policy
from shared.domain.state import Runner
from shared.engine.world import World
from shared.ports import Deletion, NameTaken, NoCapacity, Refused, TaskSpec, Unavailable

Outcome = e.RunnerLaunched | e.LaunchFailed | e.LaunchCancelled


def launch(world: World, policy: Policy, runner: Runner, *, wanted: bool) -> Outcome:
    """Bring the runner's task up; or, not `wanted` and never begun, make sure that it never will.

    Raises:
        Unavailable: the launch failed for good and cleaning up after it did not work yet.
    """
    plan = _plan(runner)
    try:
        github_runner_id = world.configs.github_runner_id(runner.id)
        if github_runner_id is None and not wanted:
            return _cancel(world, runner, plan)
        if github_runner_id is None:
            github_runner_id = _register(world, runner, plan)
        task_arn = world.tasks.run(_task(world, runner, plan))
    except Unavailable as error:
        attempt = runner.attempts + 1
        # A call may take its time to fail, which is no part of the wait.
        again = retry_at(policy, runner.id, attempt, world.clock.now(), error.retry_after)
        if again is None:
            _clean_up(world, runner, plan)
        return e.LaunchFailed(
            runner_id=runner.id,
            attempt=attempt,
            reason=error.reason,
            retry_at=again,
            no_capacity=isinstance(error, NoCapacity),
        )
    except Refused as error:
        _clean_up(world, runner, plan)
        return e.LaunchFailed(runner_id=runner.id, attempt=runner.attempts + 1, reason=error.reason)
    return e.RunnerLaunched(
        runner_id=runner.id, task_arn=task_arn, github_runner_id=github_runner_id
    )


def _register(world: World, runner: Runner, plan: e.LaunchIntended) -> int:
    """Mint the just-in-time config and store it; GitHub's id of the runner."""
    mint = world.registrations.mint
    try:
        config = mint(plan.repository, runner.id, plan.labels)
    except NameTaken:
        stored = world.configs.github_runner_id(runner.id)
        if stored is not None:  # another invocation was faster, and its task may run by now
            return stored
        # Without an object in S3, RunTask never ran: the name is left over from a crash.
        _unregister(world, runner, plan)
        config = mint(plan.repository, runner.id, plan.labels)
    if world.configs.put_if_absent(runner.id, config):
        return config.github_runner_id
    stored = world.configs.github_runner_id(runner.id)
    if stored != config.github_runner_id:  # it may be ours: a client may repeat its own put
        world.registrations.delete(plan.repository, config.github_runner_id)
    if stored is None:
        raise Unavailable("the runner's config was stored and deleted meanwhile")
    return stored


def _cancel(world: World, runner: Runner, plan: e.LaunchIntended) -> e.LaunchCancelled:
    _unregister(world, runner, plan)
    reason = runner.stop.reason if runner.stop else "no waiting job needs it"
    return e.LaunchCancelled(runner_id=runner.id, reason=reason)


def _clean_up(world: World, runner: Runner, plan: e.LaunchIntended) -> None:
    _unregister(world, runner, plan)
    world.configs.delete(runner.id)


def _unregister(world: World, runner: Runner, plan: e.LaunchIntended) -> None:
    left_over = world.registrations.find(plan.repository, runner.id)
    if left_over is None:
        return
    if world.registrations.delete(plan.repository, left_over) is Deletion.BUSY:
        raise Refused(f"GitHub has a busy runner named {runner.id} that this fleet did not launch")


def _task(world: World, runner: Runner, plan: e.LaunchIntended) -> TaskSpec:
    where = spot(plan, runner.moves)
    return TaskSpec(
        runner_id=runner.id,
        task_definition=plan.placement.task_definition,
        cpu=plan.cpu,
        memory=plan.memory,
        capacity=where.capacity,
        subnets=(where.subnet,),
        security_groups=plan.placement.security_groups,
        assign_public_ip=plan.placement.assign_public_ip,
        config_reference=world.configs.reference(runner.id),
    )


def _plan(runner: Runner) -> e.LaunchIntended:
    if runner.plan is None:
        raise ValueError(f"{runner.id}: no launch is intended")
    return runner.plan
