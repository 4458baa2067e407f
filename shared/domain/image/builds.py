"""How many image builds the labels of jobs have caused in a day, and when that is too many.

The base is a text that anybody writes who may queue a job, and a build costs money. The builds of
a day are a stream: each intent to build is in the stream of its image and in that of its day, so
that two builds at once can't both be the last one allowed. Builds of the default base do not
count: no job asks for them, and all jobs need that image.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from shared.domain import events as e
from shared.domain.policy import Images


class Builds(Struct, frozen=True, kw_only=True):
    """All that the stream of a day's builds holds: how many there were, by repository."""

    day: date
    by_repository: Mapping[str, int] = {}

    def refusal(self, repository: str, images: Images) -> str | None:
        """Why there can't be one more on that day for a job of the repository; None if it can."""
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
