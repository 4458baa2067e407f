"""The documents of the commands that compare the runners table with the log, and that nudge."""

from msgspec import Struct

from cli.replay.check import Failure
from cli.replay.drift import Drift, Repair
from cli.whatif.comparison import Difference
from cli.whatif.report import Report


class DriftList(Struct, frozen=True, kw_only=True):
    """What differs between the runners table and the log.

    Attributes:
        drift: Each row or item that differs, as it was found.
        stream_count: The number of streams that were compared.
        row_count: The number of rows that these streams give.
    """

    drift: tuple[Drift, ...] = ()
    stream_count: int
    row_count: int


class Repaired(Drift, frozen=True, kw_only=True):
    """A row or item that differs, and what was done about it, or would be with --dry-run.

    Attributes:
        action: `write`, `delete`, or `none` if it can't be repaired.
    """

    action: Repair


class RepairList(DriftList, frozen=True, kw_only=True):
    """What a rebuild repairs.

    Attributes:
        drift: Each row or item that differs, once it was repaired.
    """

    drift: tuple[Repaired, ...] = ()


class CheckedFailure(Failure, frozen=True, kw_only=True):
    """A stream that this version does not read as it must.

    Attributes:
        file: The file, or the folder, that has the stream.
    """

    file: str


class CheckDocument(Struct, frozen=True, kw_only=True):
    """What this version makes of recorded events.

    Attributes:
        failures: The first failure of each stream that does not hold.
        stream_count: The number of streams that were checked.
        event_count: The number of their events.
        unknown_types: The number of events of each type that this version does not know.
    """

    failures: tuple[CheckedFailure, ...] = ()
    stream_count: int
    event_count: int
    unknown_types: dict[str, int]


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
