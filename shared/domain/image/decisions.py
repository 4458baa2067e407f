"""Decisions on the image that jobs wait for."""

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import InformWaiters, IntendLaunch
from shared.domain.decision import Decided, Given
from shared.domain.events import LaunchIntended
from shared.domain.history import ImageHistory
from shared.domain.image.naming import image_tag
from shared.domain.image.rules import NOT_CONFIGURED
from shared.domain.image.state import Image, ImagePhase
from shared.domain.stream import StreamId


def inform_waiters(given: Given, action: InformWaiters) -> Decided:
    """Record in the jobs' streams that the image is ready, or why it is not available.

    A job whose stream can't be read is removed from the image's waiters; its own stream gets no
    event.
    """
    history = given.history
    image, tag, job_ids = action.image, action.image.tag, action.job_ids
    fact: e.Fact = e.ImageReady(tag=tag, job_ids=job_ids)
    if image.phase is not ImagePhase.BUILT:
        log = f"; its log: {image.log_url}" if image.log_url else ""
        reason = f'image from "{image.base}" could not be built: {image.reason}{log}'
        fact = e.ImageUnavailable(tag=tag, reason=reason, job_ids=job_ids)
    elif image.definition(given.policy.placement.task_definition) is None:
        reason = f'image from "{image.base}" can\'t be used: {NOT_CONFIGURED}'
        fact = e.ImageUnavailable(tag=tag, reason=reason, job_ids=job_ids)
    streams = tuple(given.readable(map(StreamId.of_job, job_ids)))
    return Decided(id=f"{history.stream}/told/{history.seq + 1}", fact=fact, streams=streams)


def await_image(given: Given, action: IntendLaunch) -> Decided | LaunchIntended:
    """Return the launch with its image or, while the image is not ready, `ImageAwaited`."""
    history, policy = given.history, given.policy
    if policy.images is None:
        return action.fact
    base = action.base or policy.images.default_base
    tag = image_tag(base, policy.images)
    stream: ImageHistory = given.load(StreamId.of_image(tag))
    image, placement = stream.state, action.fact.placement
    if image.base not in ("", base):
        return _of_another_base(action, image)
    definition = image.definition(placement.task_definition)
    if image.phase is ImagePhase.BUILT and definition is not None:
        placement = replace(placement, image=image.image, task_definition=definition)
        return replace(action.fact, placement=placement, image_tag=tag)
    fact = e.ImageAwaited(
        job_id=history.state.job_id,
        runner_id=action.runner.id,
        tag=tag,
        base=base,
        timeout=2 * policy.images.build_timeout,
        repository=action.fact.repository,
    )
    name = f"{action.runner.id}/image-awaited/{history.seq + 1}"
    return Decided(id=name, fact=fact, streams=(stream,))


def _of_another_base(action: IntendLaunch, image: Image) -> Decided:
    """Refuse the job, since another base image has the same tag: a hash collision of 128 bits."""
    reason = f'label "image:{action.base}" has the tag of "{image.base}": {image.tag}'
    return Decided(id=f"{action.runner.id}/another-base", fact=e.JobRejected(reason=reason))
