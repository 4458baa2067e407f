"""How kind a world is: which calls fail, what is asked of the fleet, how long. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import exp, log
from random import Random
from typing import Any

from local.description import MAX_RECEIVES
from tests.simulated.weather import Weather
from tests.simulation.world import app


class Kind(StrEnum):
    """What can go wrong with a call."""

    BEFORE = "error before"
    """Refused for no good reason; nothing was done."""
    AFTER = "error after"
    """Done, but the answer was an error."""
    TIMEOUT = "timeout"
    """No answer; maybe it was done."""
    THROTTLED = "throttled"
    """Refused because there were too many."""
    DUPLICATE = "duplicate"
    """The SDK lost the first answer and called again by itself."""
    STALE = "stale read"
    """An eventually consistent read that shows the state of a moment ago."""
    CUT_BEFORE = "Lambda ends before"
    """The function's time is up: the invocation ends here, nothing was done."""
    CUT_AFTER = "Lambda ends after"
    """The same, just after it was done."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A kind of world.

    Attributes:
        down: From when until when each of these dependencies answers no call.
        quota: From when until when the account may have no vCPUs.
        rates: How likely each kind of fault is at each call.
        trouble: How many operations are troubled; for them the rates are ten times as high.
        jobs: How many jobs there are, at least and at most.
        within: Seconds in which they are queued.
        equal: Whether all jobs ask for the same.
        images: Whether runner images are built, and jobs ask for them.
        organization: Whether runners are the organization's, of which the fleet serves some
            repositories.
        credentials: How many GitHub tokens the fleet has.
        points: Points a minute that GitHub allows each of them; None: no limit.
        settings: The functions' environment, where it differs.
        most_receives: After so many a message is dead.
        schedule: Seconds between two runs of the Janitor.
        patience: Seconds within which everything must be put right by then.
        horizon: Seconds after which a world that has not come to rest is given up.
    """

    name: str
    weather: Weather = field(default_factory=Weather)
    down: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    quota: tuple[float, float] = (0.0, 0.0)
    rates: Mapping[Kind, float] = field(default_factory=dict)
    trouble: int = 0
    jobs: tuple[int, int] = (3, 12)
    within: float = 120.0
    equal: bool = False
    images: bool = False
    organization: bool = False
    credentials: int = 1
    points: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    most_receives: int = MAX_RECEIVES
    schedule: float = 60.0
    patience: float = 120.0
    horizon: float = 6 * 3600.0

    @property
    def is_calm(self) -> bool:
        """Whether no call fails and nothing is lost."""
        weather = self.weather
        faults = self.rates or weather.lost or weather.killed or any(weather.outage)
        unheard = weather.tardy or weather.missing or weather.assignments_lost
        return not (faults or unheard or self.down or any(self.quota))

    @property
    def has_app(self) -> bool:
        """Whether the fleet authenticates as a GitHub App."""
        return "GITHUB_APP_ID" in self.settings

    def is_down(self, dependency: str, seconds: float) -> bool:
        """Whether the dependency answers no call then."""
        first, last = self.down.get(dependency, (0.0, 0.0))
        return first <= seconds < last

    @property
    def restored(self) -> float:
        """When the last outage, or the missing quota, is over."""
        return max((last for _, last in (*self.down.values(), self.quota)), default=0.0)


