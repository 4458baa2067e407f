"""An operator who now and then wants a runner stopped, by what the CLI does for that."""

from cli.stopping import request_stop
from shared.domain.runner.state import RunnerPhase
from shared.domain.stream import StreamId
from shared.engine.transact import Transactor, load, to
from shared.ports import EventLog
from tests.simulated.agenda import Agenda
from tests.simulated.aws.ecs import ECS


class Operator:
    """Looks at the fleet's tasks and at the log, whose client never fails for people."""

    def __init__(self, agenda: Agenda, log: EventLog, ecs: ECS) -> None:
        self._agenda = agenda
        self._log = log
        self._ecs = ecs

    def terminate(self) -> None:
        """Ask for one of the runners to be stopped, sometimes by force."""
        names = sorted({task["startedBy"] for task in self._ecs.live()})
        if not names:
            return
        name = self._agenda.rng.choice(names)
        stream = StreamId.of_runner(name)
        history = load(self._log, stream)
        runner = history.state.runner(name)
        if runner is None or runner.phase is RunnerPhase.CLOSED:
            return
        forced = self._agenda.rng.random() < 0.3
        asked = request_stop(history, runner, reason="asked by an operator", force=forced)
        transactor = Transactor(log=self._log, clock=self._agenda, actor="operator:simulated")
        transactor.transact(stream, lambda _: asked.decided, route=to(asked.route))
