"""The one loop: read the stream, ask what is next, do it, record what came of it, ask again.

The queue consumers and the Janitor all run it; they differ in their roles only. It is safe to run
it at any time, twice, or from two places at once: the log decides who was first, and the loser
decides anew.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct

from shared.domain import actions as a
from shared.domain.events import Event, Fact
from shared.domain.history import History
from shared.domain.next_action import next_action, turn
from shared.domain.policy import Policy
from shared.domain.state import Runner
from shared.engine import pairing, stop
from shared.engine.journal import Entry, append, load
from shared.engine.launch import launch
from shared.engine.world import World
from shared.ports import Conflict, Unavailable

STEPS = 40
"""More than any job needs in one go; beyond it the rules go round in circles: a bug."""
UNAVAILABLE_SECONDS = 10.0
"""How long to wait before an effect is tried again when the other side did not say."""


class NoProgressError(RuntimeError):
    """The rules ask for something that changes nothing. Raised rather than looped on."""


class Driven(Struct, frozen=True, kw_only=True):
    """What a drive did: the events it appended to the stream, and when to come back, and why."""

    appended: tuple[Event, ...] = ()
    retry_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Drives streams in `roles`, under the name `actor`. `on_event` sees each event appended."""

    world: World
    actor: str
    roles: Collection[a.Role]
    on_event: Callable[[str, Event], None] = field(default=lambda _stream, _event: None)

    def drive(self, stream: str, cause: str | None = None) -> Driven:
        """Do all that can be done about the stream now.

        Args:
            cause: The id of the event whose nudge led here, for the timeline.

        Raises:
            Conflict: somebody else was faster, many times over.
            NotAJobStream: the stream is not a job's.
            Refused: GitHub or ECS will not do something that is not a launch.
        """
        policy = self.world.policy()
        appended: list[Event] = []
        history: History | None = None
        for _ in range(STEPS):
            history = history or load(self.world.log, stream)
            now = self.world.clock.now()
            action = next_action(history.state, now, policy, self.roles)
            if isinstance(action, a.Nothing):
                return Driven(appended=tuple(appended))
            if isinstance(action, a.Wait):
                return Driven(appended=tuple(appended), retry_at=action.until, reason="not yet")
            try:
                done = self._step(history, action, policy, cause)
            except Conflict:
                history = None
                continue
            except Unavailable as error:
                wait = timedelta(seconds=error.retry_after or UNAVAILABLE_SECONDS)
                return Driven(appended=tuple(appended), retry_at=now + wait, reason=error.reason)
            history, event = done
            appended.append(event)
            self.on_event(stream, event)
        raise NoProgressError(f"{stream}: still not settled after {STEPS} steps")

    def _step(
        self, history: History, action: a.Record | a.Effect, policy: Policy, cause: str | None
    ) -> tuple[History, Event]:
        """Do one thing and append its outcome to all streams that it concerns."""
        step, at, fact, histories = self._perform(history, action, policy)
        event = Event(
            id=step,
            at=at or self.world.clock.now(),
            recorded_at=self.world.clock.now(),
            actor=self.actor,
            cause=cause,
            fact=fact,
        )
        entries = [
            Entry(history=one, events=(event,), route=self._route(history.stream, policy))
            for one in histories
        ]
        after = append(self.world.log, entries)[0]
        if after.seq == history.seq:
            raise NoProgressError(f"{history.stream}: {step} is already recorded")
        return after, event

    def _route(self, driven: str, policy: Policy) -> Callable[[History], str | None]:
        """Whom to nudge after an append: who has something to do, but for what this drive does."""

        def route(history: History) -> str | None:
            roles = turn(history.state, self.world.clock.now(), policy)
            mine = self.roles if history.stream == driven else ()
            others = [role.value for role in roles if role not in mine]
            return a.BOTH if len(others) > 1 else next(iter(others), None)

        return route

    def _perform(
        self, history: History, action: a.Record | a.Effect, policy: Policy
    ) -> tuple[str, datetime | None, Fact, list[History]]:
        """The id, time and fact of what was done, and the streams that it belongs to."""
        fact: Fact
        match action:
            case a.Record(id=step, fact=fact):
                return step, None, fact, [history]
            case a.Place():
                fact, streams = pairing.place(action, history, self._once(history))
                return f"{history.stream}/placed", action.started_at, fact, streams
            case a.EndPairing():
                fact, streams = pairing.end_pairing(action, history, self._once(history))
                streams = [history, *(one for one in streams if one.stream != history.stream)]
                step = f"{history.stream}/pairing-ended/{history.seq + 1}"
                return step, None, fact, streams
            case a.TellFinished():
                fact, streams = pairing.tell_finished(action, history, self._once(history))
                return f"{history.stream}/finished", action.completed_at, fact, streams
            case _:
                fact = self._effect(action, policy)
                return _step_id(action.runner, fact), None, fact, [history]

    def _effect(
        self,
        action: a.Launch | a.Deregister | a.StopTask | a.CheckTask | a.DeleteConfig,
        policy: Policy,
    ) -> Fact:
        world, runner = self.world, action.runner
        match action:
            case a.Launch(wanted=wanted):
                return launch(world, policy, runner, wanted=wanted, now=world.clock.now())
            case a.Deregister():
                return stop.deregister(world, runner)
            case a.StopTask():
                return stop.stop_task(world, runner)
            case a.CheckTask():
                return stop.check_task(world, runner)
            case a.DeleteConfig():
                return stop.delete_config(world, runner)

    def _once(self, history: History) -> Callable[[str], History]:
        """Load each stream once a step: the append must be conditioned on what was decided on."""
        known = {history.stream: history}

        def load_once(stream: str) -> History:
            if stream not in known:
                known[stream] = load(self.world.log, stream)
            return known[stream]

        return load_once


def _step_id(runner: Runner, fact: Fact) -> str:
    """The same after a crash, another the next time: how often this was tried is part of it."""
    sent = runner.stop.sent if runner.stop else 0
    return f"{runner.id}/{type(fact).__name__}/{runner.attempts}.{runner.stops}.{sent}"
