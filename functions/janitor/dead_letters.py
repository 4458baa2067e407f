"""Nudges that failed too often: the streams of their jobs record it, and subscribers are notified.

The order makes the notice arrive at least once: it is sent before the event that says so.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.decision import Decided
from shared.domain.history import JobHistory
from shared.domain.notice.rules import JOB_STUCK
from shared.engine.dead_letters import mark, notice_event_id
from shared.engine.effects.notice import notice
from shared.ports import DeadLetter

MOST_LETTERS = 100
"""Looked at in one run, of each consumer's dead-letter queue; the oldest first."""


def dead_letters(janitor: Janitor) -> Swept:
    """Mark the jobs whose nudges are dead letters, which stay for an operator to put back.

    Subscribers are notified from here: a stream that can't be driven does not notify them.
    """
    letters: list[tuple[Role, DeadLetter]] = []

    def look(role: Role) -> Outcome:
        letters.extend((role, one) for one in janitor.queues.dead(role.value, MOST_LETTERS))
        return Outcome.WELL

    looked = janitor.each(Role, look, str)
    marked = janitor.each(
        letters,
        lambda found: _mark(janitor, *found),
        lambda found: f"{found[1].stream} in the dead-letter queue of the {found[0].value}",
    )
    return looked + marked


def _mark(janitor: Janitor, role: Role, letter: DeadLetter) -> Outcome:
    marked = mark(janitor.driver.transactor(), role.value, letter)
    if marked is None:
        return Outcome.LEFT
    event_id = notice_event_id(role.value, letter)
    if janitor.deps.notices is not None and event_id not in marked.history.ids:
        _notify(janitor, marked.history, event_id)
    return Outcome.MENDED if marked.new else Outcome.LEFT


def _notify(janitor: Janitor, history: JobHistory, event_id: str) -> None:
    """Send the notice, then record that it was sent: after a crash it is sent again."""
    deps, state = janitor.deps, history.state
    if deps.notices is None:
        return
    deps.notices.send(notice(state, JOB_STUCK, state.job.stuck or ""))
    fact = e.NoticeSent(kind=JOB_STUCK, subject=str(history.stream))
    janitor.record(history.stream, lambda _: Decided(id=event_id, fact=fact))
