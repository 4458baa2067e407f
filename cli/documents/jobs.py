"""The document of `ecsrunner jobs list`."""

from msgspec import Struct

from cli.analysis.listed import ListedJob


class JobList(Struct, frozen=True, kw_only=True):
    """Jobs, the one that was queued last first.

    Attributes:
        unreadable: The keys of what can't be read, and is left out.
    """

    jobs: tuple[ListedJob, ...] = ()
    complete: bool
    unreadable: tuple[str, ...]
