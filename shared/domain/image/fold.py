"""Folds an image's stream."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.image.state import (
    IMAGE_TRANSITIONS,
    SUCCEEDED,
    Image,
    ImagePhase,
    ImageSignal,
)
from shared.domain.machine import next_phase


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


def _signal(image: Image, signal: ImageSignal, /, **changes: Any) -> Image:
    """The image after a signal, with these changes; the same one if its table lacks the signal."""
    phase = next_phase(IMAGE_TRANSITIONS, image.phase, signal)
    return image if phase is None else replace(image, phase=phase, **changes)


def _awaited(image: Image, fact: e.ImageAwaited, _: datetime) -> Image:
    first = image.phase in (ImagePhase.UNKNOWN, ImagePhase.FAILED)
    asked = first or (image.phase is ImagePhase.EXPIRED and not image.waiters)
    return _signal(
        image,
        ImageSignal.AWAITED,
        base=image.base or fact.base,
        repository=fact.repository if asked else image.repository,
        timeout=fact.timeout if asked else image.timeout,
        log_url="" if asked else image.log_url,
        waiters=(*(one for one in image.waiters if one != fact.job_id), fact.job_id),
    )


def _intended(image: Image, fact: e.ImageBuildIntended, at: datetime) -> Image:
    return _signal(
        image,
        ImageSignal.INTENDED,
        number=fact.number,
        timeout=fact.timeout,
        log_url="",
        intended_at=at,
        postponed=0,
        retry_at=None,
    )


def _postponed(image: Image, fact: e.ImageBuildPostponed, _: datetime) -> Image:
    if fact.number != image.number:
        return image
    return _signal(
        image,
        ImageSignal.POSTPONED,
        postponed=fact.attempt,
        retry_at=fact.retry_at,
        reason=fact.reason,
    )


def _started(image: Image, fact: e.ImageBuildStarted, at: datetime) -> Image:
    if fact.number != image.number:
        return image
    started = _signal(
        image,
        ImageSignal.STARTED,
        build_id=fact.build_id,
        started_at=at,
        log_url=fact.log_url,
        unknown_ends=(),
    )
    if started is image:
        return image
    ended = [one for one in image.unknown_ends if one.build_id == fact.build_id]
    return _ended(started, ended[-1], at) if ended else started


def _ended(image: Image, fact: e.ImageBuildEnded, _: datetime) -> Image:
    if fact.build_id != image.build_id:
        # The end may be recorded before the start. The end of any other build is ignored.
        early = image.phase is ImagePhase.INTENDED
        return replace(image, unknown_ends=(*image.unknown_ends, fact)) if early else image
    log_url = fact.log_url or image.log_url
    if fact.status == SUCCEEDED:
        return _signal(image, ImageSignal.SUCCEEDED, log_url=log_url)
    reason = f"the build ended as {fact.status}" + (f": {fact.reason}" if fact.reason else "")
    return _signal(image, ImageSignal.FAILED, log_url=log_url, reason=reason)


def _failed(image: Image, fact: e.ImageBuildFailed, _: datetime) -> Image:
    log_url = fact.log_url or image.log_url
    return _signal(image, ImageSignal.ABANDONED, reason=fact.reason, log_url=log_url)


def _built(image: Image, fact: e.ImageBuilt, _: datetime) -> Image:
    return _signal(image, ImageSignal.FOUND, image=fact.image, reason="")


def _expired(image: Image, _: e.ImageExpired, __: datetime) -> Image:
    return image if image.waiters else _signal(image, ImageSignal.EXPIRED)


def _deleted(image: Image, _: e.ImageDeleted, __: datetime) -> Image:
    signal = ImageSignal.DELETED_WANTED if image.waiters else ImageSignal.DELETED
    return _signal(image, signal, image="", definitions=(), reason="")


def _registered(image: Image, fact: e.TaskDefinitionRegistered, _: datetime) -> Image:
    known = dict(image.definitions) | {fact.base_definition: fact.task_definition}
    return replace(image, definitions=tuple(known.items()))


def _informed(image: Image, fact: e.ImageReady | e.ImageUnavailable, _: datetime) -> Image:
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
    e.ImageReady: _informed,
    e.ImageUnavailable: _informed,
}
