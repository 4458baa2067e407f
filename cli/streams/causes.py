"""Reads the streams in which the causes of a stream's events are."""

from collections.abc import Sequence
from functools import partial

from cli.history.causes import Origin, Origins, foreign, origins, streams_of_causes
from cli.streams.stored import stored
from shared.domain.events import Recorded
from shared.ports import EventLog

MOST_STREAMS = 10
"""The number of other streams that are read at most."""


def causes_elsewhere(log: EventLog, recorded: Sequence[Recorded]) -> Origins:
    """Return the causes that other streams hold. Streams that can't be read are left out.

    Nothing is read if the stream holds all causes itself.
    """
    found: dict[str, Origin] = {}
    sought = foreign(recorded)
    for stream in streams_of_causes(recorded)[:MOST_STREAMS]:
        if sought <= found.keys():
            break
        found |= origins(stored(stream, partial(log.read, stream)).recorded, sought)
    return found
