"""The builds of runner images, read from the images' streams. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from cli.streams.stored import StoredStream
from shared.domain import events as e
from shared.domain.image.state import SUCCEEDED
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable

UNDER_WAY, DONE, FAILED = "under way", "succeeded", "failed"


class ImageBuild(Struct, frozen=True, kw_only=True):
    """One build of an image.

    Attributes:
        image_tag: The tag of the image in the registry.
        base: The base that the job asked for.
        build_number: Its number among the builds of the image.
        repository: Of the job that caused it; empty if it does not count towards the limits.
        intended_at: When it was decided to build.
        outcome: `under way`, `succeeded` or `failed`.
        reason: Why it failed, or "".
        seconds: Seconds from the intent to build to its end; null while it is under way.
    """

    image_tag: str
    base: str
    build_number: int
    repository: str
    intended_at: datetime
    outcome: str = UNDER_WAY
    reason: str = ""
    seconds: float | None = None


def tags_of_days(streams: Iterable[StoredStream], unreadable: list[Unreadable]) -> dict[str, None]:
    """Return the tags of the images whose builds are in these streams of days."""
    tags: dict[str, None] = {}
    for stream in streams:
        if stream.problem is not None:
            unreadable.append(stream.problem)
        facts = (one.event.fact for one in stream.recorded)
        tags |= {fact.tag: None for fact in facts if isinstance(fact, e.ImageBuildIntended)}
    return tags


def image_builds(
    streams: Iterable[StoredStream], unreadable: list[Unreadable]
) -> Iterator[ImageBuild]:
    """Yield the builds of the images among some streams, those of one image in their order."""
    for stream in streams:
        name = StreamId.parse(stream.stream)
        if name is None or name.tag is None:
            continue
        if stream.problem is not None:
            unreadable.append(stream.problem)
        yield from _builds([one.event for one in stream.recorded])


def _builds(events: list[e.Event]) -> Iterator[ImageBuild]:
    for position, event in enumerate(events):
        if isinstance(event.fact, e.ImageBuildIntended):
            yield _build(event.fact, event.at, events[position + 1 :])


def _build(fact: e.ImageBuildIntended, at: datetime, later: list[e.Event]) -> ImageBuild:
    outcome, reason, ended_at = _end(fact.number, later)
    return ImageBuild(
        image_tag=fact.tag,
        base=fact.base,
        build_number=fact.number,
        repository=fact.repository,
        intended_at=at,
        outcome=outcome,
        reason=reason,
        seconds=(ended_at - at).total_seconds() if ended_at else None,
    )


def _end(number: int, later: list[e.Event]) -> tuple[str, str, datetime | None]:
    """Return outcome, reason and time of the end of a build, given the events after its intent.

    The end may be recorded before the start. An image that is in the registry was built, whatever
    the builder reports.
    """
    build_id = next(
        (
            event.fact.build_id
            for event in later
            if isinstance(event.fact, e.ImageBuildStarted) and event.fact.number == number
        ),
        None,
    )
    ended_at: datetime | None = None
    for event in later:
        match event.fact:
            case e.ImageBuildEnded(build_id=ended, status=status, reason=reason):
                if ended != build_id:
                    continue
                ended_at = event.at
                if status != SUCCEEDED:
                    return FAILED, reason or status, ended_at
            case e.ImageBuildFailed(number=failed, reason=reason) if failed == number:
                return FAILED, reason, ended_at or event.at
            case e.ImageBuilt():
                return DONE, "", ended_at or event.at
            case e.ImageBuildIntended():
                break
    return UNDER_WAY, "", None
