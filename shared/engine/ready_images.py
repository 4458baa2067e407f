"""Remembers for a minute which images are ready, so that not each launch reads its image's stream.

Like the policy, what is ready is then up to a minute old. An image that is deleted meanwhile was
not pulled for `image_unused_days`; a task that starts on it fails, and its job gets another runner.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain.decision import Given
from shared.domain.history import ImageHistory
from shared.domain.image.state import ImagePhase

KEPT = timedelta(minutes=1)


class ReadyImages:
    """The images that were ready when their streams were read, with the time of the read."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[datetime, ImageHistory]] = {}

    def loading(self, given: Given, task_definition: str) -> Callable[[str], ImageHistory]:
        """Return `given.load` for images, which reads no image that is known to be ready.

        So what is appended to an image that is not ready is conditioned on a read.

        Args:
            task_definition: The base of the definition that a ready image has.
        """

        def load(stream: str) -> ImageHistory:
            key = stream, task_definition
            read_at, known = self._known.get(key, (given.now, None))
            if known is not None and given.now < read_at + KEPT:
                return known
            history: ImageHistory = given.load(stream)
            image = history.state
            if image.phase is ImagePhase.BUILT and image.definition(task_definition) is not None:
                self._known[key] = given.now, history
            return history

        return load
