"""Rules about outages of hours, and about a quota that is missing for hours.

Each yields what it saw wrong, and the runner that it is about.
"""

from datetime import timedelta

from shared.domain import events as e
from shared.domain.stream import StreamId
from tests.simulated.agenda import START
from tests.simulated.names import DEAD_LETTERS
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.world import World

CAUGHT_UP = 25 * 60.0
"""Seconds: the longest backoff of a quarter of an hour, a redelivery of a webhook, and a launch."""
CAUGHT_UP_WITH_GITHUB = 10 * 60.0
"""Seconds: two runs of the Janitor, which tries the launches again, and their start; and another
launch for a job whose runner took another one."""


def _has_outage(world: World) -> bool:
    return world.profile.restored > 0


def caught_up(world: World) -> Wrong:
    """Every job that waited through it, or came in it, starts soon after its end."""
    if not _has_outage(world):
        return
    restored = START + timedelta(seconds=world.profile.restored)
    seconds = CAUGHT_UP_WITH_GITHUB if "github" in world.profile.down else CAUGHT_UP
    for job in world.actions.jobs():
        due = max(restored, job.created_at) + timedelta(seconds=seconds)
        if job.started_at is not None and job.started_at > due:
            yield f"job {job.id} started at {job.started_at:%H:%M:%S}", f"fleet-{job.id}-1"


def buries_nothing(world: World) -> Wrong:
    """No nudge ends in a dead-letter queue."""
    if not _has_outage(world):
        return
    for name, url in DEAD_LETTERS.items():
        for message in world.sqs.queues[url].messages():
            yield f"{message.body} is dead in the queue of the {name}", None


def gives_nothing_up(world: World) -> Wrong:
    """What passes gives no job up and says nothing of the launches."""
    if not _has_outage(world):
        return
    for job in world.actions.jobs():
        for event in (one.event for one in world.log.read(StreamId.of_job(job.id))):
            if isinstance(event.fact, e.JobGivenUp):
                yield f"job {job.id}: {event.fact.reason}", None
            if isinstance(event.fact, e.SlotFreed) and event.fact.circuit_opened:
                yield f"job {job.id}: the circuit opened", event.fact.runner_id


AT_LAST: dict[str, Rule] = {
    "jobs catch up after an outage": caught_up,
    "an outage buries nothing": buries_nothing,
    "an outage gives nothing up": gives_nothing_up,
}
