"""Effects on the registry and the builder of runner images: one call each, and its outcome."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain import events as e
from shared.domain.actions import (
    CheckBuild,
    DeleteImage,
    FindImage,
    RegisterDefinition,
    StartBuild,
)
from shared.domain.backoff import delay
from shared.domain.decision import Decided, Given
from shared.domain.history import BuildsHistory, History, ImageHistory, JobHistory
from shared.domain.image.rules import MOST_INFORMED
from shared.domain.image.state import Image, ImagePhase
from shared.domain.stream import StreamId
from shared.engine.dependencies import Dependencies
from shared.ports import Images, NotNow, Refused

IN_PROGRESS = "IN_PROGRESS"
"""Source: AWS CodeBuild API Reference, Build, buildStatus."""
_TIMED_OUT = "TIMED_OUT"


def find(deps: Dependencies, given: Given, _: FindImage) -> Decided:
    """Look the image up in the registry; if it is missing, intend a build or record the failure."""
    history: ImageHistory = given.history
    image = history.state
    found = _port(deps).find(image.tag)
    if found is not None:
        fact: e.Fact = e.ImageBuilt(tag=image.tag, image=found)
        return _decided(given, fact)
    if image.phase is ImagePhase.PUSHED:
        reason = "the build succeeded, but the registry has no image of that tag"
        return _not_built(given, image, reason)
    return _intend_build(given)


def _intend_build(given: Given) -> Decided:
    """Intend a build, unless the limit of the day is reached."""
    history: ImageHistory = given.history
    image, policy = history.state, given.policy.images
    fact = e.ImageBuildIntended(
        tag=image.tag,
        number=image.number + 1,
        base=image.base,
        timeout=policy.build_timeout if policy else image.timeout,
        repository=image.repository,
    )
    if policy is None or image.base == policy.default_base:
        return _decided(given, fact)
    builds: BuildsHistory = given.load(StreamId.of_builds(given.now.astimezone(UTC).date()))
    refusal = builds.state.refusal(image.repository, policy)
    if refusal:
        return _not_built(given, image, refusal)
    return _decided(given, fact, (builds,))


def _not_built(given: Given, image: Image, reason: str) -> Decided:
    fact = e.ImageBuildFailed(tag=image.tag, number=image.number, reason=reason)
    return _decided(given, fact)


def start(deps: Dependencies, given: Given, _: StartBuild) -> Decided:
    """Start the build. Its idempotency token is the same for each attempt."""
    history: ImageHistory = given.history
    image = history.state
    token = f"{image.tag}-{image.number}"
    streams: tuple[JobHistory, ...] = ()
    fact: e.Fact
    try:
        build = _port(deps).build(image.tag, image.base, token)
    except Refused as error:
        fact = e.ImageBuildFailed(tag=image.tag, number=image.number, reason=error.reason)
    except NotNow as error:
        fact = _postponed(deps, given, image, error)
        streams = tuple(given.readable(map(StreamId.of_job, fact.job_ids)))
    else:
        fact = e.ImageBuildStarted(
            tag=image.tag, number=image.number, build_id=build.build_id, log_url=build.log_url
        )
    return _decided(given, fact, streams)


def _postponed(
    deps: Dependencies, given: Given, image: Image, error: NotNow
) -> e.ImageBuildPostponed:
    attempt = image.postponed + 1
    first = image.postponed * MOST_INFORMED % max(1, len(image.waiters))
    # Each attempt informs other jobs, in turn.
    informed = (*image.waiters[first:], *image.waiters[:first])[:MOST_INFORMED]
    wait = delay(given.policy, f"{image.tag}/{image.number}", attempt, error.retry_after)
    return e.ImageBuildPostponed(
        tag=image.tag,
        number=image.number,
        attempt=attempt,
        reason=error.reason,
        retry_at=deps.clock.now() + wait,
        job_ids=informed,
    )


def _decided(given: Given, fact: e.Fact, streams: tuple[History[Any], ...] = ()) -> Decided:
    """Return the outcome of an effect on the image, for its own stream and for `streams`."""
    history = given.history
    name = f"{history.stream}/{type(fact).__name__}/{history.seq + 1}"
    return Decided(id=name, fact=fact, streams=streams)


def check(deps: Dependencies, given: Given, action: CheckBuild) -> Decided | None:
    """Return the end of the build; None while it is in progress and within its timeout."""
    fact = _ended(deps, action.image, given.now)
    return _decided(given, fact) if fact else None


def _ended(deps: Dependencies, image: Image, now: datetime) -> e.ImageBuildEnded | None:
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


def register(deps: Dependencies, given: Given, action: RegisterDefinition) -> Decided:
    """Register the image's task definition. A repeated call leaves an unused revision."""
    image = action.image
    made = _port(deps).register(action.base_definition, image.image, image.tag)
    fact = e.TaskDefinitionRegistered(
        tag=image.tag, base_definition=action.base_definition, task_definition=made
    )
    return _decided(given, fact)


def delete(deps: Dependencies, given: Given, action: DeleteImage) -> Decided:
    """Delete the image from the registry. It is no error if the image does not exist."""
    _port(deps).delete(action.image.tag)
    return _decided(given, e.ImageDeleted(tag=action.image.tag))


def _port(deps: Dependencies) -> Images:
    if deps.images is None:
        raise Refused("image builds are not configured")
    return deps.images
