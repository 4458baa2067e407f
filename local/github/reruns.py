"""GitHub's rules for running jobs again. Values and pure functions.

Sources: GitHub Docs, "Re-running workflows and jobs" (50 times, 30 days, dependents); the responses
quoted in github.com/NVIDIA-NeMo/RL, pull request 1193, and github.com/metabase/metabase, pull
request 70916 (403 and its messages); github.com/vllm-project/vllm-ascend, pull request 14752 (jobs
of reusable workflows; `rerun-failed-jobs` includes cancelled jobs).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from local.github.model import Job, RerunError

MOST_RERUNS = 50
LAST_RERUN = timedelta(days=30)
_FAILED = ("failure", "cancelled")


def failed(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs of a run that `rerun-failed-jobs` runs again."""
    return [one for one in jobs if one.conclusion in _FAILED]


def check_single(job: Job) -> None:
    """Check that the job can be run again without the others of its run.

    Raises:
        RerunError: It is of a reusable workflow, or a later attempt of the run has run it again.
    """
    if job.is_reusable or job.is_superseded:
        raise RerunError("This job cannot be retried")


def next_attempt(jobs: Sequence[Job], again: Sequence[Job], now: datetime) -> int:
    """Return the number of the new attempt of the run that has these jobs.

    Args:
        again: The jobs that the attempt runs.

    Raises:
        RerunError: The run has not ended, is too old, was run again too often or has no such job.
    """
    attempt = 1 + max(one.run_attempt for one in jobs)
    if any(one.status != "completed" for one in jobs):
        raise RerunError("This workflow is already running")
    is_old = now >= jobs[0].run_created_at + LAST_RERUN
    if not again or is_old or attempt > 1 + MOST_RERUNS:
        raise RerunError("This workflow run cannot be retried")
    return attempt
