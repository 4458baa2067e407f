"""Names the events that led to others, in the same stream or in another one. Pure.

An event has the id of its cause. The ids of webhooks and of AWS's events are opaque, so a cause in
another stream is found by reading the streams that the facts name: those of the jobs, of the jobs
that runners were launched for, and of the images.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from cli.history.wording import phrase_of
from shared.domain import events as e
from shared.domain.names import home_job
from shared.domain.stream import StreamId

_JOBS = ("job_id", "displaced_job_id", "granted_job_id")
_RUNNERS = ("runner_id", "spare_runner_id")


class Origin(Struct, frozen=True):
    """An event of another stream: its stream, its sequence number there, and what happened."""

    stream: str
    seq: int
    what: str


Origins = Mapping[str, Origin]
"""Events of other streams by their ids."""


def foreign(recorded: Sequence[e.Recorded]) -> set[str]:
    """Return the ids of the causes that are not in the stream itself."""
    own = {one.event.id for one in recorded}
    causes = (one.event.cause for one in recorded)
    return {cause for cause in causes if cause is not None and cause not in own}


def streams_of_causes(recorded: Sequence[e.Recorded]) -> list[StreamId]:
    """Return the streams that may hold the causes which this one lacks, the likeliest first."""
    sought = foreign(recorded)
    own = {one.stream for one in recorded}
    caused = [one for one in recorded if one.event.cause in sought]
    named = [stream for one in (*caused, *recorded) for stream in _named_in(one.event.fact)]
    found = dict.fromkeys([*filter(None, map(_stream_in, sorted(sought))), *named])
    return [stream for stream in found if stream not in own]


def origins(recorded: Iterable[e.Recorded], sought: Collection[str]) -> dict[str, Origin]:
    """Return those events of a stream that are sought, by their ids."""
    return {
        one.event.id: Origin(one.stream, one.seq, phrase_of(one.event.fact).what)
        for one in recorded
        if one.event.id in sought
    }


def arrow(cause: str | None, seqs: Mapping[str, int], elsewhere: Origins) -> str:
    """Return an arrow from the cause, or "" without one.

    Args:
        seqs: The sequence numbers of the stream's own events, by their ids.
        elsewhere: What is known of the events of other streams.
    """
    if cause is None:
        return ""
    if cause in seqs:
        return f"← #{seqs[cause]}"
    if cause in elsewhere:
        origin = elsewhere[cause]
        return f"← {_words(origin.stream)} #{origin.seq}: {origin.what}"
    stream = _stream_in(cause)
    return f"← an event of {_words(stream)}" if stream else f"← event {cause} of another stream"


def _words(stream: str) -> str:
    """Return "job 7" for "job-7", and likewise for images and the builds of a day."""
    return stream.replace("-", " ", 1)


def _stream_in(event_id: str) -> StreamId | None:
    """Return the stream that a derived id begins with: "job-7/…", "fleet-7-1/…", "image-…/…"."""
    subject, slash, _ = event_id.removeprefix("janitor/").partition("/")
    if not slash:
        return None
    return StreamId.parse(subject) or _of_runner(subject)


def _named_in(fact: e.Fact) -> Iterator[StreamId]:
    """Yield the streams of the jobs, runners and images that a fact names."""
    for job_id in (getattr(fact, name, None) for name in _JOBS):
        if job_id is not None:
            yield StreamId.of_job(job_id)
    for runner_id in (getattr(fact, name, None) for name in _RUNNERS):
        stream = None if runner_id is None else _of_runner(runner_id)
        if stream is not None:
            yield stream
    tag = getattr(fact, "tag", "")
    image = StreamId.parse(f"image-{tag}")
    if image is not None:
        yield image


def _of_runner(runner_id: str) -> StreamId | None:
    return None if home_job(runner_id) is None else StreamId.of_runner(runner_id)
