"""The checks of the webhook, the log and the outbox, which nudges the consumers."""

from shared.domain.events import JobCompleted, JobQueued
from smoke import diagnosis
from smoke.diagnosis import causes
from smoke.site import Site
from smoke.verdict import Failed
from smoke.webhook import Answer, job_payload

FIRST_ANSWER_SECONDS = 90
"""Time limit for the first answer: the DNS name of a new API needs some seconds to propagate."""
NUDGE_SECONDS = 120
_SERVER_ERROR = 500
_OK, _ACCEPTED, _UNAUTHORIZED = 200, 202, 401


def refuses_unsigned(site: Site) -> str:
    """Check that a webhook without a signature gets status 401."""

    def answered() -> Answer | None:
        last = site.hook.send("ping", {"zen": "smoke"}, signed=False)
        seen.append(last)
        return last if 0 < last.status < _SERVER_ERROR else None

    seen: list[Answer] = []
    site.patience.until("the webhook's first answer", answered, FIRST_ANSWER_SECONDS)
    return _expected(site, seen[-1], _UNAUTHORIZED)


def answers_ping(site: Site) -> str:
    """Check that a signed ping gets status 200."""
    return _expected(site, site.hook.send("ping", {"zen": "smoke"}), _OK)


def accepts_job(site: Site) -> str:
    """Check that a signed job gets status 202."""
    payload = job_payload("queued", site.job_id, site.repository, site.begun)
    return _expected_intake(site, site.hook.send("workflow_job", payload))


def in_log(site: Site) -> str:
    """Check that the log contains the job's first event."""
    if site.fact(JobQueued) is None:
        raise Failed(
            causes(
                f"table {site.outputs['tables']['events']} has no JobQueued for job {site.job_id}",
                diagnosis.errors(site, "ingest"),
            )
        )
    return f"JobQueued in {site.outputs['tables']['events']}"


def scheduler_acts(site: Site) -> str:
    """Check that the scheduler has processed the job."""
    return _heard(site, "scheduler", after=0)


def accepts_cancellation(site: Site) -> str:
    """Check that the end of the job gets status 202."""
    payload = job_payload("completed", site.job_id, site.repository, site.begun, "cancelled")
    return _expected_intake(site, site.hook.send("workflow_job", payload))


def reconciler_acts(site: Site) -> str:
    """Check that the reconciler has processed the job's end."""
    completed = [one.seq for one in site.events() if isinstance(one.event.fact, JobCompleted)]
    return _heard(site, "reconciler", after=completed[-1] if completed else 0)


def _expected(site: Site, answer: Answer, status: int) -> str:
    if answer.status == status:
        return f"{answer.status} {answer.text}"
    if answer.status == 0:
        raise Failed(f"no answer from {site.hook.url}: {answer.text}")
    raise Failed(
        causes(
            f"answered {answer.status} instead of {status}: {answer.text}",
            diagnosis.errors(site, "ingest"),
        )
    )


def _expected_intake(site: Site, answer: Answer) -> str:
    evidence = _expected(site, answer, _ACCEPTED)
    if '"ignored"' in answer.text:
        raise Failed(f"the webhook was ignored: {answer.text}")
    return evidence


def _heard(site: Site, consumer: str, *, after: int) -> str:
    """Wait for the first event that the consumer has appended after that one."""

    def first() -> str | None:
        actors = {one.event.actor: one for one in reversed(site.events()) if one.seq > after}
        if consumer in actors:
            return actors[consumer].event.type
        if "janitor" in actors:
            raise Failed(
                causes(
                    f"the Janitor has done the {consumer}'s work: its nudge was late or lost",
                    diagnosis.chain(site, consumer),
                )
            )
        return None

    found = site.patience.until(f"an event of the {consumer}", first, NUDGE_SECONDS)
    if found is None:
        raise Failed(causes(f"no event of the {consumer}", diagnosis.chain(site, consumer)))
    return f"{found} by the {consumer}"
