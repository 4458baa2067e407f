"""Chooses the events that prove a cause. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cli.history.wording import phrase_of
from cli.why.cause import PROOF
from cli.why.diagnosis import Diagnosis
from shared.domain import events as e

_OF_BUILD = (
    *(e.ImageBuildIntended, e.ImageBuildPostponed, e.ImageBuildStarted),
    *(e.ImageBuildEnded, e.ImageBuildFailed, e.ImageBuilt),
)


class Evidence(Struct, frozen=True, kw_only=True):
    """One event that proves a cause."""

    stream: str
    seq: int
    at: datetime
    what: str
    why: str


def of_job(diagnosis: Diagnosis, recorded: Sequence[e.Recorded]) -> tuple[Evidence, ...]:
    """Return the events of the job's stream that prove the cause, in their order."""
    found = (
        *_last_of_each(recorded, (e.JobQueued, e.JobHeld)),
        *(one for one in recorded if _gives(one.event.fact, diagnosis.runner_id)),
        *_last_of_each(_about(diagnosis.runner_id, recorded), PROOF[diagnosis.cause]),
        *_of_longest(diagnosis, recorded),
    )
    return _texts({one.seq: one for one in found}.values())


def of_home(diagnosis: Diagnosis, recorded: Sequence[e.Recorded]) -> tuple[Evidence, ...]:
    """Return the events that prove the cause in the stream of another job's runner."""
    mine = [one for one in recorded if _names(one.event.fact, diagnosis.runner_id)]
    return _texts(_last_of_each(mine, PROOF[diagnosis.cause]))


def of_image(recorded: Sequence[e.Recorded]) -> tuple[Evidence, ...]:
    """Return the events of an image's last build."""
    begins = [one.seq for one in recorded if isinstance(one.event.fact, e.ImageBuildIntended)]
    last = [one for one in recorded if begins and one.seq >= begins[-1]]
    return _texts(_last_of_each(last, _OF_BUILD))


def _of_longest(diagnosis: Diagnosis, recorded: Sequence[e.Recorded]) -> Iterator[e.Recorded]:
    """Yield the events that prove the longest wait of a job that no longer waits.

    They may be about another runner than the one that took the job.
    """
    if diagnosis.longest is None or diagnosis.since is None:
        return
    end = diagnosis.since + timedelta(seconds=diagnosis.seconds or 0.0)
    during = [one for one in recorded if diagnosis.since <= one.event.at <= end]
    yield from _last_of_each(during, PROOF[diagnosis.longest])


def _about(runner_id: str, recorded: Iterable[e.Recorded]) -> list[e.Recorded]:
    """Return the events but those about another runner that ended without any part in the cause."""
    return [
        one
        for one in recorded
        if not runner_id
        or isinstance(one.event.fact, e.TaskStopped)
        or not hasattr(one.event.fact, "runner_id")
        or _names(one.event.fact, runner_id)
    ]


def _gives(fact: e.Fact, runner_id: str) -> bool:
    """Return whether a swap gave the job that runner."""
    is_swap = isinstance(fact, e.JobAssigned) and fact.spare_given
    return is_swap and getattr(fact, "spare_runner_id", None) == runner_id


def _names(fact: e.Fact, runner_id: str) -> bool:
    names = ("runner_id", "spare_runner_id")
    return runner_id in {getattr(fact, name, None) for name in names}


def _last_of_each(
    recorded: Sequence[e.Recorded], types: Iterable[type[e.Fact]]
) -> Iterator[e.Recorded]:
    for kind in types:
        yield from [one for one in recorded if isinstance(one.event.fact, kind)][-1:]


def _texts(recorded: Iterable[e.Recorded]) -> tuple[Evidence, ...]:
    return tuple(_text(one) for one in sorted(recorded, key=lambda one: one.seq))


def _text(one: e.Recorded) -> Evidence:
    phrase = phrase_of(one.event.fact)
    return Evidence(
        stream=one.stream, seq=one.seq, at=one.event.at, what=phrase.what, why=phrase.why
    )
