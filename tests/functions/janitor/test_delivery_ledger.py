"""The ledger of a webhook's deliveries: what has failed, and what is requested again, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.janitor.delivery_ledger import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_KEPT,
    MOST_REQUESTS,
    REACH,
    SETTLED,
    Ledger,
    decode,
    encode,
    requested,
    reserved,
    restarted,
    scanned,
)
from functions.janitor.sweep import BUDGET
from shared.ports import Delivery, DeliveryPage

NOW = datetime(2026, 1, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EMPTY = decode("", NOW)


def attempt(
    number: int,
    minutes: float = 5,
    *,
    guid: str = "",
    ok: bool = False,
    again: bool = False,
    event: str = "workflow_job",
) -> Delivery:
    """An attempt so many minutes ago."""
    return Delivery(
        id=number,
        guid=guid or f"guid-{number}",
        event=event,
        at=NOW - minutes * MINUTE,
        is_redelivery=again,
        succeeded=ok,
    )


def after(
    *attempts: Delivery, ledger: Ledger = EMPTY, cursor: str = "", minutes: float = 0
) -> Ledger:
    """The ledger after a page of these, newest first, which was read so many minutes ago."""
    page = DeliveryPage(deliveries=attempts, cursor=cursor)
    return scanned(ledger, page, NOW - minutes * MINUTE)


def guids(ledger: Ledger) -> list[str]:
    return [one.guid for one in ledger.failures]


def test_a_new_ledger_reads_as_far_back_as_github_redelivers() -> None:
    assert Ledger(until=NOW - REACH) == EMPTY
    assert decode("not JSON", NOW) == EMPTY
    known = after(attempt(1))
    assert decode(encode(known), NOW) == known


def test_what_failed_is_known_once_the_oldest_first() -> None:
    ledger = after(attempt(3, 2, ok=True), attempt(2, 3), attempt(1, 4))
    assert guids(ledger) == ["guid-1", "guid-2"]
    assert ledger.until == NOW - SETTLED
    assert after(attempt(2, 3), attempt(1, 4), ledger=ledger) == ledger


def test_other_events_and_deliveries_under_way_have_not_failed() -> None:
    assert guids(after(attempt(2, 0.5), attempt(1, event="ping"))) == []


@pytest.mark.parametrize("first", [False, True], ids=["in a later scan", "in the same scan"])
def test_one_successful_attempt_settles_a_guid(first: bool) -> None:
    failed = attempt(1, 5)
    again = attempt(2, 2, guid="guid-1", ok=True, again=True)
    ledger = EMPTY if first else after(failed, minutes=3)
    assert guids(after(again, failed, ledger=ledger)) == []


def test_a_success_on_an_earlier_page_settles_a_failure_on_a_later_one() -> None:
    again = attempt(2, 2, guid="guid-1", ok=True, again=True)
    ledger = after(again, cursor="2")
    assert (ledger.cursor, ledger.until) == ("2", EMPTY.until)
    ledger = after(attempt(1, 5), ledger=ledger)
    assert (guids(ledger), ledger.cursor, ledger.settled) == ([], "", frozenset())


def test_a_scan_ends_where_the_last_one_began() -> None:
    ledger = after(attempt(1, 3), cursor="2")
    assert ledger.cursor == "2"
    ledger = after(attempt(1, REACH / MINUTE + 1), ledger=ledger, cursor="3")
    assert (ledger.cursor, guids(ledger)) == ("", ["guid-1"])
    assert after(attempt(9, 10), ledger=ledger).failures == ledger.failures, "it was read before"


def test_a_scan_that_can_not_go_on_begins_anew_and_keeps_what_it_found() -> None:
    ledger = restarted(after(attempt(1, 3), cursor="2"))
    assert (ledger.cursor, ledger.until, guids(ledger)) == ("", EMPTY.until, ["guid-1"])


def test_a_failed_redelivery_is_the_attempt_to_deliver_again_and_nothing_new() -> None:
    ledger = after(attempt(2, 2, guid="guid-1", again=True), ledger=after(attempt(1, 5), minutes=3))
    assert [(one.guid, one.id) for one in ledger.failures] == [("guid-1", 2)]
    assert guids(after(attempt(4, guid="someone's", again=True))) == []


def test_failures_are_requested_the_oldest_first_and_not_again_before_their_pause() -> None:
    ledger = after(attempt(9, 1, ok=True), *(attempt(n, 9 - n) for n in (3, 2, 1)))
    ledger, chosen = reserved(ledger, NOW, 2)
    assert [one.id for one in chosen] == [1, 2]
    ledger, chosen = reserved(ledger, NOW, 2)
    assert [one.id for one in chosen] == [3]
    assert reserved(ledger, NOW, 2)[1] == []
    assert len(reserved(ledger, NOW + FIRST_PAUSE, 9)[1]) == 3


def test_while_the_newest_attempt_has_failed_one_finds_out_whether_that_is_over() -> None:
    ledger = after(*(attempt(n, 9 - n) for n in (3, 2, 1)))
    ledger, chosen = reserved(ledger, NOW, 50)
    assert [one.id for one in chosen] == [1]
    ledger = after(attempt(4, 1, guid="guid-1", ok=True, again=True), ledger=ledger)
    assert [one.id for one in reserved(ledger, NOW, 50)[1]] == [2, 3]


def test_pauses_double_up_to_the_longest_and_cover_what_github_keeps() -> None:
    ledger, now, pauses = after(attempt(1, 2), attempt(0, 3, ok=True)), NOW, []
    for _ in range(MOST_REQUESTS):
        ledger, chosen = reserved(ledger, now, 50)
        assert [one.id for one in chosen] == [1]
        ledger = requested(ledger, {"guid-1"}, now)
        (failure,) = ledger.failures
        pauses.append(failure.due - now)
        now = failure.due
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    assert now - NOW > REACH
    assert reserved(ledger, now, 50)[1] == [], "it has had its chances"


def test_two_requests_are_a_minute_apart_however_late_in_its_run_the_first_is_made() -> None:
    assert timedelta(seconds=BUDGET) + MINUTE < FIRST_PAUSE


def test_what_github_no_longer_delivers_is_forgotten() -> None:
    ledger = after(attempt(1, 5))
    page = DeliveryPage(deliveries=())
    assert scanned(ledger, page, NOW + REACH - 6 * MINUTE).failures
    assert scanned(ledger, page, NOW + REACH).failures == ()


def test_a_ledger_that_is_full_fits_an_item_and_keeps_the_newest() -> None:
    pages = [
        [attempt(n * 100 + m, 4000 - (n * 100 + m) / 1000, guid=f"{n:08}-0000-0000-0000-{m:012}")]
        for n in range(MOST_KEPT // 100 + 1)
        for m in range(100)
    ]
    every = [one for page in pages for one in page][::-1]
    ledger = after(*every)
    assert len(ledger.failures) == MOST_KEPT
    assert ledger.failures[-1].id == every[0].id
    assert len(encode(ledger)) < 390_000
