"""How a runner image comes about: found or built, made into a task definition, told to the jobs.

Each of the first functions is one call and its outcome; the others say what streams hear of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import IntendLaunch, RegisterDefinition, TellWaiters
from shared.domain.backoff import delay
from shared.domain.events import LaunchIntended
from shared.domain.history import BuildsHistory, ImageHistory, JobHistory
from shared.domain.image.naming import image_tag
from shared.domain.image.rules import MOST_TOLD
from shared.domain.image.state import Image, ImagePhase
from shared.domain.names import builds_stream, image_stream, job_stream
from shared.domain.policy import Images as ImagePolicy
from shared.domain.policy import Policy
from shared.engine.decided import Decided
from shared.engine.dependencies import Dependencies
from shared.engine.reading import readable
from shared.ports import Images, NotNow, Refused

IN_PROGRESS = "IN_PROGRESS"
"""Source: AWS CodeBuild API Reference, Build, buildStatus."""
_TIMED_OUT = "TIMED_OUT"


def find(
    deps: Dependencies, history: ImageHistory, load: Callable[[str], Any], policy: Policy
) -> Decided:
    """The image, if the registry has it; otherwise its build is intended, or has failed."""
    image = history.state
    found = _port(deps).find(image.tag)
    if found is not None:
        fact: e.Fact = e.ImageBuilt(tag=image.tag, image=found)
        return Decided(step=step_id(history, fact), fact=fact)
    if image.phase is ImagePhase.PUSHED:
        reason = "the build succeeded, but the registry has no image of that tag"
        return _not_built(history, image.number, reason)
    return _intend_build(deps, history, load, policy.images)


def _intend_build(
    deps: Dependencies,
    history: ImageHistory,
    load: Callable[[str], Any],
    policy: ImagePolicy | None,
) -> Decided:
    """The build is to begin, unless there were as many on this day as are allowed."""
    image = history.state
    fact = e.ImageBuildIntended(
        tag=image.tag,
        number=image.number + 1,
        base=image.base,
        timeout=policy.build_timeout if policy else image.timeout,
        repository=image.repository,
    )
    if policy is None or image.base == policy.default_base:
        return Decided(step=step_id(history, fact), fact=fact)
    builds: BuildsHistory = load(builds_stream(deps.clock.now().astimezone(UTC).date()))
    refusal = builds.state.refusal(image.repository, policy)
    if refusal:
        return _not_built(history, image.number, refusal)
    return Decided(step=step_id(history, fact), fact=fact, streams=(builds,))


def _not_built(history: ImageHistory, number: int, reason: str) -> Decided:
    fact = e.ImageBuildFailed(tag=history.state.tag, number=number, reason=reason)
    return Decided(step=step_id(history, fact), fact=fact)


def start(
    deps: Dependencies, history: ImageHistory, load: Callable[[str], Any], policy: Policy
) -> Decided:
    """Start the build. Its token is the same for each try, so that there is one."""
    image = history.state
    token = f"{image.tag}-{image.number}"
    streams: tuple[JobHistory, ...] = ()
    fact: e.Fact
    try:
        build = _port(deps).build(image.tag, image.base, token)
    except Refused as error:
        fact = e.ImageBuildFailed(tag=image.tag, number=image.number, reason=error.reason)
    except NotNow as error:
        fact = _postponed(deps, image, error, policy)
        streams = tuple(readable(deps, load, map(job_stream, fact.job_ids)))
    else:
        fact = e.ImageBuildStarted(
            tag=image.tag, number=image.number, build_id=build.build_id, log_url=build.log_url
        )
    return Decided(step=step_id(history, fact), fact=fact, streams=streams)


def _postponed(
    deps: Dependencies, image: Image, error: NotNow, policy: Policy
) -> e.ImageBuildPostponed:
    attempt = image.postponed + 1
    first = image.postponed * MOST_TOLD % max(1, len(image.waiters))
    told = (*image.waiters[first:], *image.waiters[:first])[:MOST_TOLD]  # others at each try
    wait = delay(policy, f"{image.tag}/{image.number}", attempt, error.retry_after)
    return e.ImageBuildPostponed(
        tag=image.tag,
        number=image.number,
        attempt=attempt,
        reason=error.reason,
        retry_at=deps.clock.now() + wait,
        job_ids=told,
    )


def step_id(history: ImageHistory, fact: e.Fact) -> str:
    """The id of an event that an effect on the image comes to."""
    return f"{history.stream}/{type(fact).__name__}/{history.seq + 1}"


def check(deps: Dependencies, image: Image, now: datetime) -> e.ImageBuildEnded | None:
    """What became of the build; None while it may go on."""
    port = _port(deps)
    build = port.check(image.build_id)
    if build is None:
        reason = "the builder does not know the build"
        return e.ImageBuildEnded(build_id=image.build_id, status="UNKNOWN", reason=reason)
    if build.status != IN_PROGRESS:
        return e.ImageBuildEnded(
            build_id=image.build_id,
            status=build.status,
            reason=build.reason,
            log_url=build.log_url,
        )
    if image.started_at is None or now < image.started_at + timedelta(seconds=image.timeout):
        return None
    port.stop(image.build_id)
    reason = f"it took longer than {image.timeout} s"
    return e.ImageBuildEnded(
        build_id=image.build_id, status=_TIMED_OUT, reason=reason, log_url=build.log_url
    )


def register(deps: Dependencies, action: RegisterDefinition) -> e.TaskDefinitionRegistered:
    """Make what is launched. A try too many leaves a revision that nobody uses."""
    image = action.image
    made = _port(deps).register(action.base_definition, image.image, image.tag)
    return e.TaskDefinitionRegistered(
        tag=image.tag, base_definition=action.base_definition, task_definition=made
    )


def delete(deps: Dependencies, image: Image) -> e.ImageDeleted:
    """Delete the image from the registry; that it is not there is no error."""
    _port(deps).delete(image.tag)
    return e.ImageDeleted(tag=image.tag)


def tell(
    deps: Dependencies, action: TellWaiters, history: ImageHistory, load: Callable[[str], Any]
) -> Decided:
    """Record for jobs that the image is ready, or that there will be none.

    A job whose stream can't be read waits no longer in the image's stream, and hears nothing.
    """
    image, tag, job_ids = action.image, action.image.tag, action.job_ids
    fact: e.Fact = e.ImageReady(tag=tag, job_ids=job_ids)
    if image.phase is not ImagePhase.BUILT:
        log = f"; its log: {image.log_url}" if image.log_url else ""
        reason = f'image from "{image.base}" could not be built: {image.reason}{log}'
        fact = e.ImageUnavailable(tag=tag, reason=reason, job_ids=job_ids)
    streams = tuple(readable(deps, load, map(job_stream, job_ids)))
    return Decided(step=f"{history.stream}/told/{history.seq + 1}", fact=fact, streams=streams)


def await_image(
    action: IntendLaunch, history: JobHistory, load: Callable[[str], Any], policy: Policy
) -> Decided | LaunchIntended:
    """The launch with its image in it; or, while that is not ready, that it has to wait."""
    if policy.images is None:
        return action.fact
    base = action.base or policy.images.default_base
    tag = image_tag(base, policy.images)
    stream: ImageHistory = load(image_stream(tag))
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
    step = f"{action.runner.id}/image-awaited/{history.seq + 1}"
    return Decided(step=step, fact=fact, streams=(stream,))


def _of_another_base(action: IntendLaunch, image: Image) -> Decided:
    """The job is refused, and not run on an image that others asked for: one in 2^128 tags."""
    reason = f'label "image:{action.base}" has the tag of "{image.base}": {image.tag}'
    return Decided(step=f"{action.runner.id}/another-base", fact=e.JobRejected(reason=reason))


def _port(deps: Dependencies) -> Images:
    if deps.images is None:
        raise Refused("image builds are not configured")
    return deps.images
