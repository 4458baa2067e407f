"""The sweep of failed deliveries: it has GitHub deliver webhooks again, which GitHub does not do.

Source: GitHub Docs, "Handling failed webhook deliveries". A ledger of each webhook is kept between
runs. It reserves what is requested before GitHub is asked, so that no GUID is requested twice.
"""

from datetime import datetime

from msgspec.structs import replace

from functions.janitor.delivery_ledger import (
    Failure,
    Kept,
    Ledger,
    decode,
    encode,
    requested,
    reserved,
    restarted,
    scanned,
)
from functions.janitor.repositories import served_repositories
from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.ports import Checkpoint, Deliveries, Hook, Refused

MOST_OWNERS = 5
"""Maximum number of webhooks read in one run. An App or an organization has one."""
MOST_PAGES = 10
"""Maximum number of pages of 100 deliveries read of one webhook in one run."""
MOST_REQUESTED = 50
"""Maximum number of deliveries of one webhook requested in one run. A request counts as 5 of the
900 points a minute that GitHub allows. Source: GitHub Docs, "Rate limits for the REST API"."""


def failed_deliveries(janitor: Janitor) -> Swept:
    """Request the failed deliveries of the fleet's webhooks again."""
    deliveries = janitor.deliveries
    if deliveries is None:
        return Swept()
    repositories = served_repositories(janitor)
    owners = janitor.rotated(deliveries.owners(repositories), MOST_OWNERS, str)
    swept = Swept()

    def look(owner: str) -> Outcome:
        nonlocal swept
        hook = _hook(janitor, deliveries, owner)
        if hook is not None:
            swept += _redeliver(janitor, deliveries, hook)
        return Outcome.OK

    return janitor.each(owners, look, str) + swept


def _hook(janitor: Janitor, deliveries: Deliveries, owner: str) -> Hook | None:
    """Return the fleet's webhook of the owner. It is looked for once an hour."""
    hooks = janitor.memory.hooks
    if owner not in hooks:
        try:
            hooks[owner] = deliveries.hook(owner)
        except Refused:  # no permission to read webhooks
            hooks[owner] = None
    return hooks[owner]


def _redeliver(janitor: Janitor, deliveries: Deliveries, hook: Hook) -> Swept:
    name, now = f"deliveries{hook.path}", janitor.now()
    kept = janitor.memory.deliveries.pop(name, None) or _read(janitor, name)
    try:
        ledger = _scan(deliveries, hook, kept.ledger, now)
    except Refused:  # GitHub no longer has the page, or the webhook
        ledger = restarted(kept.ledger)
    ledger, chosen = reserved(ledger, now, MOST_REQUESTED)
    kept = _keep(janitor, name, kept, ledger)
    answered: set[str] = set()

    def request(one: Failure) -> Outcome:
        try:
            deliveries.redeliver(hook, one.id)
            outcome = Outcome.REPAIRED
        except Refused:  # GitHub has it no longer
            outcome = Outcome.DEFERRED
        answered.add(one.guid)
        return outcome

    done = janitor.each(chosen, request, lambda one: f"delivery {one.guid}")
    if answered:
        _keep(janitor, name, kept, requested(ledger, answered, now))
    return done


def _read(janitor: Janitor, name: str) -> Kept:
    checkpoint = janitor.checkpoints.read(name)
    ledger = decode(checkpoint.text, janitor.now())
    return Kept(ledger=ledger, stored=ledger, version=checkpoint.version)


def _keep(janitor: Janitor, name: str, before: Kept, ledger: Ledger) -> Kept:
    """Remember the ledger, and store it if it has news.

    If that fails, it is not remembered: the next run reads what others have stored meanwhile.
    """
    kept = replace(before, ledger=ledger)
    if before.is_news(ledger):
        janitor.memory.deliveries.pop(name, None)
        checkpoint = Checkpoint(text=encode(ledger), version=before.version)
        janitor.checkpoints.write(name, checkpoint)
        kept = Kept(ledger=ledger, stored=ledger, version=before.version + 1)
    janitor.memory.deliveries[name] = kept
    return kept


def _scan(deliveries: Deliveries, hook: Hook, ledger: Ledger, now: datetime) -> Ledger:
    for _ in range(MOST_PAGES):
        ledger = scanned(ledger, deliveries.page(hook, ledger.cursor), now)
        if not ledger.cursor:
            break
    return ledger
