"""What facts about runner images say, in words for the timeline."""

from datetime import UTC

from cli.told import Told, Words, jobs, task_name, time_of_day
from shared.domain import events as e


def _image_build_postponed(fact: e.ImageBuildPostponed) -> Told:
    what = f"build {fact.number} of image {fact.tag} can't start yet"
    return Told(f"{what}, again at {time_of_day(fact.retry_at)}", fact.reason)


def _image_awaited(fact: e.ImageAwaited) -> Told:
    return Told(f"waits for image {fact.tag}", f'made from "{fact.base}"')


def _image_build_intended(fact: e.ImageBuildIntended) -> Told:
    return Told(f"build {fact.number} of image {fact.tag} requested", "it is not in the registry")


def _image_build_started(fact: e.ImageBuildStarted) -> Told:
    return Told(f"build {fact.number} began: {fact.build_id}", fact.log_url)


def _image_build_ended(fact: e.ImageBuildEnded) -> Told:
    return Told(f"build ended: {fact.status}", "; ".join(filter(None, (fact.reason, fact.log_url))))


def _image_build_failed(fact: e.ImageBuildFailed) -> Told:
    return Told("image build failed", "; ".join(filter(None, (fact.reason, fact.log_url))))


def _image_built(fact: e.ImageBuilt) -> Told:
    return Told(f"image {fact.tag} is in the registry", fact.image)


def _definition_registered(fact: e.TaskDefinitionRegistered) -> Told:
    return Told(f"task definition {task_name(fact.task_definition)} made for the image")


def _image_ready(fact: e.ImageReady) -> Told:
    return Told(f"image {fact.tag} is ready", f"for {jobs(fact.job_ids)}")


def _image_unavailable(fact: e.ImageUnavailable) -> Told:
    return Told("job refused: it gets no runner", fact.reason)


def _image_expired(fact: e.ImageExpired) -> Told:
    since = f"{fact.unused_since.astimezone(UTC):%Y-%m-%d}"
    return Told(f"image {fact.tag} is to be deleted", f"no task has pulled it since {since}")


def _image_deleted(fact: e.ImageDeleted) -> Told:
    return Told(f"image {fact.tag} was deleted from the registry")


WORDS: Words = {
    e.ImageAwaited: _image_awaited,
    e.ImageBuildIntended: _image_build_intended,
    e.ImageBuildPostponed: _image_build_postponed,
    e.ImageBuildStarted: _image_build_started,
    e.ImageBuildEnded: _image_build_ended,
    e.ImageBuildFailed: _image_build_failed,
    e.ImageBuilt: _image_built,
    e.TaskDefinitionRegistered: _definition_registered,
    e.ImageReady: _image_ready,
    e.ImageUnavailable: _image_unavailable,
    e.ImageExpired: _image_expired,
    e.ImageDeleted: _image_deleted,
}
