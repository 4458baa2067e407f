"""Limits the image builds that labels of jobs cause in a day.

Anyone who may queue a job chooses the base image, and a build costs money. The builds of a day have
a stream of their own: each intent to build is appended to the stream of its image and to that of
its day. So two concurrent builds can't both be the last one allowed. Builds of the default base do
not count, since all jobs need that image and no label requests it.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from shared.domain import events as e
from shared.domain.policy import Images


class Builds(Struct, frozen=True, kw_only=True):
    """The fold of the stream of a day's builds: their number by repository."""

    day: date
    by_repository: Mapping[str, int] = {}

    def refusal(self, repository: str, images: Images) -> str | None:
        """Return why one more build for the repository is refused on that day, or None."""
        day = f"on {self.day.isoformat()} (UTC)"
        mine, most = self.by_repository.get(repository, 0), images.repository_builds_a_day
        if mine >= most:
            return (
                f"jobs of {repository} have caused {mine} image builds {day}, as many as "
                "max_repository_image_builds_per_day allows"
            )
        total = sum(self.by_repository.values())
        if total >= images.builds_a_day:
            return (
                f"there were {total} image builds {day}, as many as max_image_builds_per_day allows"
            )
        return None


def evolve(builds: Builds, event: e.Event) -> Builds:
    """The day's builds after `event`."""
    if not isinstance(event.fact, e.ImageBuildIntended):
        return builds
    counted = Counter(builds.by_repository)
    counted[event.fact.repository] += 1
    return Builds(day=builds.day, by_repository=dict(counted))
