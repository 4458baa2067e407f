"""Jobs on the whole product: from a signed webhook to a runner that is gone without a trace."""

import pytest

from tests.local.stack.short_jobs import short_jobs
from tests.local.stack.support import SENDERS, Send, Up, commands, until
from tests.support.stories import PLAIN_JOB

pytestmark = pytest.mark.slow(group="local-stack")


def _comes_before(types: list[str], *wanted: str) -> bool:
    places = [types.index(one) for one in wanted]
    return places == sorted(places)


def test_a_queued_job_becomes_a_runner_that_is_gone_when_the_job_is(up: Up, done: int) -> None:
    # Only the first job of the stack waits for the image that all run on.
    passed_over = ("ImageAwaited", "ImageReady")
    types = [one for one in up.types(done) if one not in passed_over]
    assert sorted(types) == sorted(PLAIN_JOB)
    assert _comes_before(
        types, "JobQueued", "LaunchIntended", "RunnerLaunched", "TaskStopped", "SlotFreed"
    )
    assert _comes_before(types, "LaunchIntended", "JobStarted", "JobCompleted")
    row = up.table.get(f"local-{done}-1")
    assert row is not None
    told = (row.status, row.ran_job_id, row.conclusion, row.exit_code)
    assert told == ("OFFLINE", done, "success", 0)
    (task,) = up.tasks(done)
    assert (task["lastStatus"], task["startedBy"]) == ("STOPPED", row.runner_id)


def test_ingest_is_invoked_for_the_start_and_the_end_of_a_task_alone(up: Up, done: int) -> None:
    def facts() -> list[str]:
        own = [one for one in up.ingest_log() if one.get("runner_id") == f"local-{done}-1"]
        return [one["fact"] for one in own if one.get("fact", "").startswith("Task")]

    until(lambda: "TaskStopped" in facts(), "the log of the task's end is delivered")
    assert sorted(facts()) == ["TaskStarted", "TaskStopped"]
    reasons = [str(one.get("reason")) for one in up.ingest_log()]
    assert [one for one in reasons if one.startswith("the task is")] == []


def test_jobs_of_half_a_second_take_one_task_each_and_all_count_as_served(
    up: Up, done: int
) -> None:
    """Their tasks may stop before GitHub's webhooks arrive: the task's own exit code decides."""
    short_jobs(up, 8)


def test_nothing_of_a_runner_is_left_behind(up: Up, done: int) -> None:
    runner_id = f"local-{done}-1"
    assert runner_id not in up.registered()
    assert set(up.dead_letters().values()) == {0}


@pytest.mark.parametrize(
    ("job_id", "guids"),
    [(7_000_001, ["the-same"] * 50), (7_000_002, [f"guid-{number}" for number in range(50)])],
    ids=["one delivery", "fifty deliveries of one job"],
)
def test_fifty_webhooks_at_once_make_one_runner_and_one_task(
    up: Up, job_id: int, guids: list[str]
) -> None:
    assert set(up.deliver("queued", job_id, guids)) == {202}
    until(lambda: len(up.tasks(job_id)) > 0, "a task was started")
    until(lambda: up.nudges() == 0, "every nudge was looked at")
    runner_id = f"local-{job_id}-1"
    assert [task["startedBy"] for task in up.tasks(job_id)] == [runner_id]
    types = up.types(job_id)
    assert types.count("JobQueued") == len(set(guids))
    assert [types.count(one) for one in ("LaunchIntended", "RunnerLaunched")] == [1, 1]
    assert [row.runner_id for row in up.rows(job_id)] == [runner_id]
    up.abandon(job_id)


def test_a_terminated_runner_closes_and_its_waiting_job_gets_another(up: Up) -> None:
    job_id, runner_id = 7_000_003, "local-7000003-1"
    assert up.deliver("queued", job_id, ["terminated"]) == [202]
    until(lambda: len(up.tasks(job_id)) > 0, "a task was started")
    stopped = up.ecsrunner("runners", "terminate", runner_id, "--wait", "--timeout", "60")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert f"{runner_id} ended: OFFLINE" in stopped.stdout
    until(lambda: len(up.tasks(job_id)) > 1, "the job got another runner")
    assert runner_id not in up.registered()
    up.abandon(job_id)
    assert {row.status for row in up.rows(job_id)} == {"OFFLINE"}


@pytest.mark.parametrize("send", SENDERS)
def test_the_job_that_the_usage_queues_runs(up: Up, send: Send) -> None:
    job, _ = commands(up.printed)
    before = set(up.log.streams())
    assert '"run_id"' in send(up, job.replace("sleep 5", "true"))
    new = until(lambda: set(up.log.streams()) - before, "the job came")
    (stream,) = new
    up.ends(int(stream.removeprefix("job-")))


@pytest.mark.parametrize("send", SENDERS)
def test_the_webhook_that_the_usage_signs_is_taken_in(up: Up, send: Send) -> None:
    _, webhook = commands(up.printed)
    answer = send(up, webhook)
    assert " 202" in answer.splitlines()[0]
    assert '"accepted"' in answer
    assert "JobQueued" in up.types(7)
