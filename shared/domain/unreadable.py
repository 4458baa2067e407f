"""Something stored that can't be read: nothing of the fleet wrote it. It concerns its key alone."""


class Unreadable(ValueError):
    """An event, a stream, a row or a part of the counter can't be read.

    Attributes:
        key: Names it, such as `job-7`, `job-7 event 3`, `fleet-7-1` or `slots-3`.
        stream: The stream that can't be read for it, if it is a stream or an event.
    """

    def __init__(self, key: str, problem: str, stream: str | None = None) -> None:
        super().__init__(f"{key} can't be read: {problem}")
        self.key = key
        self.problem = problem
        self.stream = stream


def refuse(error: Unreadable) -> None:
    """What is done about something unreadable where nobody said otherwise: raise it."""
    raise error
