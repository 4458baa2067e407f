"""The error for stored data that can't be read, since other software wrote it.

It affects its own key alone.
"""


class Unreadable(ValueError):
    """An event, a stream, a row or a part of the counter can't be read.

    Attributes:
        key: The name of the item, such as `job-7`, `job-7 event 3`, `fleet-7-1` or `slots-3`.
        stream: The affected stream, if the item is a stream or an event.
    """

    def __init__(self, key: str, problem: str, stream: str | None = None) -> None:
        super().__init__(f"{key} can't be read: {problem}")
        self.key = key
        self.problem = problem
        self.stream = stream


def refuse(error: Unreadable) -> None:
    """Raise the error: the default handler of unreadable items."""
    raise error
