"""The sweep of postponed launches: tries them at once when GitHub answers again.

The backoff of a launch grows to 15 minutes, so that an outage of hours costs few events. After the
outage no job should wait for the rest of its backoff. The Janitor launches by itself: a nudge would
wait behind the message of the stream that waits for the same time. Source: Amazon SQS Developer
Guide, "Message group ID": while a message is in flight, no other one of its group is received.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain import events as e
from shared.domain.decision import Decided
from shared.domain.projection import RunnerRow
from shared.domain.runner.conditions import GITHUB, waits_for_github
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId
from shared.engine.transact import Snapshot
from shared.ports import Checkpoint, Refused, Unavailable

MOST_UNBLOCKED = 500
"""Maximum number of launches unblocked in one run, the newest first. Those for which the run has no
time are due, so that the next run launches them; others are tried after their backoff."""

_STATUS = "github"
"""The checkpoint with GitHub's status, which outlives an execution environment."""
_DOWN, _UP_AGAIN, _UP = "down", "up again", "up"
_NEXT = {_DOWN: _UP_AGAIN, _UP_AGAIN: _UP}
"""The status after one that a run saw, if GitHub answers. Launches are unblocked when it changes,
so in two runs: a call that began before GitHub was up again may fail after the first of them."""


def postponed_launches(janitor: Janitor) -> Swept:
    """Unblock launches in the first two runs in which GitHub answers after one in which it did not.

    If GitHub answers this call and rejects registrations, launches keep their backoff.
    """
    rows = janitor.rows(Status.STARTING)[:MOST_UNBLOCKED]
    blocked = [row for row in rows if (row.failure_reason or "").startswith(GITHUB)]
    if not blocked:
        return Swept()
    before = janitor.checkpoints.read(_STATUS)
    now = _NEXT.get(before.text, _UP) if _answers(janitor, blocked[0]) else _DOWN
    is_up_again = now != _DOWN and before.text in _NEXT
    swept = _unblocked(janitor, blocked) if is_up_again else Swept()
    # Only then, so that a run that ends before, or lacks time, is followed by one that goes on.
    if now != before.text and not swept.skipped:
        janitor.checkpoints.write(_STATUS, Checkpoint(text=now, version=before.version))
    return swept


def _unblocked(janitor: Janitor, blocked: list[RunnerRow]) -> Swept:
    """Record that these launches need not wait, and try them."""
    unblocked: list[RunnerRow] = []

    def unblock(row: RunnerRow) -> Outcome:
        if _unblock(janitor, row):
            unblocked.append(row)
        return Outcome.OK

    def drive(row: RunnerRow) -> Outcome:
        driven = janitor.driver.drive(StreamId.of_job(row.job_id))
        return Outcome.REPAIRED if driven.appended else Outcome.DEFERRED

    swept = janitor.each(blocked, unblock, _name)
    return swept + janitor.each(unblocked, drive, _name)


def _name(row: RunnerRow) -> str:
    return row.runner_id


def _answers(janitor: Janitor, row: RunnerRow) -> bool:
    """Return whether GitHub answers a call about the runner."""
    try:
        janitor.deps.registrations.find(row.repository, row.runner_id)
    except Refused:
        return True
    except Unavailable:
        return False
    return True


def _unblock(janitor: Janitor, row: RunnerRow) -> bool:
    """Record that the launch need not wait. Return whether it did."""

    def decide(stream: Snapshot) -> Decided | None:
        runner = stream.history.state.runner(row.runner_id)
        if runner is None or not waits_for_github(runner):
            return None
        name = f"{runner.id}/unblocked/{runner.attempts}"
        return Decided(id=name, fact=e.LaunchUnblocked(runner_id=runner.id))

    return janitor.record(StreamId.of_job(row.job_id), decide).event is not None
