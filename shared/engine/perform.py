"""One action performed: the call that it asks for, and the fact that came of it.

Which action is next is the domain's; that what comes of it is appended is the loop's.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain import actions as a
from shared.domain.events import Fact
from shared.domain.history import History, JobHistory
from shared.domain.policy import Policy
from shared.domain.runner.state import Runner, RunnerPhase
from shared.engine import checks, images, notices, pairing, slots, stop
from shared.engine.decided import Decided
from shared.engine.dependencies import Dependencies
from shared.engine.journal import load
from shared.engine.launch import launch


class Step(Struct, frozen=True, kw_only=True):
    """On what is decided: a stream as it was read, the time, the policy."""

    deps: Dependencies
    history: History[Any]
    policy: Policy
    now: datetime


def perform(step: Step, action: a.Nothing | a.Record | a.Effect) -> Decided | None:
    """Do it; what to record, or None if there is nothing to record (yet)."""
    match action:
        case a.Nothing():
            return None
        case a.Record(id=name, fact=fact):
            return Decided(step=name, fact=fact)
        case a.CheckJob() | a.CheckRegistration():
            return _check(step, action)
        case a.Launch() | a.Deregister() | a.StopTask() | a.CheckTask() | a.DeleteConfig():
            fact = _on_runner(step, action)
            return Decided(step=_step_id(action.runner, fact), fact=fact)
        case (
            a.FindImage()
            | a.StartBuild()
            | a.CheckBuild()
            | a.RegisterDefinition()
            | a.DeleteImage()
            | a.TellWaiters()
        ):
            return _on_image(step, action)
        case _:
            return _on_streams(step, action)


def _check(step: Step, action: a.Checks) -> Decided:
    history: JobHistory = step.history
    match action:
        case a.CheckJob(job=job):
            name = f"{history.stream}/checked/{job.checks + 1}"
            return Decided(step=name, fact=checks.job(step.deps, history.state))
        case a.CheckRegistration(runner=runner):
            name = f"{runner.id}/looked-up/{runner.confirmations + 1}"
            return Decided(step=name, fact=checks.registration(step.deps, runner))


def _on_runner(
    step: Step, action: a.Launch | a.Deregister | a.StopTask | a.CheckTask | a.DeleteConfig
) -> Fact:
    deps, runner = step.deps, action.runner
    match action:
        case a.Launch(wanted=wanted):
            return launch(deps, step.policy, runner, wanted=wanted)
        case a.Deregister():
            return stop.deregister(deps, runner)
        case a.StopTask():
            return stop.stop_task(deps, runner)
        case a.CheckTask():
            return stop.check_task(deps, runner)
        case a.DeleteConfig():
            return stop.delete_config(deps, runner)


def _on_streams(step: Step, action: a.OnStreams) -> Decided | None:
    history, once = step.history, _once(step)
    match action:
        case a.IntendLaunch():
            return _intend(step, action)
        case a.SendNotice():
            return notices.send(step.deps, action, history)
        case a.FreeSlot():
            return slots.free(step.deps, action, once, step.policy)
        case a.CloseCircuit():
            return slots.close_circuit(step.deps, action)
        case _:
            return _pair(step, action, once)


def _pair(
    step: Step, action: a.AssignJob | a.EndPairing | a.TellFinished, once: Callable[[str], Any]
) -> Decided:
    history: JobHistory = step.history
    match action:
        case a.AssignJob():
            return pairing.assign(action, history, once, step.policy)
        case a.EndPairing():
            return pairing.end_pairing(action, history, once)
        case a.TellFinished():
            return pairing.tell_finished(action, history, once)


def _intend(step: Step, action: a.IntendLaunch) -> Decided | None:
    launch = images.await_image(action, step.history, _once(step), step.policy)
    if isinstance(launch, Decided):
        return launch
    return slots.intend(step.deps, action.runner, launch, step.now, step.policy)


def _on_image(step: Step, action: a.OnImage) -> Decided | None:
    deps, history = step.deps, step.history
    fact: Fact | None
    match action:
        case a.FindImage():
            return images.find(deps, history, _once(step), step.policy)
        case a.StartBuild():
            return images.start(deps, history, _once(step), step.policy)
        case a.CheckBuild(image=image):
            fact = images.check(deps, image, step.now)
        case a.RegisterDefinition():
            fact = images.register(deps, action)
        case a.DeleteImage(image=image):
            fact = images.delete(deps, image)
        case a.TellWaiters():
            return images.tell(deps, action, history, _once(step))
    if fact is None:
        return None
    return Decided(step=images.step_id(history, fact), fact=fact)


def _once(step: Step) -> Callable[[str], Any]:
    """Load each stream once a step: the append must be conditioned on what was decided on."""
    known: dict[str, Any] = {step.history.stream: step.history}

    def load_once(stream: str) -> Any:
        if stream not in known:
            known[stream] = load(step.deps.log, stream)
        return known[stream]

    return load_once


def _step_id(runner: Runner, fact: Fact) -> str:
    """The same after a crash, another the next time: how often this was tried is part of it."""
    sent = runner.stop.sent if runner.stop else 0
    step = f"{runner.id}/{type(fact).__name__}/{runner.attempts}.{runner.stops}.{sent}"
    # What was found of a runner that lived may be found once more of the dead one.
    return f"{step}.closed" if runner.phase is RunnerPhase.CLOSED else step
