"""Rules about notices: each failure in the log has one, and each one reaches the subscribers.

Each yields what it saw wrong, and the runner that it is about.
"""

import msgspec

from shared.domain.job.state import JobPhase
from shared.domain.notices import JOB_REFUSED, RUNNER_FAILED, Notice
from shared.domain.runner.state import RunnerPhase
from tests.simulated.aws.expressions import Item
from tests.simulated.names import FLEET, UNDELIVERED
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.onlooker import load_job
from tests.simulation.world.world import World


def explained(world: World) -> Wrong:
    """A refused job and a runner that failed have their notice."""
    known = {(one.kind, one.job_id, one.runner_id) for one in _of(world.stream.followed)}
    for job in world.jobs():
        state = load_job(world.log, job.id).state
        if state.job.phase is JobPhase.REFUSED and (JOB_REFUSED, job.id, None) not in known:
            yield f"job {job.id} was refused", f"{FLEET.prefix}-{job.id}-1"
        for runner in state.runners:
            failed = runner.phase is RunnerPhase.CLOSED and runner.failed
            key = (RUNNER_FAILED, job.id, runner.id)
            if failed and runner.intended_at is not None and key not in known:
                yield f"{runner.id} failed", runner.id


def delivered(world: World) -> Wrong:
    """A notice is on the bus, or in the queue of those that the bus did not accept.

    A record that was discarded after 15 minutes raises an alarm, and takes its notices with it. One
    that is on its way when the world ends was made after the world had settled: the Janitor records
    a dead letter then.
    """
    bus = [one["Detail"] for one in world.events.entries[FLEET.bus]]
    queue = [one.body for one in world.sqs.queues[UNDELIVERED].messages()]
    sent = {msgspec.json.decode(one, type=Notice) for one in (*bus, *queue)}
    stored = set(_of(world.stream.followed))
    stream = world.stream
    for one in stored - sent - set(_of([*stream.discarded, *stream.undelivered()])):
        yield f"{one.kind} of job {one.job_id} was not sent", one.runner_id
    for one in sent - stored:
        yield f"{one.kind} of job {one.job_id} was made up", one.runner_id


def _of(items: list[Item]) -> list[Notice]:
    texts = [one["notices"]["S"] for one in items if "notices" in one]
    return [notice for text in texts for notice in msgspec.json.decode(text, type=list[Notice])]


AT_LAST: dict[str, Rule] = {
    "a failure has its notice": explained,
    "a notice reaches the subscribers": delivered,
}