_STORM_RATES = {
    Kind.BEFORE: 0.006,
    Kind.AFTER: 0.006,
    Kind.TIMEOUT: 0.002,
    Kind.THROTTLED: 0.006,
    Kind.DUPLICATE: 0.01,
    Kind.STALE: 0.1,
    Kind.CUT_BEFORE: 0.002,
    Kind.CUT_AFTER: 0.002,
}
_STORM = Weather(
    late=0.1,
    late_seconds=300,
    lost=0.1,
    doubled=0.1,
    killed=0.05,
    hung=0.02,
    cancelled=0.05,
    no_capacity=0.05,
    spot_storms=2,
    terminations=2,
    meanwhile=0.25,
    slow=1.5,
)
_BUILDS = Weather(builds_broken=0.25, builds_hung=0.5, builds_untold=0.3, slow=1.5)
_WHIMS: Mapping[str, Any] = {
    "thieves": 0.3,
    "strangers": 0.2,
    "approvals": 0.3,
    "requeued": 0.3,
    "assignments_lost": 0.1,
    "stalled": 0.2,
    "removed": 0.5,
    "tardy": 0.3,
}
_CUT_OFF: Mapping[str, Any] = {"failing": 0.2, "shut_down": 0.5, "beside": 0.6}
_LOSSES = Weather(killed=0.6, spot_storms=4, cancelled=0.05, **_CUT_OFF)
_AMPLE = {"MAX_RUNNERS": "1000"}
_SCARCE: Mapping[str, Any] = {
    "jobs": (30, 40),
    "within": 30.0,
    "credentials": 2,
    "points": 60,
    "settings": _AMPLE | {"GITHUB_LAUNCHES_PER_MINUTE": "6"},
}
"""More jobs than GitHub's limit lets two credentials launch within four minutes."""
_BEGUN = 60.0
_DAY = 86_400.0
DEPENDENCIES = ("dynamodb", "sqs", "ecs", "s3", "ssm", "events", "github", "stream")
"""What an outage may hit. `stream` is what hands new events to the outbox."""
_OUTAGE = "outage-"
SHORTEST, LONGEST = 300.0, 6 * 3600.0
"""Seconds that an outage lasts."""
_LONGEST_EACH = 4


def _outage(dependency: str, seconds: float = LONGEST) -> Profile:
    last = _BEGUN + seconds
    return Profile(
        name=f"{_OUTAGE}{dependency}",
        down={dependency: (_BEGUN, last)},
        jobs=(10, 20),
        within=last + 600,
        patience=last + 3600,
        horizon=last + 6 * 3600,
    )


