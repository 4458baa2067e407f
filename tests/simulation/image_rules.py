"""Rules about runner images, each a function of the world; `watch` asks them, and says when.

Each yields what it saw wrong, and the runner whose job's timeline tells most about it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from local.aws.build_host import BuildView
from shared.domain import events as e
from shared.domain.history import BuildsHistory
from shared.domain.image.naming import image_tag, refusal
from shared.domain.image.state import Image, ImagePhase
from shared.domain.job.state import JobPhase
from shared.domain.labels import parse
from shared.domain.names import home_job, runner_id
from shared.domain.stream import StreamId
from tests.simulated.aws.codebuild import TOKEN_SECONDS
from tests.simulated.aws.ecs import Task
from tests.simulated.names import FLEET, REPOSITORY
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.fleet import IMAGES
from tests.simulation.world.onlooker import load_image, load_job
from tests.simulation.world.world import World

LATE = "was not ready within"
"""In the reason of a job whose image took too long."""
_LIMITS = ("MAX_IMAGE_BUILDS_PER_DAY", "MAX_REPOSITORY_IMAGE_BUILDS_PER_DAY")
LIMITED = "image_builds_per_day allows"
"""In the reason of a build that there were too many before."""


# --- at once -------------------------------------------------------------------------------------


def one_build(world: World, build: BuildView) -> Wrong:
    """A tag has one build at a time; another only where an answer was lost, its token forgotten."""
    tag, now = _variable(build, "IMAGE_TAG"), world.agenda.now()
    known = {one.build_id for one in _facts(world, tag) if isinstance(one, e.ImageBuildStarted)}
    for other in world.codebuild.running():
        age = (now - other["startTime"]).total_seconds()
        forgotten = other["id"] not in known and age >= TOKEN_SECONDS
        if _variable(other, "IMAGE_TAG") == tag and (world.profile.is_calm or not forgotten):
            yield f"{build['id']} of {tag} begins while {other['id']} runs", _about(world, tag)


def as_asked(world: World, build: BuildView) -> Wrong:
    """What is built is allowed, and the tag is that of its base."""
    base, tag = _variable(build, "BASE_IMAGE"), _variable(build, "IMAGE_TAG")
    if refusal(base, IMAGES) or image_tag(base, IMAGES) != tag:
        yield f"{build['id']} of {tag} is from {base!r}", _about(world, tag)


def own_image(world: World, task: Task) -> Wrong:
    """A task runs from the image that its job's label names, by the digest of that tag."""
    runner, runs = task["startedBy"], world.ecs.image(task["taskDefinitionArn"])
    wanted = "runner"
    if world.profile.images:
        (job,) = (one for one in world.actions.jobs() if one.id == home_job(runner))
        tag = image_tag(parse(job.labels).image or IMAGES.default_base, IMAGES)
        wanted = f"{REPOSITORY}@{world.ecr.digests.get(tag)}"
    if runs != wanted:
        yield f"{runner} runs from {runs} instead of {wanted}", runner


AT_BUILD: dict[str, Callable[[World, BuildView], Wrong]] = {
    "a tag has one build at a time": one_build,
    "only what is allowed is built": as_asked,
}
AT_LAUNCH: dict[str, Callable[[World, Task], Wrong]] = {
    "a task runs from its job's image": own_image,
}


# --- every so often ------------------------------------------------------------------------------


def untold(world: World) -> Wrong:
    """Jobs hear of their image when it is there, or when there will be none."""
    for image in _images(world):
        jobs = _waiting(world, image)
        if jobs and image.phase in (ImagePhase.BUILT, ImagePhase.FAILED):
            yield f"{image.tag} is {image.phase.value}, jobs {jobs} wait", _about(world, image.tag)


def unnoticed(world: World) -> Wrong:
    """The fleet learns that a build is over, even if nobody tells, as long as a job waits."""
    for image in _images(world):
        build = world.codebuild.builds.get(image.build_id)
        awaited = image.phase is ImagePhase.BUILDING and _waiting(world, image)
        if awaited and build and build["buildComplete"]:
            what = f"{image.build_id} of {image.tag} is {build['buildStatus']}"
            yield what, _about(world, image.tag)


# --- at the end ----------------------------------------------------------------------------------


def awaited(world: World) -> Wrong:
    """No job waits for an image."""
    for job in world.actions.jobs():
        state = load_job(world.log, job.id).state
        runner = state.runner(state.job.paired)
        if runner and runner.image and state.job.phase is JobPhase.QUEUED:
            yield f"{runner.id} waits for {runner.image.tag}", runner.id
    for image in _images(world):
        if _waiting(world, image):
            what = f"jobs {_waiting(world, image)} wait for {image.tag}"
            yield what, _about(world, image.tag)


def explained(world: World) -> Wrong:
    """A job whose image failed says why, and where the log of that build is, if it has one."""
    for tag in _tags(world):
        build_id = ""
        for fact in _facts(world, tag):
            match fact:
                case e.ImageBuildStarted():
                    build_id = fact.build_id
                case e.ImageBuildFailed() if LIMITED in fact.reason:
                    build_id = ""
                case e.ImageUnavailable():
                    yield from _explained(world, fact, build_id)


