"""The documents of the commands that compare the runners table with the log, and that nudge."""

from msgspec import Struct

from cli.replay.drift import Drift
from cli.whatif.comparison import Difference
from cli.whatif.report import Report


class DriftList(Struct, frozen=True, kw_only=True):
    """What differs between the runners table and the log.

    Attributes:
        drift: Each row or item that differs, as it was found; after a rebuild, was repaired.
        stream_count: The number of streams that were compared.
        row_count: The number of rows that these streams give.
    """

    drift: tuple[Drift, ...] = ()
    stream_count: int
    row_count: int


class Nudged(Struct, frozen=True, kw_only=True):
    """A stream that was sent through the queues again, or would be with --dry-run.

    Attributes:
        consumers: Those that were nudged: `scheduler`, `reconciler`.
    """

    stream: str
    consumers: tuple[str, ...]


class NudgeList(Struct, frozen=True, kw_only=True):
    """The streams that were nudged.

    Attributes:
        nudged: The streams, each once it was sent.
        complete: False if only a part of the stalled jobs is nudged at a time.
    """

    nudged: tuple[Nudged, ...] = ()
    complete: bool


class WhatIfDocument(Report, frozen=True, kw_only=True):
    """What another policy would have changed.

    Attributes:
        jobs: Each job under both policies, in the order in which they end under the other one.
    """

    jobs: tuple[Difference, ...] = ()
