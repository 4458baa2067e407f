"""The sweep of failed deliveries: it has GitHub deliver webhooks again, which GitHub does not do.

Source: GitHub Docs, "Handling failed webhook deliveries". A ledger of each webhook is kept between
runs. It reserves what is requested before GitHub is asked, so that no GUID is requested twice.
"""

from datetime import datetime

from functions.janitor.delivery_ledger import (
    Failure,
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
    name = f"deliveries{hook.path}"
    checkpoint, now = janitor.checkpoints.read(name), janitor.now()
    ledger = decode(checkpoint.text, now)
    try:
        ledger = _scan(deliveries, hook, ledger, now)
    except Refused:  # GitHub no longer has the page, or the webhook
        ledger = restarted(ledger)
    ledger, chosen = reserved(ledger, now, MOST_REQUESTED)
    janitor.checkpoints.write(name, Checkpoint(text=encode(ledger), version=checkpoint.version))
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
        text = encode(requested(ledger, answered, now))
        janitor.checkpoints.write(name, Checkpoint(text=text, version=checkpoint.version + 1))
    return done


def _scan(deliveries: Deliveries, hook: Hook, ledger: Ledger, now: datetime) -> Ledger:
    for _ in range(MOST_PAGES):
        ledger = scanned(ledger, deliveries.page(hook, ledger.cursor), now)
        if not ledger.cursor:
            break
    return ledger
