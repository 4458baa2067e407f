"""The timeline's texts for facts about runner images."""

from datetime import UTC

from cli.history.phrase import Phrase, Words, jobs, task_name, time_of_day
from shared.domain import events as e


def _image_build_postponed(fact: e.ImageBuildPostponed) -> Phrase:
    what = f"build {fact.number} of image {fact.tag} can't start yet"
    return Phrase(f"{what}, again at {time_of_day(fact.retry_at)}", fact.reason)


def _image_awaited(fact: e.ImageAwaited) -> Phrase:
    return Phrase(f"waits for image {fact.tag}", f'made from "{fact.base}"')


def _image_build_intended(fact: e.ImageBuildIntended) -> Phrase:
    return Phrase(f"build {fact.number} of image {fact.tag} requested", "it is not in the registry")


def _image_build_started(fact: e.ImageBuildStarted) -> Phrase:
    return Phrase(f"build {fact.number} began: {fact.build_id}", fact.log_url)


def _image_build_ended(fact: e.ImageBuildEnded) -> Phrase:
    return Phrase(
        f"build ended: {fact.status}", "; ".join(filter(None, (fact.reason, fact.log_url)))
    )


def _image_build_failed(fact: e.ImageBuildFailed) -> Phrase:
    return Phrase("image build failed", "; ".join(filter(None, (fact.reason, fact.log_url))))


def _image_built(fact: e.ImageBuilt) -> Phrase:
    return Phrase(f"image {fact.tag} is in the registry", fact.image)


def _definition_registered(fact: e.TaskDefinitionRegistered) -> Phrase:
    return Phrase(f"task definition {task_name(fact.task_definition)} made for the image")


def _image_ready(fact: e.ImageReady) -> Phrase:
    return Phrase(f"image {fact.tag} is ready", f"for {jobs(fact.job_ids)}")


def _image_unavailable(fact: e.ImageUnavailable) -> Phrase:
    return Phrase("job refused: it gets no runner", fact.reason)


def _image_expired(fact: e.ImageExpired) -> Phrase:
    since = f"{fact.unused_since.astimezone(UTC):%Y-%m-%d}"
    return Phrase(f"image {fact.tag} is to be deleted", f"no task has pulled it since {since}")


def _image_deleted(fact: e.ImageDeleted) -> Phrase:
    return Phrase(f"image {fact.tag} was deleted from the registry")


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
