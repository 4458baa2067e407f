"""Folds an image's stream."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.image.state import SUCCEEDED, Image, ImagePhase


def evolve(image: Image, event: e.Event) -> Image:
    """The image after `event`."""
    handler = _HANDLERS.get(type(event.fact))
    return handler(image, event.fact, event.at) if handler else image


def fold(tag: str, events: Iterable[e.Event]) -> Image:
    """The image after all events of its stream, in order."""
    image = Image(tag=tag)
    for event in events:
        image = evolve(image, event)
    return image


def _awaited(image: Image, fact: e.ImageAwaited, _: datetime) -> Image:
    first = image.phase in (ImagePhase.UNKNOWN, ImagePhase.FAILED)
    asked = first or (image.phase is ImagePhase.EXPIRED and not image.waiters)
    return replace(
        image,
        phase=ImagePhase.WANTED if first else image.phase,
        base=image.base or fact.base,
        repository=fact.repository if asked else image.repository,
        timeout=fact.timeout if asked else image.timeout,
        log_url="" if asked else image.log_url,
        waiters=(*(one for one in image.waiters if one != fact.job_id), fact.job_id),
    )


def _intended(image: Image, fact: e.ImageBuildIntended, at: datetime) -> Image:
    if image.phase is not ImagePhase.WANTED:
        return image
    return replace(
        image,
        phase=ImagePhase.INTENDED,
        number=fact.number,
        timeout=fact.timeout,
        log_url="",
        intended_at=at,
        postponed=0,
        retry_at=None,
    )


def _postponed(image: Image, fact: e.ImageBuildPostponed, _: datetime) -> Image:
    if image.phase is not ImagePhase.INTENDED or fact.number != image.number:
        return image
    return replace(image, postponed=fact.attempt, retry_at=fact.retry_at, reason=fact.reason)


def _started(image: Image, fact: e.ImageBuildStarted, at: datetime) -> Image:
    if image.phase is not ImagePhase.INTENDED or fact.number != image.number:
        return image
    before = image.unknown_ends
    image = replace(
        image,
        phase=ImagePhase.BUILDING,
        build_id=fact.build_id,
        started_at=at,
        log_url=fact.log_url,
        unknown_ends=(),
    )
    ended = [one for one in before if one.build_id == fact.build_id]
    return _ended(image, ended[-1], at) if ended else image


def _ended(image: Image, fact: e.ImageBuildEnded, _: datetime) -> Image:
    if image.phase is ImagePhase.INTENDED and fact.build_id != image.build_id:
        return replace(image, unknown_ends=(*image.unknown_ends, fact))
    if image.phase is not ImagePhase.BUILDING or fact.build_id != image.build_id:
        return image
    image = replace(image, log_url=fact.log_url or image.log_url)
    if fact.status == SUCCEEDED:
        return replace(image, phase=ImagePhase.PUSHED)
    reason = f"the build ended as {fact.status}" + (f": {fact.reason}" if fact.reason else "")
    return replace(image, phase=ImagePhase.FAILED, reason=reason)


def _failed(image: Image, fact: e.ImageBuildFailed, _: datetime) -> Image:
    if image.phase is ImagePhase.BUILT:
        return image
    log_url = fact.log_url or image.log_url
    return replace(image, phase=ImagePhase.FAILED, reason=fact.reason, log_url=log_url)


def _built(image: Image, fact: e.ImageBuilt, _: datetime) -> Image:
    return replace(image, phase=ImagePhase.BUILT, image=fact.image, reason="")


def _expired(image: Image, _: e.ImageExpired, __: datetime) -> Image:
    at_rest = image.phase in (ImagePhase.UNKNOWN, ImagePhase.BUILT, ImagePhase.FAILED)
    return image if image.waiters or not at_rest else replace(image, phase=ImagePhase.EXPIRED)


def _deleted(image: Image, _: e.ImageDeleted, __: datetime) -> Image:
    if image.phase is not ImagePhase.EXPIRED:
        return image
    phase = ImagePhase.WANTED if image.waiters else ImagePhase.UNKNOWN
    return replace(image, phase=phase, image="", definitions=(), reason="")


def _registered(image: Image, fact: e.TaskDefinitionRegistered, _: datetime) -> Image:
    known = dict(image.definitions) | {fact.base_definition: fact.task_definition}
    return replace(image, definitions=tuple(known.items()))


def _told(image: Image, fact: e.ImageReady | e.ImageUnavailable, _: datetime) -> Image:
    left = tuple(one for one in image.waiters if one not in fact.job_ids)
    return replace(image, waiters=left)


_HANDLERS: dict[type[e.Fact], Callable[[Image, Any, datetime], Image]] = {
    e.ImageAwaited: _awaited,
    e.ImageBuildIntended: _intended,
    e.ImageBuildPostponed: _postponed,
    e.ImageBuildStarted: _started,
    e.ImageBuildEnded: _ended,
    e.ImageBuildFailed: _failed,
    e.ImageBuilt: _built,
    e.ImageExpired: _expired,
    e.ImageDeleted: _deleted,
    e.TaskDefinitionRegistered: _registered,
    e.ImageReady: _told,
    e.ImageUnavailable: _told,
}
