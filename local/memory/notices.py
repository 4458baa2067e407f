"""Notices kept in memory."""

from shared.ports import Notice


class MemoryNotices:
    """`Notices` in a list."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []

    def send(self, notice: Notice) -> None:
        """See `Notices.send`."""
        self.sent.append(notice)
