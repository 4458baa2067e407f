"""Folds the events of images in a job's stream: its launch waits for the image."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.job.transitions import refused
from shared.domain.runner.state import AwaitedImage, Runner, RunnerPhase
from shared.domain.runner.transitions import change_runner
from shared.domain.state import Handlers, State


def _awaited(state: State, fact: e.ImageAwaited, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.phase is not RunnerPhase.PLANNED:
            return runner
        return replace(runner, image=AwaitedImage(tag=fact.tag, since=at, timeout=fact.timeout))

    return change_runner(state, fact.runner_id, change)


def _postponed(state: State, fact: e.ImageBuildPostponed, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        waits = runner.image is not None and runner.image.tag == fact.tag
        return replace(runner, reason=fact.reason) if waits else runner

    return change_runner(state, state.job.paired, change)


def _ready(state: State, fact: e.ImageReady, _: datetime) -> State:
    for runner in state.runners:
        if runner.image and runner.image.tag == fact.tag:
            state = change_runner(state, runner.id, _served)
    return state


def _served(runner: Runner) -> Runner:
    return replace(runner, image=None, reason=None)


def _unavailable(state: State, fact: e.ImageUnavailable, at: datetime) -> State:
    runner = state.runner(state.job.paired)
    if runner is None or runner.image is None or runner.image.tag != fact.tag:
        return _ready(state, e.ImageReady(tag=fact.tag, job_ids=fact.job_ids), at)
    return refused(state, fact.reason, at)


HANDLERS: Handlers = {
    e.ImageAwaited: _awaited,
    e.ImageBuildPostponed: _postponed,
    e.ImageReady: _ready,
    e.ImageUnavailable: _unavailable,
}
