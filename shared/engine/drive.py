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
from shared.domain.events import Event
from shared.domain.next_action import actions, turn
from shared.domain.policy import Policy
from shared.engine.journal import AnyHistory, Entry, append, load
from shared.engine.perform import Step, perform
from shared.engine.world import World
from shared.ports import Conflict, Unavailable

STEPS = 60
"""More than any stream needs in one go; beyond it the rules go round in circles: a bug."""
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
            NoSuchStream: the stream is neither a job's nor an image's.
            Refused: GitHub or AWS will not do something that is not a launch.
        """
        policy = self.world.policy()
        appended: list[Event] = []
        history: AnyHistory | None = None
        for _ in range(STEPS):
            history = history or load(self.world.log, stream)
            now = self.world.clock.now()
            try:
                done = self._step(history, policy, now, cause)
            except Conflict:
                history = None
                continue
            except Unavailable as error:
                wait = timedelta(seconds=error.retry_after or UNAVAILABLE_SECONDS)
                again = self.world.clock.now() + wait
                return Driven(appended=tuple(appended), retry_at=again, reason=error.reason)
            if isinstance(done, Driven):
                return Driven(appended=tuple(appended), retry_at=done.retry_at, reason=done.reason)
            history, event = done
            appended.append(event)
            self.on_event(stream, event)
        raise NoProgressError(f"{stream}: still not settled after {STEPS} steps")

    def _step(
        self, history: AnyHistory, policy: Policy, now: datetime, cause: str | None
    ) -> Driven | tuple[AnyHistory, Event]:
        """Do the first thing that comes to something, and append that; or say that all is done."""
        step = Step(world=self.world, history=history, policy=policy, now=now)
        for action in actions(history.state, now, policy, self.roles):
            if isinstance(action, a.Wait):
                return Driven(retry_at=action.until, reason="not yet")
            decided = perform(step, action)
            if decided is None:
                continue
            event = Event(
                id=decided.step,
                at=decided.at or self.world.clock.now(),
                recorded_at=self.world.clock.now(),
                actor=self.actor,
                cause=cause,
                fact=decided.fact,
            )
            route = self._route(history.stream, policy)
            others = (one for one in decided.streams if one.stream != history.stream)
            entries = [
                Entry(history=one, events=(event,), route=route) for one in (history, *others)
            ]
            after = append(self.world.log, entries, decided.slots)[0]
            if after.seq == history.seq:
                raise NoProgressError(f"{history.stream}: {decided.step} is already recorded")
            return after, event
        return Driven()

    def _route(self, driven: str, policy: Policy) -> Callable[[AnyHistory], str | None]:
        """Whom to nudge after an append: who has something to do, but for what this drive does."""

        def route(history: AnyHistory) -> str | None:
            roles = turn(history.state, self.world.clock.now(), policy)
            mine = self.roles if history.stream == driven else ()
            others = [role.value for role in roles if role not in mine]
            return a.BOTH if len(others) > 1 else next(iter(others), None)

        return route
