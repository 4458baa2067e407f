"""The faults that GitHub refuses commit statuses, or to run lost jobs again."""

from collections.abc import Iterator, Sequence

from shared.adapters.clock import SYSTEM
from shared.adapters.dynamodb import DynamoEventLog
from shared.domain import events as e
from shared.domain.stream import StreamId
from shared.engine.transact import Entry, append, load
from tests.cli.doctor.faults.fault import fault
from tests.cli.doctor.stack import PREFIX, Site

JOB, RUNNER = 98, f"{PREFIX}-98-1"
STREAM = StreamId.of_job(JOB)
DETAILS = e.JobDetails(repository="octo/repo", labels=("self-hosted", "class:xl"))
REFUSED_JOB = (
    e.JobQueued(fleet=PREFIX, job=DETAILS),
    e.JobRejected(reason='class "xl" is not defined; defined: small'),
)
REFUSED_STATUS = (
    e.CommitStatusIntended(number=1, state="failure", description='Class "xl" is not defined'),
    e.CommitStatusRefused(number=1, reason="GitHub: 403 Resource not accessible by integration"),
)
REFUSED_RERUN = (
    e.JobLost(job_id=JOB, runner_id=RUNNER, job=DETAILS, reason="SpotInterruption"),
    e.RerunAbandoned(
        job_id=JOB, runner_id=RUNNER, reason="GitHub: 403 Resource not accessible by integration"
    ),
)


@fault(
    "commit-statuses",
    "octo/repo GitHub refused the commit status of job 98",
    "Commit statuses, read and write",
    level="warning",
)
def the_token_may_not_write_commit_statuses(site: Site) -> Iterator[None]:
    yield from _recorded(site, (*REFUSED_JOB, *REFUSED_STATUS))


@fault(
    "lost-jobs",
    "octo/repo GitHub refused to run the lost job 98 again",
    "Actions, read and write",
    level="warning",
)
def the_token_may_not_run_jobs_again(site: Site) -> Iterator[None]:
    yield from _recorded(site, (*REFUSED_JOB, *REFUSED_RERUN))


def _recorded(site: Site, facts: Sequence[e.Fact]) -> Iterator[None]:
    """Append these facts to the stream of a job, and remove them again."""
    dynamodb = site.client("dynamodb")
    log = DynamoEventLog(dynamodb, f"{PREFIX}-events", f"{PREFIX}-runners")
    now = SYSTEM.now()
    for number, fact in enumerate(facts, start=1):
        event = e.Event(id=f"refused-{number}", at=now, recorded_at=now, actor="test", fact=fact)
        append(log, [Entry(history=load(log, STREAM), events=(event,))])
    yield
    for number in range(1, len(facts) + 1):
        key = {"stream": {"S": STREAM}, "seq": {"N": str(number)}}
        dynamodb.delete_item(TableName=f"{PREFIX}-events", Key=key)
    dynamodb.delete_item(TableName=f"{PREFIX}-runners", Key={"runner_id": {"S": RUNNER}})
