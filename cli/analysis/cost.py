"""Estimates what the tasks of runners cost, from their rows and a price table. Pure.

Nothing is stored with a price, so any period can be priced again with other prices.

Fargate bills vCPU, memory and ephemeral storage by the second, for at least a minute, from the
begin of the image's pull to the end of the task. Source: https://aws.amazon.com/fargate/pricing/.
The log has the intent to launch instead of the pull, which is some seconds earlier, so the estimate
is a little high. GitHub rounds the minutes of each job up. Source: GitHub Docs, "Actions runner
pricing".
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import ceil

from msgspec import Struct

from cli.analysis.percentiles import grouped
from cli.analysis.prices import INCLUDED_GB, SPOT, Architecture, PriceTable, Rate, region_of
from cli.analysis.usage import Period, Span, by_day, cut, day_of, spans
from shared.domain.projection import RunnerRow

MINIMUM = timedelta(minutes=1)
_HOUR, _MINUTE, _CPU_UNITS, _MIB = 3600, 60, 1024, 1024
_FREE = Rate(vcpu_hour=0.0, gb_hour=0.0)


class Basis(Struct, frozen=True, kw_only=True):
    """What costs are computed from, besides the rows.

    Attributes:
        architecture: Of the tasks; the rows do not have it.
        storage_gb: Ephemeral storage of each task in GB (input `ephemeral_storage_gib`).
        github_minute: What GitHub charges for a minute of a job, in US dollars.
    """

    prices: PriceTable
    architecture: Architecture = "x64"
    storage_gb: int = INCLUDED_GB
    github_minute: float = 0.0


class Cost(Struct, frozen=True, kw_only=True):
    """Costs in US dollars.

    Attributes:
        compute: vCPU and memory, in US dollars.
        storage: Ephemeral storage beyond what Fargate includes, in US dollars.
        addresses: Public IPv4 addresses, in US dollars.
        github: GitHub's fee for minutes of jobs, in US dollars.
    """

    compute: float = 0.0
    storage: float = 0.0
    addresses: float = 0.0
    github: float = 0.0

    @property
    def total(self) -> float:
        """The sum."""
        return self.compute + self.storage + self.addresses + self.github

    def __add__(self, other: "Cost") -> "Cost":
        """Return the sum of each part."""
        return Cost(
            compute=self.compute + other.compute,
            storage=self.storage + other.storage,
            addresses=self.addresses + other.addresses,
            github=self.github + other.github,
        )


class Task(Struct, frozen=True, kw_only=True):
    """A runner's task, and the job to which its cost is attributed: the one that it ran, if any."""

    row: RunnerRow
    repository: str
    workflow: str
    public_ip: bool


class Charge(Struct, frozen=True, kw_only=True):
    """What one task cost on one day (UTC, `2026-11-29`).

    `seconds` are billed ones; GitHub's fee is a charge of its own, on the day of the job's end.
    """

    task: Task
    day: str
    seconds: float
    cost: Cost


class CostGroup(Struct, frozen=True, kw_only=True):
    """The costs of the tasks with the same name of something, such as of a repository.

    Attributes:
        name: The name that they share.
        task_count: The number of tasks.
        seconds: The billed seconds.
        total: The sum in US dollars.
        cost: What the sum consists of.
    """

    name: str
    task_count: int
    seconds: float
    total: float
    cost: Cost


class Bill(Struct, frozen=True, kw_only=True):
    """The charges of a period.

    Attributes:
        unpriced: The number of tasks without a price, by their Region.
        storage_unpriced: Regions whose storage above `INCLUDED_GB` has no price, so it is left out.
    """

    basis: Basis
    charges: tuple[Charge, ...]
    unpriced: dict[str, int]
    storage_unpriced: tuple[str, ...]

    def total(self) -> Cost:
        """Return the sum of all charges."""
        return sum((one.cost for one in self.charges), Cost())

    def by(self, key: Callable[[Charge], str]) -> tuple[CostGroup, ...]:
        """Return the costs by a key, the highest first."""
        groups = (_group(name, charges) for name, charges in grouped(self.charges, key).items())
        return tuple(sorted(groups, key=lambda group: (-group.total, group.name)))


class Estimate(Struct, frozen=True, kw_only=True):
    """An estimate of what tasks cost, in US dollars.

    Attributes:
        prices_read: The day on which the prices were read.
        architecture: Of the tasks: `x64` or `arm64`.
        storage_gb: Ephemeral storage of each task in GB.
        github_minute: What GitHub is assumed to charge for a minute of a job, in US dollars.
        spot_ratio: The assumed price of FARGATE_SPOT as a part of that of FARGATE; null if no task
            ran on it.
        total: The sum in US dollars.
        parts: What the sum consists of.
        by_class: The costs by runner class.
        unpriced: The number of tasks that are left out since the table lacks their Region, by
            Region.
        storage_unpriced: Regions in which storage above what Fargate includes is left out.
        priced_regions: The Regions that the table has for the architecture.
    """

    prices_read: str
    architecture: str
    storage_gb: int
    github_minute: float
    spot_ratio: float | None
    total: float
    parts: Cost
    by_class: tuple[CostGroup, ...]
    unpriced: dict[str, int]
    storage_unpriced: tuple[str, ...]
    priced_regions: tuple[str, ...]


