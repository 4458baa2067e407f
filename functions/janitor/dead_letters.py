"""The sweep of dead letters: records them in their jobs' streams, and notifies subscribers.

A notice is sent at least once: `NoticeSent` is appended after it was sent.
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
"""Maximum number of messages read in one run from each dead-letter queue, the oldest first."""


def dead_letters(janitor: Janitor) -> Swept:
    """Append `JobStuck` to the streams of dead letters, which stay until an operator redrives them.

    The notice is sent here, since a stream that can't be driven sends none.
    """
    letters: list[tuple[Role, DeadLetter]] = []

    def look(role: Role) -> Outcome:
        letters.extend((role, one) for one in janitor.queues.dead(role.value, MOST_LETTERS))
        return Outcome.OK

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
        return Outcome.DEFERRED
    event_id = notice_event_id(role.value, letter)
    if janitor.deps.notices is not None and event_id not in marked.history.ids:
        _notify(janitor, marked.history, event_id)
    return Outcome.REPAIRED if marked.new else Outcome.DEFERRED


def _notify(janitor: Janitor, history: JobHistory, event_id: str) -> None:
    """Send the notice, then record it. After a crash in between it is sent again."""
    deps, state = janitor.deps, history.state
    if deps.notices is None:
        return
    deps.notices.send(notice(state, JOB_STUCK, state.job.stuck or ""))
    fact = e.NoticeSent(kind=JOB_STUCK, subject=str(history.stream))
    janitor.record(history.stream, lambda _: Decided(id=event_id, fact=fact))