PROFILES = {
    one.name: one
    for one in (
        Profile(name="calm"),
        Profile(name="crowded", settings={"MAX_RUNNERS": "2"}),
        Profile(name="fickle", weather=Weather(cancelled=0.3, no_capacity=0.2)),
        Profile(name="storm", weather=_STORM, rates=_STORM_RATES, trouble=3, patience=3600),
        Profile(
            name="aimed",
            weather=replace(_STORM, hung=0.0, cancelled=0.4),
            settings={"MAX_RUNNERS": "6"},
            most_receives=2,
            patience=3600,
        ),
        Profile(
            name="crowded-storm",
            weather=_STORM,
            rates=_STORM_RATES,
            trouble=3,
            settings={"MAX_RUNNERS": "3", "CIRCUIT_FAILURES": "3"},
            most_receives=4,
            patience=3600,
        ),
        Profile(name="burst", jobs=(300, 300), within=1.0, equal=True, settings=_AMPLE),
        Profile(
            name="stormy-burst",
            weather=Weather(lost=0.1, doubled=0.1, killed=0.05, late=0.02, late_seconds=60),
            jobs=(300, 300),
            within=1.0,
            equal=True,
            settings=_AMPLE,
            patience=3600,
        ),
        Profile(
            name="images",
            weather=Weather(builds_broken=0.2, builds_hung=0.15, builds_untold=0.2),
            jobs=(5, 15),
            within=900.0,
            images=True,
        ),
        Profile(
            name="images-limited",
            weather=Weather(builds_broken=0.3, meanwhile=0.25),
            jobs=(10, 15),
            within=300.0,
            images=True,
            settings={
                "MAX_IMAGE_BUILDS_PER_DAY": "3",
                "MAX_REPOSITORY_IMAGE_BUILDS_PER_DAY": "2",
            },
        ),
        Profile(
            name="images-expire",
            jobs=(6, 10),
            within=4 * _DAY,
            images=True,
            settings={"IMAGE_UNUSED_DAYS": "2"},
            schedule=3600.0,
            patience=7200,
            horizon=7 * _DAY,
        ),
        Profile(
            name="images-storm",
            weather=replace(_STORM, builds_broken=0.25, builds_hung=0.15, builds_untold=0.3),
            rates=_STORM_RATES,
            trouble=3,
            jobs=(5, 15),
            within=1200.0,
            images=True,
            most_receives=4,
            patience=3600,
        ),
        Profile(
            name="aimed-images",
            weather=replace(_BUILDS, lost=0.05, killed=0.02, cancelled=0.1, meanwhile=0.25),
            jobs=(10, 14),
            within=600.0,
            images=True,
            most_receives=2,
            patience=3600,
        ),
        Profile(
            name="circuit",
            weather=Weather(outage=(30.0, 400.0)),
            jobs=(15, 25),
            within=700.0,
            settings=_AMPLE | {"CIRCUIT_FAILURES": "4"},
            patience=3600,
        ),
        Profile(
            name="no-quota",
            quota=(_BEGUN, _BEGUN + 3 * 3600),
            jobs=(10, 20),
            within=3 * 3600.0,
            settings={"CIRCUIT_FAILURES": "3", "MAX_LAUNCHES": "1"},
            patience=5 * 3600.0,
            horizon=12 * 3600.0,
        ),
        Profile(
            name="cancelling",
            weather=Weather(requeued=0.2, missing=0.1),
            settings={"CANCEL_REFUSED_RUNS": "true"},
            patience=1200,
        ),
        Profile(
            name="lost-jobs",
            weather=_LOSSES,
            settings={"LOST_JOB_RERUNS": "1"},
            patience=1200,
        ),
        Profile(
            name="lost-jobs-storm",
            weather=replace(_STORM, killed=0.2, spot_storms=4, **_CUT_OFF),
            rates=_STORM_RATES,
            trouble=3,
            settings={"LOST_JOB_RERUNS": "2"},
            patience=3600,
            horizon=9 * 3600.0,
        ),
        Profile(name="thieves", weather=Weather(thieves=0.6)),
        Profile(name="strangers", weather=Weather(thieves=0.3, strangers=0.4), organization=True),
        Profile(name="approvals", weather=Weather(approvals=0.5, cancelled=0.1)),
        Profile(
            name="requeued", weather=Weather(requeued=0.5, assignments_lost=0.2), patience=1200
        ),
        Profile(name="removed", weather=Weather(removed=0.9, stalled=0.8)),
        Profile(
            name="late-webhooks",
            weather=Weather(tardy=1.0),
            jobs=(20, 40),
            within=40.0,
            patience=1200,
        ),
        Profile(
            name="lost-webhooks",
            weather=Weather(missing=0.1, cancelled=0.1, approvals=0.2),
            patience=1200,
        ),
        Profile(
            name="unreported-jobs",
            weather=Weather(missing=0.5),
            jobs=(20, 30),
            within=60.0,
            equal=True,
            patience=1200,
        ),
        Profile(
            name="lost-webhooks-storm",
            weather=replace(_STORM, lost=0.0, missing=0.1, approvals=0.2),
            rates=_STORM_RATES,
            trouble=3,
            patience=3600,
        ),
        Profile(
            name="github-storm",
            weather=replace(_STORM, **_WHIMS),
            rates=_STORM_RATES,
            trouble=3,
            organization=True,
            patience=3600,
            horizon=9 * 3600.0,
        ),
        Profile(
            name="aimed-github",
            weather=Weather(lost=0.05, killed=0.02, cancelled=0.1, meanwhile=0.25, **_WHIMS),
            organization=True,
            most_receives=2,
            patience=3600,
            horizon=9 * 3600.0,
        ),
        Profile(
            name="rate-limit",
            weather=Weather(cancelled=0.3),
            patience=1200,
            **_SCARCE,
        ),
        Profile(
            name="rate-limit-storm",
            weather=_STORM,
            rates=_STORM_RATES,
            trouble=3,
            patience=3600,
            **_SCARCE,
        ),
        Profile(
            name="aimed-app",
            weather=Weather(lost=0.05, killed=0.02, cancelled=0.1, meanwhile=0.25),
            settings={**app.SETTINGS, **app.GROUP_SETTINGS, "RUNNER_VERSION": app.VERSION},
            organization=True,
            most_receives=2,
            patience=3600,
        ),
        *(_outage(dependency) for dependency in DEPENDENCIES),
    )
}


def profile_of(name: str, seed: int) -> Profile:
    """Return the profile of a world whose seed determines how long an outage lasts.

    Every fourth seed has the longest outage. The lengths of the others are drawn so that minutes
    are as frequent as hours: an outage ends in each phase of what it interrupts.
    """
    if not name.startswith(_OUTAGE) or seed % _LONGEST_EACH == 0:
        return PROFILES[name]
    drawn = Random(f"{name}/{seed}/seconds").uniform(log(SHORTEST), log(LONGEST))
    return _outage(name.removeprefix(_OUTAGE), exp(drawn))
