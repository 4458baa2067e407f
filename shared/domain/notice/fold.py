"""Folds `NoticeSent`."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.runner.state import Runner
from shared.domain.runner.transitions import change_runner
from shared.domain.state import Handlers, State


def _sent(state: State, fact: e.NoticeSent, _: datetime) -> State:
    def add(runner: Runner) -> Runner:
        return replace(runner, notified=(*runner.notified, fact.kind))

    if state.runner(fact.subject) is not None:
        return change_runner(state, fact.subject, add)
    return replace(state, job=replace(state.job, notified=(*state.job.notified, fact.kind)))


HANDLERS: Handlers = {e.NoticeSent: _sent}
