"""Records facts from outside, which GitHub, AWS or a person reports."""

from shared.domain.decision import Decided
from shared.domain.history import read
from shared.engine.transact import NOBODY, Follow, Route, Transactor


def record_fact(
    transactor: Transactor,
    stream: str,
    decided: Decided,
    *,
    follow: Follow | None = None,
    route: Route = NOBODY,
    new_stream: bool = False,
) -> bool:
    """Append the fact, and what follows from it. Return whether the fact is new to the stream.

    Args:
        follow: See `Transactor.transact`.
        route: Which queues are nudged.
        new_stream: The stream probably has no events, so it is read only after a conflict.

    Raises:
        See `Transactor.transact`.
    """
    done = transactor.transact(
        stream,
        lambda _: decided,
        follow=follow,
        route=route,
        history=read(stream, ()) if new_stream else None,
    )
    return done.event is not None
