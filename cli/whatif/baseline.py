"""The policy of a recording, as far as its events show it.

Each launch records its class, size, capacity provider, placement and limits. The number of runners
that the fleet may have is in no event: if a job waited for one, it is the largest number at a time.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from math import ceil

from cli.analysis.prices import region_of
from shared.domain import events as e
from shared.domain.history import JobHistory
from shared.domain.labels import LabelError, parse
from shared.domain.policy import ClassSize, Images, Limits, Placement, Policy
from shared.domain.slot.rate_limit import FIRST, LAUNCHES_PER_MINUTE, WINDOW

UNLIMITED = 100_000
"""Assumed `max_runners` if no job waited for one."""
DEFAULT = "default"
"""The only class, if the recording has no launch."""
_ANY_PATH = ("*", "*/*", "*/*/*", "*/*/*/*")
_ANY_IMAGE = (*_ANY_PATH, *(f"{host}/{path}" for host in ("*.*", "*:*") for path in _ANY_PATH))
_NOWHERE = Placement(image="", task_definition="", subnets=("any",), security_groups=())


class Baseline:
    """Collects what the streams of a recording show of its policy."""

    def __init__(self) -> None:
        self._sizes: dict[str, tuple[datetime, e.LaunchIntended]] = {}
        self._capacity: dict[str, dict[str, None]] = {}
        self._default: tuple[datetime, str] | None = None
        self._last: tuple[datetime, e.LaunchIntended] | None = None
        self._credentials: set[str] = {FIRST}
        self._regions: dict[str, None] = {}
        self._waited = False
        self._begun = array("d")
        self._ended = array("d")

    def add(self, history: JobHistory, recorded: Iterable[e.Recorded]) -> None:
        """Add a job's stream."""
        for event in (one.event for one in recorded):
            if isinstance(event.fact, e.LaunchIntended):
                self._add_launch(event.at, event.fact)
            self._waited |= isinstance(event.fact, e.SlotAwaited) and not event.fact.circuit
        for row in history.rows.values():
            if region := region_of(row):
                self._regions.pop(region, None)
                self._regions[region] = None
        for runner in history.state.runners:
            if runner.intended_at is not None:
                self._begun.append(runner.intended_at.timestamp())
                if runner.closed_at is not None:
                    self._ended.append(runner.closed_at.timestamp())

    def policy(self) -> Policy:
        """Return the policy: of what changed meanwhile, the last value."""
        classes = {name: self._size(name) for name in sorted(self._sizes)}
        last = self._last[1] if self._last else None
        return Policy(
            classes=classes or {DEFAULT: ClassSize(cpu=256, memory=512)},
            default_class=self._default_class(),
            placement=last.placement if last else _NOWHERE,
            limits=last.limits if last else Limits(),
            images=Images(default_base="any", allowed=_ANY_IMAGE, revision=""),
            max_runners=self._most() if self._waited else UNLIMITED,
            allow_public=True,
            allow_forks=True,
            credentials=tuple(sorted(self._credentials)),
            launches_per_minute=max(LAUNCHES_PER_MINUTE, self._launched()),
        )

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of the tasks; the one that was read last comes last."""
        return tuple(self._regions)

    def assumptions(self) -> tuple[str, ...]:
        """Return what is assumed of the policy, since no event shows it."""
        return tuple(self._assumptions())

    def _assumptions(self) -> Iterator[str]:
        if self._waited:
            yield f"max_runners was {self._most()}: the most at a time, while jobs waited for one"
        else:
            yield "max_runners was no limit: no job waited for a slot"
        launched = self._launched()
        if launched > LAUNCHES_PER_MINUTE:
            yield f"launches_per_minute was {launched}: the most in a minute"
        else:
            yield f"launches_per_minute was {LAUNCHES_PER_MINUTE}, its default value"
        if self._default is None:
            yield f"{self._default_class()} was the default class: each job has a class label"
        yield "max_launches and the circuit breaker had their default values"

    def _add_launch(self, at: datetime, fact: e.LaunchIntended) -> None:
        if self._last is None or at >= self._last[0]:
            self._last = (at, fact)
        known = self._sizes.get(fact.class_name)
        if known is None or at >= known[0]:
            self._sizes[fact.class_name] = (at, fact)
        self._capacity.setdefault(fact.class_name, {})[fact.capacity] = None
        self._credentials.add(fact.credential)
        newer = self._default is None or at >= self._default[0]
        if newer and _names_no_class(fact.labels):
            self._default = (at, fact.class_name)

    def _default_class(self) -> str:
        """Return the class of jobs without a class label, or else any class."""
        if self._default:
            return self._default[1]
        return min(self._sizes, default=DEFAULT)

    def _size(self, name: str) -> ClassSize:
        fact = self._sizes[name][1]
        capacity = tuple(self._capacity[name])
        return ClassSize(cpu=fact.cpu, memory=fact.memory, capacity=capacity)

    def _most(self) -> int:
        """Return the largest number of runners at a time."""
        ended, most = sorted(self._ended), 1
        for begun, at in enumerate(sorted(self._begun), start=1):
            most = max(most, begun - bisect_right(ended, at))
        return most

    def _launched(self) -> int:
        """Return the most launches in a window of GitHub's rate limit, for each credential."""
        begun, most = sorted(self._begun), 0
        for count, at in enumerate(begun, start=1):
            most = max(most, count - bisect_right(begun, at - WINDOW))
        return ceil(most / len(self._credentials))


def _names_no_class(labels: tuple[str, ...]) -> bool:
    try:
        return parse(labels).class_name is None
    except LabelError:
        return False
