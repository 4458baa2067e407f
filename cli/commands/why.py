"""`ecsrunner jobs why`: why a job waits, waited or got no runner."""

from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

import click

from cli.commands.options import Target, TargetType, fleet_of, json_option
from cli.commands.webhooks import why_unknown
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console
from cli.render.why import explained
from cli.streams.stored import StoredStream, stored
from cli.why import dependencies
from cli.why import similar as others
from cli.why.cause import REFUSALS, SHARED, Cause
from cli.why.diagnosis import Diagnosis, diagnose
from cli.why.explanation import Explanation, Related, explain
from cli.why.streams import JobStream, last_fact
from shared.domain import events as e
from shared.domain.history import read_job
from shared.domain.names import home_job
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId

MOST_WAITING = 5000
"""Maximum number of jobs in line that are read to find a job's place."""
MOST_FAILED = 500
"""Maximum number of failed runners that are compared with a refused job's, or named as broken."""
LATELY = timedelta(hours=24)
"""How long ago other refusals count."""


@click.command()
@click.argument("job", metavar="JOB", type=TargetType())
@json_option
@click.pass_context
def why(ctx: click.Context, *, job: Target, as_json: bool) -> None:
    """Show why a job waits, waited or got no runner, the proof, and what to do.

    JOB is a job's id, its URL, or the id of a runner that was launched for it. The events that
    prove the cause have the numbers that `ecsrunner jobs history` shows. Other jobs with the same
    cause are counted: those that wait now or, of a refused job, those of the last 24 hours. Exit
    code 1 if the log does not have the job. Needs EVENTS_TABLE and RUNNER_TABLE; with
    INGEST_LOG_GROUP it shows why the webhook of an unknown job was ignored.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    now = fleet.clock.now()
    found = _explanation(fleet, job.job_id, now)
    if as_json:
        json.document(found)
    else:
        console.show(explained(found, now, console.width()))


def _explanation(fleet: Fleet, job_id: int, now: datetime) -> Explanation:
    job = _job(fleet, job_id)
    if job is None:
        raise AnswerIsNo(why_unknown(fleet, job_id))
    home_id = home_job(job.history.state.job.paired or "")
    home = _job(fleet, home_id) if home_id not in (None, job_id) else None
    diagnosis = diagnose(job, home, now)
    line, breaker = _slots(fleet, job_id, diagnosis)
    image = _image(fleet, job, home, diagnosis)
    related = Related(
        home=home,
        line=line,
        image=dependencies.awaited_image(image) if image else None,
        image_events=image.recorded if image else (),
        breaker=breaker,
        similar=_similar(fleet, home or job, job_id, diagnosis, now),
    )
    return explain(job, diagnosis, related)


def _job(fleet: Fleet, job_id: int | None) -> JobStream | None:
    if job_id is None:
        return None
    name = StreamId.of_job(job_id)
    recorded = tuple(fleet.log.read(name))
    return JobStream(history=read_job(name, recorded), recorded=recorded) if recorded else None


def _slots(
    fleet: Fleet, job_id: int, diagnosis: Diagnosis
) -> tuple[dependencies.Line | None, dependencies.Breaker | None]:
    """Return the job's place in line, and the circuit breaker if launches broke lately."""
    if diagnosis.cause not in (Cause.SLOT, Cause.CIRCUIT):
        return None, None
    slots = fleet.log.slots()
    order = fleet.table.waiting(MOST_WAITING)
    line = dependencies.line(job_id, order, MOST_WAITING, slots, diagnosis.reason)
    if not slots.circuit.broken:
        return line, None
    ended = fleet.table.by_status(Status.FAILED, MOST_FAILED)
    return line, dependencies.breaker(slots, ended)


def _image(
    fleet: Fleet, job: JobStream, home: JobStream | None, diagnosis: Diagnosis
) -> StoredStream | None:
    """Return the stream of the image that the job waits for, or that refused it; None if none."""
    if diagnosis.cause not in (Cause.IMAGE, Cause.REFUSED):
        return None
    awaited = last_fact((home or job).recorded, e.ImageAwaited)
    if awaited is None:
        return None
    name = StreamId.of_image(awaited.tag)
    found = stored(name, partial(fleet.log.read, name))
    return found if found.recorded else None


def _similar(
    fleet: Fleet, home: JobStream, job_id: int, diagnosis: Diagnosis, now: datetime
) -> others.Similar | None:
    """Return the other jobs with the same cause, by the rows of their runners."""
    row = home.history.rows.get(diagnosis.runner_id)
    if diagnosis.cause not in SHARED or row is None:
        return None
    cause = others.STUCK if diagnosis.cause is Cause.STUCK else others.cause_of(row)
    if diagnosis.cause not in REFUSALS:
        return others.similar(cause, job_id, fleet.table.live(now).rows)
    failed = fleet.table.by_status(Status.FAILED, MOST_FAILED)
    lately = takewhile(lambda one: one.status_at >= now - LATELY, failed)
    return others.similar(cause, job_id, lately)
