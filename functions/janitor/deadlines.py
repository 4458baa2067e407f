"""Deadlines, and work that nobody has taken up: streams that are due are driven.

Both are one thing, for a row's deadline covers them both (`shared/domain/deadlines.py`): the limit
of its status and `runner_ttl_seconds`, and the time after which something that anybody could have
done counts as stalled because its nudge was lost.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.stream import StreamId

MOST_DUE = 200
"""Streams driven in one run; the rest is due in the next one, the oldest first."""


def deadlines(janitor: Janitor) -> Swept:
    """Drive every stream with a row whose deadline has passed.

    The row only says where to look: what is due, if anything, follows from the stream.
    """
    streams = map(StreamId.of_job, janitor.deps.table.due(janitor.now(), MOST_DUE))

    def drive(stream: str) -> Outcome:
        driven = janitor.driver.drive(stream)
        return Outcome.MENDED if driven.appended else Outcome.LEFT

    return janitor.each(streams, drive, str)
