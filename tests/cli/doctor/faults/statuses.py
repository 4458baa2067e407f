"""The fault that GitHub refuses commit statuses."""

from collections.abc import Iterator

from shared.adapters.clock import SYSTEM
from shared.adapters.dynamodb import DynamoEventLog
from shared.domain import events as e
from shared.domain.stream import StreamId
from shared.engine.transact import Entry, append, load
from tests.cli.doctor.faults.fault import fault
from tests.cli.doctor.stack import PREFIX, Site

JOB = 98
STREAM = StreamId.of_job(JOB)
FACTS: tuple[e.Fact, ...] = (
    e.JobQueued(
        fleet=PREFIX, job=e.JobDetails(repository="octo/repo", labels=("self-hosted", "class:xl"))
    ),
    e.JobRejected(reason='class "xl" is not defined; defined: small'),
    e.CommitStatusIntended(number=1, state="failure", description='Class "xl" is not defined'),
    e.CommitStatusRefused(number=1, reason="GitHub: 403 Resource not accessible by integration"),
)


@fault(
    "commit-statuses",
    "octo/repo GitHub refused the commit status of job 98",
    "Commit statuses, read and write",
    level="warning",
)
def the_token_may_not_write_commit_statuses(site: Site) -> Iterator[None]:
    dynamodb = site.client("dynamodb")
    log = DynamoEventLog(dynamodb, f"{PREFIX}-events", f"{PREFIX}-runners")
    now = SYSTEM.now()
    for number, fact in enumerate(FACTS, start=1):
        event = e.Event(id=f"status-{number}", at=now, recorded_at=now, actor="test", fact=fact)
        append(log, [Entry(history=load(log, STREAM), events=(event,))])
    yield
    for number in range(1, len(FACTS) + 1):
        key = {"stream": {"S": STREAM}, "seq": {"N": str(number)}}
        dynamodb.delete_item(TableName=f"{PREFIX}-events", Key=key)
    row = {"runner_id": {"S": f"{PREFIX}-{JOB}-1"}}
    dynamodb.delete_item(TableName=f"{PREFIX}-runners", Key=row)
