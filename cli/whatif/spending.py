"""Adds up what tasks cost, one at a time, so that memory does not grow with their number. Pure."""

from collections import Counter
from datetime import datetime

from cli.analysis.cost import Basis, Cost, CostGroup, Estimate, Task, lacks_storage_price, price
from cli.analysis.prices import SPOT, region_of

NOTHING = CostGroup(name="", task_count=0, seconds=0.0, total=0.0, cost=Cost())


class Spending:
    """The cost of tasks by class and in total."""

    def __init__(self, basis: Basis) -> None:
        self._basis = basis
        self._classes: dict[str, CostGroup] = {}
        self._unpriced: Counter[str] = Counter()
        self._no_storage: set[str] = set()
        self._spot = False

    def add(self, task: Task, until: datetime) -> float | None:
        """Add a task, and return its cost in US dollars; None if its Region has no price.

        Args:
            until: The end of a task that has not ended.
        """
        region, priced = region_of(task.row), price(task, self._basis, until)
        if priced is None:
            self._unpriced[region] += 1
            return None
        if lacks_storage_price(self._basis, region):
            self._no_storage.add(region)
        self._spot |= task.row.capacity == SPOT
        name = task.row.class_name
        self._classes[name] = _with(self._classes.get(name, NOTHING), name, *priced)
        return priced[1].total

    def estimate(self) -> Estimate:
        """Return the sums."""
        basis = self._basis
        parts = sum((one.cost for one in self._classes.values()), Cost())
        return Estimate(
            prices_read=basis.prices.read,
            architecture=basis.architecture,
            storage_gb=basis.storage_gb,
            github_minute=basis.github_minute,
            spot_ratio=basis.prices.spot_ratio if self._spot else None,
            total=parts.total,
            parts=parts,
            by_class=tuple(sorted(self._classes.values(), key=lambda one: (-one.total, one.name))),
            unpriced=dict(sorted(self._unpriced.items())),
            storage_unpriced=tuple(sorted(self._no_storage)),
            priced_regions=tuple(basis.prices.priced(basis.architecture)),
        )


def _with(group: CostGroup, name: str, seconds: float, cost: Cost) -> CostGroup:
    return CostGroup(
        name=name,
        task_count=group.task_count + 1,
        seconds=group.seconds + seconds,
        total=group.total + cost.total,
        cost=group.cost + cost,
    )
