"""Failed deliveries are requested again, from the ledger that is kept between runs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.janitor.deliveries import failed_deliveries
from functions.janitor.delivery_ledger import FIRST_PAUSE
from functions.janitor.sweep import Swept, run
from shared.domain.scope import Offer
from shared.ports import Checkpoint, Delivery, DeliveryPage, Hook, Refused, Unavailable
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor

OFFER = Offer(scope=("octo/repo", "octo/other"))


class Webhooks:
    """A webhook in `octo/repo`, with scripted deliveries, newest first, one a page."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        self._fleet = fleet
        self.attempts: list[Delivery] = []
        self.asked: list[str] = []
        self.requests: list[int] = []
        self.fails: Exception | None = None
        self.unanswered: Exception | None = None

    def add(self, guid: str, *, ok: bool = False, again: bool = False) -> None:
        one = Delivery(
            id=len(self.attempts) + 1,
            guid=guid,
            event="workflow_job",
            at=self._fleet.clock.now(),
            is_redelivery=again,
            succeeded=ok,
        )
        self.attempts.insert(0, one)

    def owners(self, repositories: Sequence[str]) -> Sequence[str]:
        return repositories

    def hook(self, owner: str) -> Hook | None:
        self.asked.append(owner)
        if owner == "octo/other":
            raise Refused("GitHub: 404 Not Found")
        return Hook(path=f"/repos/{owner}/hooks/1", owner=owner)

    def page(self, hook: Hook, cursor: str) -> DeliveryPage:
        assert hook.path == "/repos/octo/repo/hooks/1"
        if self.fails is not None:
            raise self.fails
        first = int(cursor or 0)
        more = str(first + 1) if first + 1 < len(self.attempts) else ""
        return DeliveryPage(deliveries=tuple(self.attempts[first : first + 1]), cursor=more)

    def redeliver(self, hook: Hook, delivery_id: int) -> None:
        if self.unanswered is not None:
            raise self.unanswered
        self.requests.append(delivery_id)
        if delivery_id == 13:
            raise Refused("GitHub: 422 too old")


@pytest.fixture
def fleet() -> SimulatedFleet:
    return SimulatedFleet()


@pytest.fixture
def webhooks(fleet: SimulatedFleet) -> Webhooks:
    return Webhooks(fleet)


def swept(fleet: SimulatedFleet, webhooks: Any, **more: Any) -> Swept:
    return failed_deliveries(janitor(fleet, deliveries=webhooks, offer=OFFER, **more))


def test_a_failed_delivery_is_requested_once_and_settled_by_its_success(
    fleet: SimulatedFleet, webhooks: Webhooks
) -> None:
    webhooks.add("a")
    webhooks.add("b", ok=True)
    fleet.clock.advance(90)
    assert swept(fleet, webhooks) == Swept(found=1, repaired=1)
    assert swept(fleet, webhooks) == Swept()
    webhooks.add("a", ok=True, again=True)
    fleet.clock.advance(3600)
    assert swept(fleet, webhooks) == Swept()
    assert webhooks.requests == [1]


def test_the_request_is_kept_before_it_is_made(fleet: SimulatedFleet, webhooks: Webhooks) -> None:
    webhooks.add("a")
    fleet.clock.advance(90)

    webhooks.unanswered = Unavailable("GitHub: no answer")
    failures: list[str] = []
    for number in range(6):
        fleet.clock.advance(FIRST_PAUSE.total_seconds() if number else 0)
        assert swept(fleet, webhooks, failures=failures).failed == ("delivery a",)
        assert swept(fleet, webhooks) == Swept(), "GitHub may have taken it: the pause is not over"
    assert failures == ["delivery a"] * 6, "no answer does not make the pauses longer"


