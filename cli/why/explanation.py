"""The answer of `ecsrunner jobs why`: cause, evidence, dependencies, others, remedy. Pure."""

from datetime import datetime

from msgspec import Struct

from cli.history.marks import Phase
from cli.why import evidence, remedies
from cli.why.cause import REFUSALS, Cause
from cli.why.dependencies import AwaitedImage, Breaker, Line
from cli.why.diagnosis import Diagnosis
from cli.why.evidence import Evidence
from cli.why.similar import Similar
from cli.why.streams import JobStream
from shared.domain import events as e

LONG_SECONDS = 60.0
"""A wait of a job that ran is worth a remedy from that many seconds on."""


class Related(Struct, frozen=True, kw_only=True):
    """What was read besides the job's stream. None: it has no part in the cause.

    Attributes:
        home: The stream of the job that its runner was launched for, if that is another one.
        image_events: The events of the image's stream.
    """

    home: JobStream | None = None
    line: Line | None = None
    image: AwaitedImage | None = None
    image_events: tuple[e.Recorded, ...] = ()
    breaker: Breaker | None = None
    similar: Similar | None = None


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a job waits, waited or got no runner. Times in UTC, durations in seconds.

    Attributes:
        state: The job's state: `queued`, `held`, `refused`, `started` or `completed`.
        cause: Why it waits, waited or got no runner.
        sentence: The cause in words.
        longest: The cause of the longest wait, once the job no longer waits.
        since: Begin of the present wait, or else of the longest one.
        seconds: Its duration in seconds.
        next_at: When the next attempt is made, if that is known.
        runner_id: The runner that the cause is about; null if there is none.
        evidence: The events that prove the cause.
        line: The line for a slot, if that is waited for.
        image: The image, if that is waited for or refused.
        circuit: The circuit breaker, if launches broke lately.
        similar: Other jobs with the same cause.
        remedy: What to do; "" if nothing is needed.
        phases: What the job waited for, and how long it ran.
    """

    job_id: int
    repository: str
    workflow: str
    job_name: str
    url: str
    state: str
    cause: Cause
    sentence: str
    reason: str
    longest: Cause | None
    since: datetime | None
    seconds: float | None
    next_at: datetime | None
    runner_id: str | None
    evidence: tuple[Evidence, ...]
    line: Line | None
    image: AwaitedImage | None
    circuit: Breaker | None
    similar: Similar | None
    remedy: str
    phases: tuple[Phase, ...]


def explain(job: JobStream, diagnosis: Diagnosis, related: Related) -> Explanation:
    """Return the diagnosis with its evidence, what it depends on and its remedy."""
    state = job.history.state
    details = state.job.details or e.JobDetails(repository="", labels=())
    elsewhere = related.home.recorded if related.home else ()
    return Explanation(
        job_id=state.job_id,
        repository=details.repository,
        workflow=details.workflow,
        job_name=details.name,
        url=details.url,
        state=state.job.phase.value,
        cause=diagnosis.cause,
        sentence=diagnosis.sentence,
        reason=diagnosis.reason,
        longest=diagnosis.longest,
        since=diagnosis.since,
        seconds=diagnosis.seconds,
        next_at=diagnosis.next_at,
        runner_id=diagnosis.runner_id or None,
        evidence=(
            *evidence.of_job(diagnosis, job.recorded),
            *evidence.of_home(diagnosis, elsewhere),
            *evidence.of_image(related.image_events),
        ),
        line=related.line,
        image=related.image,
        circuit=related.breaker,
        similar=related.similar,
        remedy=_remedy(diagnosis),
        phases=diagnosis.phases,
    )


def _remedy(diagnosis: Diagnosis) -> str:
    if diagnosis.cause in REFUSALS:
        return remedies.of_refusal(diagnosis.reason)
    if diagnosis.cause in remedies.WAITS:
        return remedies.WAITS[diagnosis.cause]
    long = diagnosis.seconds is not None and diagnosis.seconds >= LONG_SECONDS
    return remedies.AFTERWARDS.get(diagnosis.longest, "") if long and diagnosis.longest else ""