def bill(tasks: Iterable[Task], basis: Basis, period: Period, now: datetime) -> Bill:
    """Return the charges of the tasks in a period, by day."""
    charges: list[Charge] = []
    unpriced: Counter[str] = Counter()
    no_storage: set[str] = set()
    for task in tasks:
        region, days = region_of(task.row), _billed_by_day(task.row, period, now)
        if not days:
            continue
        if basis.prices.rate(region, basis.architecture) is None:
            unpriced[region] += 1
            continue
        if lacks_storage_price(basis, region):
            no_storage.add(region)
        charges += _charges(task, basis, days)
        charges += _fees(task, basis, period)
    return Bill(
        basis=basis,
        charges=tuple(charges),
        unpriced=dict(sorted(unpriced.items())),
        storage_unpriced=tuple(sorted(no_storage)),
    )


def price(task: Task, basis: Basis, now: datetime) -> tuple[float, Cost] | None:
    """Return the billed seconds of a whole task and its cost; None if its Region has no price.

    The sum of a task's charges in a `Bill` is the same.
    """
    whole = billed(task.row, now)
    if whole is None:
        return 0.0, Cost()
    if basis.prices.rate(region_of(task.row), basis.architecture) is None:
        return None
    cost = _cost(task, basis, whole.seconds)
    return whole.seconds, cost + Cost(github=_github(task.row, basis))


def lacks_storage_price(basis: Basis, region: str) -> bool:
    """Return whether tasks in a Region have storage that no price is known of."""
    return basis.storage_gb > INCLUDED_GB and _storage_hour(basis, region) is None


def billed(row: RunnerRow, now: datetime) -> Span | None:
    """Return the billed time of a runner's task; None if it had no task."""
    found = spans(row, now)
    if not found:
        return None
    begin, end = found[0].begin, found[-1].end
    whole = begin + timedelta(seconds=ceil((end - begin).total_seconds()))
    if row.stopped_at is not None:
        whole = max(whole, begin + MINIMUM)
    return Span(name="billed", begin=begin, end=whole)


def _billed_by_day(row: RunnerRow, period: Period, now: datetime) -> dict[str, float]:
    """Return the billed seconds of a runner's task on each day of the period."""
    whole = billed(row, now)
    days = by_day(cut([whole] if whole else [], period))
    return {day: sum(span.seconds for span in found) for day, found in days.items()}


def _charges(task: Task, basis: Basis, days: Mapping[str, float]) -> Iterator[Charge]:
    for day, seconds in days.items():
        yield Charge(task=task, day=day, seconds=seconds, cost=_cost(task, basis, seconds))


def _fees(task: Task, basis: Basis, period: Period) -> Iterator[Charge]:
    ended, fee = task.row.completed_at, _github(task.row, basis)
    if ended is not None and fee and period.has(ended):
        yield Charge(task=task, day=day_of(ended), seconds=0.0, cost=Cost(github=fee))


def _cost(task: Task, basis: Basis, seconds: float) -> Cost:
    row, region, hours = task.row, region_of(task.row), seconds / _HOUR
    rate = basis.prices.rate(region, basis.architecture) or _FREE
    vcpu, memory = (row.cpu or 0) / _CPU_UNITS, (row.memory or 0) / _MIB
    ratio = basis.prices.spot_ratio if row.capacity == SPOT else 1.0
    more_gb = max(0, basis.storage_gb - INCLUDED_GB)
    return Cost(
        compute=hours * ratio * (vcpu * rate.vcpu_hour + memory * rate.gb_hour),
        storage=hours * more_gb * (_storage_hour(basis, region) or 0.0),
        addresses=hours * basis.prices.address_hour if task.public_ip else 0.0,
    )


def _github(row: RunnerRow, basis: Basis) -> float:
    """Return GitHub's fee for the job that the runner ran, in US dollars; 0 before its end."""
    if row.started_at is None or row.completed_at is None:
        return 0.0
    seconds = max(0.0, (row.completed_at - row.started_at).total_seconds())
    return ceil(seconds / _MINUTE) * basis.github_minute


def _storage_hour(basis: Basis, region: str) -> float | None:
    prices = basis.prices.region.get(region)
    return prices.storage_gb_hour if prices else None


def _group(name: str, charges: list[Charge]) -> CostGroup:
    cost = sum((one.cost for one in charges), Cost())
    return CostGroup(
        name=name,
        task_count=len({one.task.row.runner_id for one in charges}),
        seconds=sum(one.seconds for one in charges),
        total=cost.total,
        cost=cost,
    )
