"""Images that jobs wait for: the event of a build's end may be lost, and a build may hang."""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.names import image_stream
from shared.domain.status import Status

MOST_ROWS = 500
MOST_IMAGES = 20
"""Streams driven in one run; those whose jobs have waited longest come first."""


def awaited_images(janitor: Janitor) -> Swept:
    """Drive the streams of images that jobs wait for: builds that are late are asked for."""
    rows = janitor.world.table.by_status(Status.IMAGE_CREATING, MOST_ROWS, oldest_first=True)
    tags = dict.fromkeys(row.image_tag for row in rows if row.image_tag is not None)

    def drive(tag: str) -> Outcome:
        driven = janitor.driver.drive(image_stream(tag))
        return Outcome.MENDED if driven.appended else Outcome.WELL

    return janitor.each(list(tags)[:MOST_IMAGES], drive, str)
