"""Records facts from outside, which GitHub, AWS or a person reports."""

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
    """Append the fact. Return whether it is new to the stream.

    Args:
        route: Which queues are nudged. It is the reconciler's if the job's status has to be read.
        new_stream: The stream probably has no events, so it is read only after a conflict.
        cause: The id of the event that caused this one.

    Raises:
        See `Transactor.transact`.
    """

    def checked_first(after: AnyHistory) -> str | None:
        must_check = isinstance(after.state, State) and after.state.job.check_at is not None
        return Role.RECONCILER if must_check else route

    done = transactor.transact(
        stream,
        lambda _: decided,
        route=checked_first,
        cause=cause,
        history=read(stream, ()) if new_stream else None,
    )
    return done.event is not None
