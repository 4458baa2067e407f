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

_STATUS, _UP, _DOWN = "github", "up", "down"
"""The checkpoint with GitHub's status, which outlives an execution environment."""


def postponed_launches(janitor: Janitor) -> Swept:
    """Unblock launches in the first run in which GitHub answers, after one in which it did not.

    If GitHub answers this call and rejects registrations, launches keep their backoff.
    """
    rows = janitor.rows(Status.STARTING)[:MOST_UNBLOCKED]
    blocked = [row for row in rows if (row.failure_reason or "").startswith(GITHUB)]
    if not blocked:
        return Swept()
    if not _is_up_again(janitor, blocked[0]):
        return Swept()
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


def _is_up_again(janitor: Janitor, row: RunnerRow) -> bool:
    """Return whether GitHub answers now, and did not in the last run in which launches waited."""
    before = janitor.checkpoints.read(_STATUS)
    now = _UP if _answers(janitor, row) else _DOWN
    if now == before.text:
        return False
    janitor.checkpoints.write(_STATUS, Checkpoint(text=now, version=before.version))
    return now == _UP and before.text == _DOWN


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
