"""When a launch may register its runner at GitHub, and with which credential."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.slot.rate_limit import LATEST, WINDOW, RateLimit, RateLimits, Turn
from tests.support.stories import at

SECOND = timedelta(seconds=1)


def _take(limit: RateLimit, now: datetime, per_minute: int, count: int) -> list[datetime]:
    turns = []
    for _ in range(count):
        turns.append(limit.next_turn(now, per_minute))
        limit = limit.taken(turns[-1])
    return turns


def _taken(limits: RateLimits, names: tuple[str, ...], count: int) -> list[Turn]:
    turns = []
    for _ in range(count):
        turns.append(limits.next_turn(at(), names, 2))
        limits = limits.taken(turns[-1])
    return turns


def test_a_burst_within_a_minutes_quota_does_not_wait() -> None:
    assert _take(RateLimit(), at(0.3), 170, 170) == [at(0.3)] * 170


def test_the_launch_after_a_full_minute_has_the_turn_of_the_next_one() -> None:
    assert _take(RateLimit(), at(), 2, 5) == [at(0)] * 2 + [at(WINDOW)] * 2 + [at(2 * WINDOW)]


def test_a_quota_that_was_used_a_minute_ago_is_free_again() -> None:
    full = RateLimit().taken(at(0)).taken(at(1))
    assert full.next_turn(at(WINDOW - 1), 2) == at(WINDOW)
    assert full.next_turn(at(WINDOW), 2) == at(WINDOW)


@given(
    waits=st.lists(st.integers(0, 40), max_size=60),
    per_minute=st.integers(1, 5),
    refused_after=st.none() | st.integers(0, 60),
)
def test_no_window_ever_has_more_turns_than_a_minute_allows(
    waits: list[int], per_minute: int, refused_after: int | None
) -> None:
    limits, now, taken = RateLimits(), at(), []
    for number, wait in enumerate(waits):
        now += timedelta(seconds=wait)
        if number == refused_after:
            limits = limits.refused("", now + timedelta(seconds=30))
        turn = limits.next_turn(now, ("",), per_minute)
        assert turn.at >= now
        limits = limits.taken(turn)
        taken.append(turn.at)
    assert taken == sorted(taken), "turns are in the order of their requests"
    for first in taken:
        within = [one for one in taken if first <= one < first + WINDOW * SECOND]
        assert len(within) <= per_minute


def test_no_turn_is_before_the_end_of_githubs_limit() -> None:
    limits = RateLimits().refused("", at(90)).refused("", at(30))
    assert limits.next_turn(at(), ("",), 170).at == at(90)
    assert list(limits.holding(at(89))) == [("", at(90))]
    assert list(limits.holding(at(90))) == []


def test_after_a_refusal_turns_are_spread_evenly_for_a_minute() -> None:
    limit = RateLimit(until=at(90))
    assert _take(limit, at(), 100, 5) == [at(90), at(90), at(91), at(91), at(92)]
    assert _take(limit, at(90 + WINDOW), 100, 5) == [at(90 + WINDOW)] * 5


def test_credentials_are_used_in_turn() -> None:
    names = ("", "4711", "/fleet/token-2")
    turns = _taken(RateLimits(), names, 9)
    assert [one.credential for one in turns] == [*names, *names, *names]
    assert [one.at for one in turns] == [at()] * 6 + [at(WINDOW)] * 3


def test_a_credential_whose_limit_holds_is_left_out() -> None:
    limits = RateLimits().refused("", at(30))
    assert limits.next_turn(at(), ("", "4711"), 170).credential == "4711"


def test_if_all_limits_hold_the_one_that_ends_first_is_used() -> None:
    limits = RateLimits().refused("", at(60)).refused("4711", at(30))
    turn = limits.next_turn(at(), ("", "4711"), 170)
    assert turn == Turn(at=at(30), credential="4711")


def test_a_record_keeps_no_turn_that_no_longer_counts() -> None:
    limit = RateLimit().taken(at(0)).taken(at(10)).taken(at(WINDOW))
    assert limit.turns == {int(at(10).timestamp()): 1, int(at(WINDOW).timestamp()): 1}


def test_a_turn_is_valid_until_a_minute_after_it() -> None:
    turn = Turn(at=at(100))
    assert turn.is_valid(at(0))
    assert turn.is_valid(at(100) + LATEST)
    assert not turn.is_valid(at(101) + LATEST)


def test_records_that_are_equal_have_the_same_hash() -> None:
    turn = Turn(at=at(0))
    first, second = RateLimits().taken(turn), RateLimits().taken(turn)
    assert first == second
    assert len({first, second, RateLimits()}) == 2
