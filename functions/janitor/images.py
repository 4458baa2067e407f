"""The sweeps of runner images: late builds, and unused images."""

from datetime import datetime, timedelta

from functions.janitor.sweep import Janitor, Outcome, Swept, is_hour_of
from shared.domain.decision import Decided
from shared.domain.events import ImageExpired
from shared.domain.image.naming import image_tag
from shared.domain.image.state import ImagePhase
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId
from shared.engine.transact import Snapshot

MOST_ROWS = 500
MOST_IMAGES = 20
"""Maximum number of streams driven in one run. Those whose jobs have waited longest come first."""
EXPIRY = 3
"""The hour in which unused images are deleted. See `is_hour_of`."""


def awaited_images(janitor: Janitor) -> Swept:
    """Drive the streams of images that jobs wait for, which polls late builds."""
    rows = list(reversed(janitor.rows(Status.IMAGE_CREATING)))[:MOST_ROWS]
    tags = dict.fromkeys(row.image_tag for row in rows if row.image_tag is not None)

    def drive(tag: str) -> Outcome:
        driven = janitor.driver.drive(StreamId.of_image(tag))
        return Outcome.REPAIRED if driven.appended else Outcome.OK

    return janitor.each(list(tags)[:MOST_IMAGES], drive, str)


def unused_images(janitor: Janitor) -> Swept:
    """Delete the fleet's images that no task has pulled for long, except the default image.

    The deletion is decided on the image's stream, so a job that needs the image meanwhile gets a
    new build. Images that are not in the log belong to the operator.
    """
    images, policy = janitor.deps.images, janitor.deps.policy().images
    if images is None or policy is None or not is_hour_of(EXPIRY, janitor.now()):
        return Swept()
    before = janitor.now() - timedelta(days=policy.unused_days)
    current = image_tag(policy.default_base, policy)
    launching = {row.image_tag for row in janitor.deps.table.by_status(Status.STARTING)}
    unused = {
        tag: since
        for tag, since in images.last_used().items()
        if since < before and tag != current and tag not in launching
    }
    ours = (tag for tag in unused if StreamId.parse(f"image-{tag}") is not None)
    some = janitor.rotated(ours, MOST_IMAGES, str)
    return janitor.each(some, lambda tag: _expire(janitor, tag, unused[tag]), str)


def _expire(janitor: Janitor, tag: str, since: datetime) -> Outcome:
    stream = StreamId.of_image(tag)

    def decide(snapshot: Snapshot) -> Decided | None:
        history = snapshot.history
        if not history.seq or history.state.phase is ImagePhase.EXPIRED:
            return None
        fact = ImageExpired(tag=tag, unused_since=since)
        return Decided(id=f"{stream}/expired/{history.seq + 1}", fact=fact)

    if not janitor.record(stream, decide).history.seq:
        return Outcome.OK
    driven = janitor.driver.drive(stream)
    return Outcome.REPAIRED if driven.appended else Outcome.DEFERRED