def test_a_request_for_which_no_time_is_left_does_not_make_the_pauses_longer(
    fleet: SimulatedFleet, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.add("a")
    fleet.clock.advance(90)
    page = webhooks.page

    def slow(*arguments: Any) -> DeliveryPage:
        fleet.clock.advance(20)
        return page(*arguments)

    monkeypatch.setattr(webhooks, "page", slow)
    for _ in range(4):
        late = fleet.clock.now() + timedelta(seconds=10)
        assert swept(fleet, webhooks, ends_at=late).skipped > 0
        fleet.clock.advance(FIRST_PAUSE.total_seconds())
    assert swept(fleet, webhooks) == Swept(found=1, repaired=1)


def test_a_delivery_that_github_no_longer_has_fails_no_run(
    fleet: SimulatedFleet, webhooks: Webhooks
) -> None:
    for number in range(13):
        webhooks.add(f"guid-{number}", ok=number < 12)
    fleet.clock.advance(90)
    assert swept(fleet, webhooks) == Swept(found=1)


def test_a_long_list_is_read_over_several_runs(fleet: SimulatedFleet, webhooks: Webhooks) -> None:
    webhooks.add("oldest")
    for number in range(24):
        webhooks.add(f"guid-{number}", ok=True)
    fleet.clock.advance(90)
    assert [swept(fleet, webhooks).repaired for _ in range(3)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("error", "found"), [(Refused("GitHub: 422"), Swept()), (Unavailable("GitHub: 502"), None)]
)
def test_a_list_that_can_not_be_read_is_read_again_from_its_start(
    fleet: SimulatedFleet, webhooks: Webhooks, error: Exception, found: Swept | None
) -> None:
    webhooks.add("a")
    fleet.clock.advance(90)
    webhooks.fails = error
    assert swept(fleet, webhooks) == (found or Swept(found=1, failed=("octo/repo",)))
    webhooks.fails = None
    assert swept(fleet, webhooks) == Swept(found=1, repaired=1)


def test_the_webhook_of_a_place_is_looked_for_once_an_hour(
    fleet: SimulatedFleet, webhooks: Webhooks
) -> None:
    one = janitor(fleet, deliveries=webhooks, offer=OFFER)
    for _ in range(3):
        assert failed_deliveries(one) == Swept(), "it may not look at octo/other, which is no error"
    assert sorted(webhooks.asked) == ["octo/other", "octo/repo"]
    fleet.clock.advance(timedelta(hours=1).total_seconds())
    run(one, {"FailedDeliveries": failed_deliveries})
    assert len(webhooks.asked) == 4


def test_without_the_urls_of_webhooks_nothing_is_asked(fleet: SimulatedFleet) -> None:
    assert swept(fleet, None) == Swept()


class Counted:
    """Checkpoints, with what was done with them."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        self._checkpoints = fleet.checkpoints
        self.done: list[str] = []

    def read(self, name: str) -> Checkpoint:
        self.done.append("read")
        return self._checkpoints.read(name)

    def write(self, name: str, checkpoint: Checkpoint) -> None:
        self.done.append("write")
        self._checkpoints.write(name, checkpoint)


def test_without_news_the_ledger_is_read_once_and_its_progress_is_stored_now_and_then(
    fleet: SimulatedFleet, webhooks: Webhooks
) -> None:
    counted = Counted(fleet)
    one = janitor(fleet, deliveries=webhooks, offer=OFFER, checkpoints=counted)
    for number in range(25):
        webhooks.add(f"guid-{number}", ok=True)
        fleet.clock.advance(60)
        assert failed_deliveries(one) == Swept()
    assert counted.done == ["read", "write", "write", "write"]


def test_a_ledger_that_another_run_has_changed_is_read_again(
    fleet: SimulatedFleet, webhooks: Webhooks
) -> None:
    counted = Counted(fleet)
    one = janitor(fleet, deliveries=webhooks, offer=OFFER, checkpoints=counted)
    assert failed_deliveries(one) == Swept()
    webhooks.add("a")
    fleet.clock.advance(90)
    assert swept(fleet, webhooks) == Swept(found=1, repaired=1)
    assert failed_deliveries(one) == Swept(found=1), "it has changed meanwhile"
    assert failed_deliveries(one) == Swept()
    assert webhooks.requests == [1]
    assert counted.done == ["read", "write", "write", "read"]


def test_a_new_environment_reads_the_list_again_from_where_it_was_stored(
    fleet: SimulatedFleet, webhooks: Webhooks
) -> None:
    one = janitor(fleet, deliveries=webhooks, offer=OFFER)
    webhooks.add("lost")
    fleet.clock.advance(90)
    assert failed_deliveries(one) == Swept(found=1, repaired=1)
    webhooks.add("lost", ok=True, again=True)
    fleet.clock.advance(90)
    assert failed_deliveries(one) == Swept()
    fleet.clock.advance(90)
    for _ in range(2):
        assert swept(fleet, webhooks) == Swept(), "it is settled"
    assert webhooks.requests == [1]
