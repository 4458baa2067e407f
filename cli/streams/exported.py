"""A stream of an export, with its rows in the runners table."""

from collections.abc import Mapping

from msgspec import Struct

from cli.streams.stored import StoredStream
from shared.domain.projection import RunnerRow


class BadExportError(ValueError):
    """A file or a line of it is not one of an export; the message names both."""


class ExportedStream(Struct, frozen=True, kw_only=True):
    """One stream and the rows that were stored when it was exported, by runner id.

    The last one of an export may have rows only: of runners that no stream has.
    """

    stored: StoredStream
    rows: Mapping[str, RunnerRow] = {}
