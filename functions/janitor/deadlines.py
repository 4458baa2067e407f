"""The sweep of deadlines: drives the streams that are due.

A row's deadline (`shared/domain/runner/deadlines.py`) covers the limit of its status,
`runner_ttl_seconds`, and the time after which pending work counts as stalled because its nudge was
lost.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.stream import StreamId

MOST_DUE = 200
"""Maximum number of streams driven in one run, the oldest deadline first."""


def deadlines(janitor: Janitor) -> Swept:
    """Drive every stream with a row whose deadline has passed.

    The row is only a hint. The stream determines what is due, if anything.
    """
    streams = map(StreamId.of_job, janitor.live().due[:MOST_DUE])

    def drive(stream: str) -> Outcome:
        driven = janitor.driver.drive(stream)
        return Outcome.REPAIRED if driven.appended else Outcome.DEFERRED

    return janitor.each(streams, drive, str)
