"""The document of `ecsrunner timeline`."""

from cli.chart.model import Chart


class TimelineDocument(Chart, frozen=True, kw_only=True):
    """Runners on a time axis.

    Attributes:
        unreadable: The keys of what can't be read, and is left out.
        complete: Whether no runner is left out, by --limit or since its stream can't be read.
    """

    unreadable: tuple[str, ...]
    complete: bool
