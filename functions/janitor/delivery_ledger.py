"""Which deliveries of a webhook failed, and which of them to request again. Pure: values only.

GitHub lists deliveries newest first, as the script in GitHub Docs, "Automatically redelivering
failed deliveries for a repository webhook", requires. A scan reads the list back to where the last
one began, over several runs if it is long. A GUID is settled by one successful attempt.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.ports import DeliveryPage

EVENT = "workflow_job"
REACH = timedelta(days=3)
"""How far back GitHub redelivers. Source: GitHub Docs, "Redelivering webhooks"."""
SETTLED = timedelta(minutes=1)
"""Age from which a delivery without success has failed: GitHub waits 10 seconds for
a response, an Enterprise Server 30. Source: GitHub Docs, "Handling failed webhook deliveries"."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=6)
"""How long after the start of a run with a request the next one is due. It doubles each time.

A run makes its requests within 50 seconds, so two of them are more than a minute apart."""
KEPT_SECONDS = 600
"""Seconds for which progress of the scan alone is not stored. A new execution environment reads so
much of the list again."""
MOST_REQUESTS = 20
"""Maximum number of requests for one GUID. With their pauses they cover the three days."""
MOST_KEPT = 2000
"""Maximum number of failures kept, the newest: about 200 KB, where an item holds 400 KB. The jobs
of older ones are found by the sweep of jobs at GitHub."""


class Failure(Struct, frozen=True, array_like=True):
    """An event of which no attempt has succeeded.

    Attributes:
        id: The last attempt.
        first_at: When the first known attempt was made.
        due: When the next one is to be requested.
        requests: The number of requests that GitHub answered.
    """

    guid: str
    id: int
    first_at: datetime
    due: datetime
    requests: int = 0


class Ledger(Struct, frozen=True, kw_only=True):
    """What is known of a webhook's deliveries.

    Attributes:
        until: Everything that was delivered before has been read.
        cursor: The next page of the scan under way, or "".
        top: The value of `until` after that scan.
        settled: The GUIDs of which that scan has seen a successful redelivery.
        is_down: Whether the newest attempt has failed.
    """

    until: datetime
    cursor: str = ""
    top: datetime | None = None
    settled: frozenset[str] = frozenset()
    failures: tuple[Failure, ...] = ()
    is_down: bool = False


class Kept(Struct, frozen=True, kw_only=True):
    """A ledger as a run left it, the stored one before it, and the version of its checkpoint."""

    ledger: Ledger
    stored: Ledger
    version: int

    def is_news(self, ledger: Ledger) -> bool:
        """Return whether a ledger has more to store than the progress of a few minutes."""
        progress = ledger.until - self.stored.until
        return (
            replace(ledger, until=self.stored.until) != self.stored
            or progress.total_seconds() >= KEPT_SECONDS
        )


def decode(text: str, now: datetime) -> Ledger:
    """Return the stored ledger, or one that begins as far back as GitHub redelivers."""
    try:
        return msgspec.json.decode(text, type=Ledger)
    except msgspec.DecodeError:
        return Ledger(until=now - REACH)


def encode(ledger: Ledger) -> str:
    """Return the ledger as text."""
    return msgspec.json.encode(ledger).decode()


def scanned(ledger: Ledger, page: DeliveryPage, now: datetime) -> Ledger:
    """Return the ledger after the next page of its scan. The scan is over if `cursor` is empty."""
    is_first = not ledger.cursor
    top = now - SETTLED if is_first or ledger.top is None else ledger.top
    settled = set() if is_first else set(ledger.settled)
    failures = {one.guid: one for one in ledger.failures}
    known = [one for one in page.deliveries if one.event == EVENT and one.at >= ledger.until]
    attempts = [one for one in known if one.succeeded or one.at <= now - SETTLED]
    for one in attempts:
        if one.succeeded:
            failures.pop(one.guid, None)
            settled |= {one.guid} if one.is_redelivery else set()
        elif one.guid in failures:
            failures[one.guid] = replace(failures[one.guid], id=max(failures[one.guid].id, one.id))
        elif one.guid not in settled and not one.is_redelivery:
            failures[one.guid] = Failure(one.guid, one.id, first_at=one.at, due=one.at)
    is_down = not attempts[0].succeeded if is_first and attempts else ledger.is_down
    is_read = not page.cursor or any(one.at < ledger.until for one in page.deliveries)
    ledger = replace(ledger, failures=_kept(failures.values(), now), is_down=is_down)
    if is_read:
        return replace(ledger, until=top, cursor="", top=None, settled=frozenset())
    return replace(ledger, cursor=page.cursor, top=top, settled=frozenset(settled))


def restarted(ledger: Ledger) -> Ledger:
    """Return the ledger without the scan under way. The next one reads the list from its start."""
    return replace(ledger, cursor="", top=None, settled=frozenset())


def reserved(ledger: Ledger, now: datetime, most: int) -> tuple[Ledger, Sequence[Failure]]:
    """Return at most `most` failures to request again, the oldest first, and the ledger before it.

    Each waits for the first pause from then on, whether or not GitHub answers its request. While
    the newest attempt has failed, one of them finds out whether the next one succeeds.
    """
    due = [one for one in ledger.failures if one.due <= now and one.requests < MOST_REQUESTS]
    due.sort(key=lambda one: one.first_at)
    chosen = due[: 1 if ledger.is_down else most]
    guids = {one.guid for one in chosen}
    until = now + FIRST_PAUSE
    return _changed(ledger, guids, lambda one: replace(one, due=until)), chosen


def requested(ledger: Ledger, guids: Set[str], now: datetime) -> Ledger:
    """Return the ledger after GitHub answered the requests of these GUIDs."""

    def count(one: Failure) -> Failure:
        pause = min(FIRST_PAUSE * 2**one.requests, LONGEST_PAUSE)
        return replace(one, requests=one.requests + 1, due=now + pause)

    return _changed(ledger, guids, count)


def _changed(ledger: Ledger, guids: Set[str], change: Callable[[Failure], Failure]) -> Ledger:
    after = (change(one) if one.guid in guids else one for one in ledger.failures)
    return replace(ledger, failures=tuple(after))


def _kept(failures: Iterable[Failure], now: datetime) -> tuple[Failure, ...]:
    within = [one for one in failures if one.first_at > now - REACH]
    return tuple(sorted(within, key=lambda one: one.first_at)[-MOST_KEPT:])
