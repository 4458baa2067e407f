"""What tasks cost, computed by hand."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cli.analysis.cost import Basis, Bill, Cost, Task, bill, billed, price
from cli.analysis.prices import PricesError, own_prices, read_prices, region_of
from cli.analysis.usage import Period
from shared.domain.projection import RunnerRow
from tests.support import stories

PRICES = read_prices(
    """
    read = "2026-11-29"
    spot_ratio = 0.25
    address_hour = 0.5

    [region.us-east-1]
    source = "made up"
    x64 = { vcpu_hour = 36.0, gb_hour = 3.6 }
    arm64 = { vcpu_hour = 18.0, gb_hour = 1.8 }
    storage_gb_hour = 0.36

    [region.eu-west-1]
    source = "made up"
    x64 = { vcpu_hour = 36.0, gb_hour = 3.6 }
    """
)
ROW = RunnerRow(
    runner_id="fleet-7-1",
    job_id=7,
    status="OFFLINE",
    status_at=stories.at(110),
    class_name="small",
    capacity="FARGATE",
    cpu=512,
    memory=2048,
    task_arn=stories.TASK,
    launched_at=stories.at(10),
    started_at=stories.at(20),
    completed_at=stories.at(100),
    stopped_at=stories.at(110),
)
NOW = stories.at(100_000)
DAY = Period(stories.at(), stories.at(86_400))


def _task(row: RunnerRow = ROW, *, public_ip: bool = False) -> Task:
    return Task(row=row, repository="octo/repo", workflow="CI", public_ip=public_ip)


def _bill(*tasks: Task, basis: Basis | None = None, period: Period = DAY) -> Bill:
    return bill(tasks, basis or Basis(prices=PRICES), period, NOW)


def test_vcpu_and_memory_cost_by_the_second() -> None:
    # 100 s of half a vCPU at $0.01 and of 2 GB at $0.001 a second
    assert _bill(_task()).total() == Cost(compute=pytest.approx(100 * (0.005 + 0.002)))


def test_a_second_is_billed_once_it_has_begun_and_a_minute_at_least() -> None:
    def seconds(lasted: float) -> float:
        found = billed(replace(ROW, stopped_at=stories.at(10 + lasted)), NOW)
        assert found is not None
        return found.seconds

    assert [seconds(one) for one in (99.2, 100.0, 60.1, 59.9, 3.0)] == [100, 100, 61, 60, 60]


def test_a_live_task_is_billed_until_now() -> None:
    found = billed(replace(ROW, stopped_at=None, completed_at=None), stories.at(15))
    assert found is not None
    assert found.seconds == 5.0


def test_arm64_and_spot_have_prices_of_their_own() -> None:
    x64 = _bill(_task()).total().compute
    arm = _bill(_task(), basis=Basis(prices=PRICES, architecture="arm64")).total().compute
    spot = _bill(_task(replace(ROW, capacity="FARGATE_SPOT"))).total().compute
    assert (arm, spot) == (pytest.approx(x64 / 2), pytest.approx(x64 / 4))


def test_storage_costs_above_what_is_included() -> None:
    assert _bill(_task()).total().storage == 0.0
    found = _bill(_task(), basis=Basis(prices=PRICES, storage_gb=30)).total()
    assert found.storage == pytest.approx(100 * 10 * 0.0001)


def test_a_public_address_costs_as_long_as_the_task_has_it() -> None:
    assert _bill(_task(public_ip=True)).total().addresses == pytest.approx(0.5 * 100 / 3600)


def test_github_charges_each_minute_of_a_job_that_has_begun() -> None:
    # 80 s are two minutes
    found = _bill(_task(), basis=Basis(prices=PRICES, github_minute=0.25)).total()
    assert found.github == 0.5
    without = _task(replace(ROW, started_at=None, completed_at=None))
    assert _bill(without, basis=Basis(prices=PRICES, github_minute=0.25)).total().github == 0.0


def test_the_days_add_up_to_the_whole_and_each_has_its_part() -> None:
    midnight = stories.at(86_400)
    row = replace(
        ROW,
        launched_at=midnight - timedelta(seconds=30),
        started_at=midnight - timedelta(seconds=20),
        completed_at=midnight + timedelta(seconds=50),
        stopped_at=midnight + timedelta(seconds=60),
    )
    basis = Basis(prices=PRICES, github_minute=1.0)
    found = _bill(
        _task(row), basis=basis, period=Period(stories.at(), midnight + timedelta(days=1))
    )
    days = sorted(found.by(lambda one: one.day), key=lambda group: group.name)
    assert [(one.name, one.task_count, one.seconds, one.cost.github) for one in days] == [
        ("2026-01-01", 1, 30.0, 0.0),
        ("2026-01-02", 1, 60.0, 2.0),
    ]
    assert found.total().compute == pytest.approx(90 * 0.007)


def test_only_what_is_in_the_period_is_charged() -> None:
    assert _bill(_task(), period=Period(stories.at(60), NOW)).charges[0].seconds == 50.0
    assert _bill(_task(), period=Period(stories.at(110), NOW)).charges == ()


def test_groups_have_the_highest_cost_first_and_count_tasks_once() -> None:
    large = replace(ROW, runner_id="fleet-8-1", class_name="large", cpu=4096)
    found = _bill(_task(), _task(large), _task(replace(ROW, runner_id="fleet-9-1")))
    groups = found.by(lambda one: one.task.row.class_name)
    assert [(one.name, one.task_count, one.seconds) for one in groups] == [
        ("large", 1, 100.0),
        ("small", 2, 200.0),
    ]
    assert groups[1].total == pytest.approx(2 * 0.7)


def test_tasks_without_a_price_are_counted_by_region_and_left_out() -> None:
    here = _task()
    other = _task(replace(ROW, task_arn="arn:aws:ecs:eu-north-1:123456789012:task/fleet/1"))
    found = _bill(here, other, other)
    assert (found.unpriced, len(found.charges)) == ({"eu-north-1": 2}, 1)
    arm = _bill(
        _task(replace(ROW, task_arn="arn:aws:ecs:eu-west-1:1:task/fleet/1")),
        basis=Basis(prices=PRICES, architecture="arm64"),
    )
    assert arm.unpriced == {"eu-west-1": 1}


def test_a_task_outside_of_the_period_is_not_one_without_a_price() -> None:
    other = _task(replace(ROW, task_arn="arn:aws:ecs:eu-north-1:123456789012:task/fleet/1"))
    assert _bill(other, period=Period(stories.at(110), NOW)).unpriced == {}


def test_storage_without_a_price_is_named_and_the_task_is_charged() -> None:
    row = replace(ROW, task_arn="arn:aws:ecs:eu-west-1:123456789012:task/fleet/1")
    found = _bill(_task(row), basis=Basis(prices=PRICES, storage_gb=50))
    assert (found.storage_unpriced, len(found.charges)) == (("eu-west-1",), 1)
    assert _bill(_task(row)).storage_unpriced == ()


def test_a_runner_without_a_task_costs_nothing() -> None:
    found = _bill(_task(replace(ROW, task_arn=None)))
    assert (found.charges, found.unpriced) == ((), {})
    assert billed(replace(ROW, task_arn=None), NOW) is None
    assert region_of(replace(ROW, task_arn="odd")) == ""


def test_each_region_of_the_projects_table_names_its_source_and_has_prices() -> None:
    table = own_prices()
    assert datetime.fromisoformat(table.read)
    assert {"us-east-1", "eu-west-1", "eu-central-1"} <= set(table.region)
    for region, prices in table.region.items():
        assert prices.source.startswith("https://"), region
        assert table.rate(region, "x64") is not None, region
    assert "us-west-2" not in table.priced("arm64")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("read = ", "Invalid value"),
        ('read = "2026-11-29"', "missing required field `spot_ratio`"),
        ('read = "x"\nspot_ratio = 2\naddress_hour = 0\nregion = {}', r"<= 1.*spot_ratio"),
        (
            'read = "x"\nspot_ratio = 1\naddress_hour = 0\n[region.a]\nsource = ""\nx86 = 1',
            "unknown field `x86`",
        ),
    ],
)
def test_a_text_that_is_no_price_table_is_refused_with_what_is_wrong(
    text: str, problem: str
) -> None:
    with pytest.raises(PricesError, match=problem):
        read_prices(text)


def test_the_price_of_a_task_is_the_sum_of_its_charges() -> None:
    days = Period(stories.at(), stories.at(5 * 86_400))
    basis = Basis(prices=PRICES, storage_gb=30, github_minute=0.25)
    task = _task(replace(ROW, stopped_at=stories.at(2 * 86_400 + 10)), public_ip=True)
    found = bill([task], basis, days, days.end)
    assert len({one.day for one in found.charges}) == 3
    priced = price(task, basis, days.end)
    assert priced is not None
    seconds, cost = priced
    assert seconds == 2 * 86_400
    assert cost.total == pytest.approx(found.total().total)
    assert cost.github == found.total().github == 0.5


def test_a_task_has_no_price_in_a_region_without_prices_and_a_runner_without_a_task_is_free() -> (
    None
):
    elsewhere = replace(ROW, task_arn="arn:aws:ecs:sa-east-1:1:task/fleet/1")
    assert price(_task(elsewhere), Basis(prices=PRICES), NOW) is None
    assert price(_task(replace(ROW, task_arn=None)), Basis(prices=PRICES), NOW) == (0.0, Cost())
