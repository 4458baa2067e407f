"""The id of a stream: of a job, of a runner image, or of a day's image builds.

It is also the FIFO message group of the stream's nudges. Its text is parsed once, at the boundary;
after that it has the type `StreamId`.
"""

import re
from datetime import date

from shared.domain.bounds import MAX_ID
from shared.domain.names import home_job

_JOB, _IMAGE, _BUILDS = "job-", "image-", "builds-"
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
"""Numbers without leading zeros, so that each job has only one stream id."""
_TAG = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
"""The tag of an image: a subset of OCI's tags, short enough for the ids of its stream's events."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class NoSuchStream(ValueError):
    """The text is not the id of a stream."""


class StreamId(str):
    """The id of a stream.

    Raises:
        NoSuchStream: the text is not a stream id; the message names what is allowed.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> "StreamId":
        """Parse the text."""
        if isinstance(text, StreamId):
            return text
        new = super().__new__(cls, text)
        if new.job_id is None and new.tag is None and new.day is None:
            raise NoSuchStream(
                f"{text!r} is no stream; allowed: job-<number>, image-<tag> and builds-<YYYY-MM-DD>"
            )
        return new

    @classmethod
    def parse(cls, text: str) -> "StreamId | None":
        """Return the text as a stream id, or None if it is not one."""
        try:
            return cls(text)
        except NoSuchStream:
            return None

    @classmethod
    def of_job(cls, job_id: int) -> "StreamId":
        """The stream of a workflow job."""
        return cls(f"{_JOB}{job_id}")

    @classmethod
    def of_runner(cls, runner_id: str) -> "StreamId":
        """The stream of the job that the runner was launched for.

        Raises:
            NoSuchStream: the text is no runner id.
        """
        job_id = home_job(runner_id)
        if job_id is None:
            raise NoSuchStream(f"{runner_id!r} is no runner's id")
        return cls.of_job(job_id)

    @classmethod
    def of_image(cls, tag: str) -> "StreamId":
        """The stream of the runner image with that tag."""
        return cls(f"{_IMAGE}{tag}")

    @classmethod
    def of_builds(cls, day: date) -> "StreamId":
        """The stream of the image builds of a day, in UTC."""
        return cls(f"{_BUILDS}{day.isoformat()}")

    @property
    def job_id(self) -> int | None:
        """The job's id, if this is the stream of a job."""
        text = self._after(_JOB)
        number = int(text) if text and _NUMBER.fullmatch(text) else 0
        return number if 1 <= number <= MAX_ID else None

    @property
    def tag(self) -> str | None:
        """The image's tag, if this is the stream of an image."""
        text = self._after(_IMAGE)
        return text if text and _TAG.fullmatch(text) else None

    @property
    def day(self) -> date | None:
        """The day, if this is the stream of a day's builds."""
        text = self._after(_BUILDS)
        if not text or not _DAY.fullmatch(text):
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    def _after(self, prefix: str) -> str | None:
        return str(self[len(prefix) :]) if self.startswith(prefix) else None
