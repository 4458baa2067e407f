"""The timeline's texts for facts about lost jobs that are run again."""

from datetime import UTC

from cli.history.phrase import Phrase, Words
from shared.domain import events as e


def _lost(fact: e.JobLost) -> Phrase:
    again = f"not run again: {fact.why_not}" if fact.why_not else "to be run again"
    return Phrase(f"job {fact.job_id} lost with its runner, {again}", fact.reason)


def _postponed(fact: e.RerunPostponed) -> Phrase:
    check_at = fact.check_at.astimezone(UTC)
    return Phrase(
        f"job {fact.job_id} not run again yet: its workflow run goes on",
        f"next look at {check_at:%Y-%m-%d %H:%M:%S} UTC",
    )


def _intended(fact: e.RerunIntended) -> Phrase:
    what = "all failed jobs of its run, which were lost," if fact.target is None else "it alone"
    return Phrase(f"running job {fact.job_id} again: {what} after attempt {fact.run_attempt}")


def _requested(fact: e.RerunRequested) -> Phrase:
    seen = " already" if fact.found else ""
    return Phrase(f"GitHub{seen} runs job {fact.job_id} again, in attempt {fact.run_attempt}")


def _abandoned(fact: e.RerunAbandoned) -> Phrase:
    return Phrase(f"job {fact.job_id} not run again: {fact.reason}")


WORDS: Words = {
    e.JobLost: _lost,
    e.RerunPostponed: _postponed,
    e.RerunIntended: _intended,
    e.RerunRequested: _requested,
    e.RerunAbandoned: _abandoned,
}
