"""Tables of costs."""

from cli.analysis.cost import Cost, CostGroup
from cli.render.costs import top


def _group(number: int) -> CostGroup:
    dollars = 100.0 - number
    return CostGroup(
        name=f"n{number}", task_count=2, seconds=60, total=dollars, cost=Cost(compute=dollars)
    )


def test_ten_names_are_all_shown() -> None:
    groups = [_group(number) for number in range(10)]
    assert top(groups) == groups


def test_of_more_names_the_highest_costs_are_shown_and_the_sum_of_the_others() -> None:
    groups = [_group(number) for number in range(12)]
    *first, others = top(groups)
    assert first == groups[:9]
    assert (others.name, others.task_count, others.seconds) == ("3 others", 6, 180)
    assert (others.total, others.cost.compute) == (91 + 90 + 89, 91 + 90 + 89)