def _explained(world: World, fact: e.ImageUnavailable, build_id: str) -> Wrong:
    logs = world.codebuild.builds[build_id]["logs"] if build_id else {"groupName": "null"}
    log = "" if logs["groupName"] == "null" else f"; its log: {logs['deepLink']}"
    why, _, link = fact.reason.partition("; its log: ")
    for job_id in fact.job_ids:
        job, about = load_job(world.log, job_id).state.job, runner_id(FLEET.prefix, job_id, 1)
        if why.endswith("could not be built: ") or (link and f"; its log: {link}") != log:
            yield f"{fact.reason!r} is told of {build_id}, whose log is {log!r}", about
        if job.phase is JobPhase.REFUSED and job.reason != fact.reason and LATE not in job.reason:
            yield f"job {job_id} says {job.reason!r} instead of {fact.reason!r}", about


def one_digest(world: World) -> Wrong:
    """The log knows one image for each tag, the registry's, until it is deleted."""
    for tag in _tags(world):
        built: set[str] = set()
        for fact in _facts(world, tag):
            if isinstance(fact, e.ImageExpired):
                built.clear()
            if isinstance(fact, e.ImageBuilt):
                built.add(fact.image)
        digest = world.ecr.digests.get(tag)
        wanted = {f"{REPOSITORY}@{digest}"} if digest else set()
        if built - wanted:
            yield f"{tag} is {sorted(built)} in the log, {sorted(wanted)} in the registry", None


def limited(world: World) -> Wrong:
    """Labels cause no more builds a day than the operator allows, and each of them is counted."""
    most, mine = (int(world.profile.settings.get(name, "1000")) for name in _LIMITS)
    counted: Counter[str] = Counter()
    for stream in world.log.streams():
        if (day := StreamId(stream).day) is None:
            continue
        builds: BuildsHistory = world.log.history(stream)
        counted.update(builds.state.by_repository)
        many = max(builds.state.by_repository.values()) > mine
        if many or sum(builds.state.by_repository.values()) > most:
            yield f"on {day}: {builds.state.by_repository}", None
    intended = [
        fact
        for tag in _tags(world)
        for fact in _facts(world, tag)
        if isinstance(fact, e.ImageBuildIntended) and fact.base != IMAGES.default_base
    ]
    if Counter(fact.repository for fact in intended) != counted:
        yield f"{len(intended)} builds are intended, {counted} are counted", None


def expired(world: World) -> Wrong:
    """An image is deleted only after days without a pull; never one that is being used."""
    for tag in _tags(world):
        for event in (one.event for one in world.log.read(StreamId.of_image(tag))):
            fact = event.fact
            if isinstance(fact, e.ImageExpired):
                days = int(world.profile.settings.get("IMAGE_UNUSED_DAYS", "30"))
                pulls = [at for one, at in world.pulls if one == tag and at <= event.at]
                if event.at - max(pulls, default=fact.unused_since) < timedelta(days=days):
                    yield f"{tag} was pulled {max(pulls)}, and expired {event.at}", None


def in_time(world: World) -> Wrong:
    """Where no call fails, a build's own timeout comes first: no job runs out of patience."""
    for job in world.actions.jobs():
        reason = load_job(world.log, job.id).state.job.reason
        if world.profile.is_calm and reason and LATE in reason:
            yield f"job {job.id}: {reason}", runner_id(FLEET.prefix, job.id, 1)


AT_LAST: dict[str, Rule] = {
    "no job waits for an image": awaited,
    "a failed image is explained": explained,
    "a tag has one digest": one_digest,
    "builds a day are limited": limited,
    "an image in use does not expire": expired,
    "no job waits too long for its image": in_time,
}
"""What must be true of a world that has come to rest."""


def _variable(build: BuildView, name: str) -> str:
    variables: list[dict[str, str]] = build["environment"]["environmentVariables"]
    (value,) = (one["value"] for one in variables if one["name"] == name)
    return value


def _tags(world: World) -> list[str]:
    if not world.profile.images:
        return []
    tags = (StreamId(stream).tag for stream in world.log.streams())
    return [tag for tag in tags if tag is not None]


def _images(world: World) -> Iterator[Image]:
    return (load_image(world.log, tag).state for tag in _tags(world))


def _waiting(world: World, image: Image) -> list[int]:
    """The jobs that wait for it; one that was cancelled meanwhile stays until all are told."""
    return [
        one for one in image.waiters if load_job(world.log, one).state.job.phase is JobPhase.QUEUED
    ]


def _facts(world: World, tag: str) -> list[Any]:
    return [one.event.fact for one in world.log.read(StreamId.of_image(tag))]


def _about(world: World, tag: str) -> str | None:
    """The runner that waited last for the image."""
    waited = [one.runner_id for one in _facts(world, tag) if isinstance(one, e.ImageAwaited)]
    return waited[-1] if waited else None
