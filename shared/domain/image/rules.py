"""The rules of an image's stream, and the consumer that each belongs to."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.actions import (
    Action,
    CheckBuild,
    DeleteImage,
    FindImage,
    InformWaiters,
    Record,
    RegisterDefinition,
    Role,
    StartBuild,
    Wait,
)
from shared.domain.image.state import Image, ImagePhase
from shared.domain.policy import Policy

CHECK_SECONDS = 120
"""Seconds after which the status of a build is polled, since the event of its end may be lost."""
MOST_INFORMED = 20
"""Maximum number of jobs in one append: each is an event and a row of one transaction."""


NOT_CONFIGURED = "image builds are not configured any more"

Rule = Callable[[Image, datetime, Policy], Action | None]
_UNDER_WAY = (ImagePhase.WANTED, ImagePhase.INTENDED, ImagePhase.BUILDING, ImagePhase.PUSHED)


def _give_up(image: Image, _: datetime, policy: Policy) -> Action | None:
    """Give up what was under way when image builds were switched off."""
    awaited = image.phase is ImagePhase.EXPIRED and bool(image.waiters)
    if policy.images is not None or not (awaited or image.phase in _UNDER_WAY):
        return None
    fact = e.ImageBuildFailed(tag=image.tag, number=image.number, reason=NOT_CONFIGURED)
    return Record(f"image-{image.tag}/not-configured/{image.number}", fact)


def _with_builder(rule: Rule) -> Rule:
    """Return the rule, which does not apply while image builds are not configured."""

    def guarded(image: Image, now: datetime, policy: Policy) -> Action | None:
        return rule(image, now, policy) if policy.images is not None else None

    return guarded


def _not_started(image: Image, now: datetime, _: Policy) -> Action | None:
    """Give up a build that the builder has not accepted for twice the image's timeout."""
    if image.phase is not ImagePhase.INTENDED or not image.postponed or image.intended_at is None:
        return None
    seconds = 2 * image.timeout
    if now < image.intended_at + timedelta(seconds=seconds):
        return None
    reason = f"the build could not start within {seconds} s: {image.reason}"
    fact = e.ImageBuildFailed(tag=image.tag, number=image.number, reason=reason)
    return Record(f"image-{image.tag}/not-started/{image.number}", fact)


@_with_builder
def _find(image: Image, _: datetime, __: Policy) -> Action | None:
    return FindImage(image) if image.phase is ImagePhase.WANTED else None


@_with_builder
def _start(image: Image, now: datetime, _: Policy) -> Action | None:
    if image.phase is not ImagePhase.INTENDED:
        return None
    if image.retry_at and image.retry_at > now:
        return Wait(image.retry_at)
    return StartBuild(image)


@_with_builder
def _register(image: Image, _: datetime, policy: Policy) -> Action | None:
    base = policy.placement.task_definition
    ready = image.definition(base) is not None
    if image.phase is not ImagePhase.BUILT or not image.waiters or ready:
        return None
    return RegisterDefinition(image, base)


@_with_builder
def _confirm(image: Image, _: datetime, __: Policy) -> Action | None:
    return FindImage(image) if image.phase is ImagePhase.PUSHED else None


@_with_builder
def _check(image: Image, now: datetime, _: Policy) -> Action | None:
    if image.phase is not ImagePhase.BUILDING or image.started_at is None:
        return None
    due = image.started_at + timedelta(seconds=CHECK_SECONDS)
    return CheckBuild(image) if due <= now else None


@_with_builder
def _delete(image: Image, _: datetime, __: Policy) -> Action | None:
    return DeleteImage(image) if image.phase is ImagePhase.EXPIRED else None


def _inform(image: Image, _: datetime, policy: Policy) -> Action | None:
    usable = image.definition(policy.placement.task_definition) is not None
    decided = usable or policy.images is None  # no definition can be registered any more
    known = image.phase is ImagePhase.FAILED or (image.phase is ImagePhase.BUILT and decided)
    return InformWaiters(image, image.waiters[:MOST_INFORMED]) if image.waiters and known else None


RULES: tuple[tuple[Role, Rule], ...] = (
    (Role.RECONCILER, _give_up),
    (Role.SCHEDULER, _not_started),
    (Role.SCHEDULER, _find),
    (Role.SCHEDULER, _start),
    (Role.SCHEDULER, _register),
    (Role.RECONCILER, _confirm),
    (Role.RECONCILER, _check),
    (Role.RECONCILER, _delete),
    (Role.RECONCILER, _inform),
)
