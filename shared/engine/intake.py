"""Recording a fact from outside: what GitHub, AWS or a person reports."""

from shared.domain.actions import Role
from shared.domain.decision import Decided
from shared.domain.history import read
from shared.domain.state import State
from shared.engine.transact import AnyHistory, Transactor


def record_fact(
    transactor: Transactor,
    stream: str,
    decided: Decided,
    *,
    route: str | None,
    new_stream: bool = False,
    cause: str | None = None,
) -> bool:
    """Append the fact; whether the stream did not hold it yet.

    Args:
        route: Which queues are nudged. The reconciler comes first if GitHub has to be asked.
        new_stream: The stream probably has no events: save the read and find out by the append.
        cause: The id of the event that led here.

    Raises:
        See `Transactor.transact`.
    """

    def checked_first(after: AnyHistory) -> str | None:
        asks_github = isinstance(after.state, State) and after.state.job.check_at is not None
        return Role.RECONCILER if asks_github else route

    done = transactor.transact(
        stream,
        lambda _: decided,
        route=checked_first,
        cause=cause,
        history=read(stream, ()) if new_stream else None,
    )
    return done.event is not None
