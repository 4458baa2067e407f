"""What each check of the chain finds, by scripted answers."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from shared.domain import events as e
from shared.domain.stream import StreamId
from smoke import intake, links
from smoke.verdict import Failed, Skipped
from smoke.webhook import Answer
from tests.smoke.support import JOB, NOW, PREFIX, Scripted, site

RUNNER = f"{PREFIX}-{JOB}-1"
DETAILS = e.JobDetails(repository="acme/shop", labels=("self-hosted",))
QUEUED = e.JobQueued(fleet=PREFIX, job=DETAILS)
COMPLETED = e.JobCompleted(job=DETAILS, conclusion="cancelled")
LAUNCHED = e.RunnerLaunched(runner_id=RUNNER, task_arn="arn:task/one", github_runner_id=1)
AWAITED = e.ImageAwaited(job_id=JOB, runner_id=RUNNER, tag="t1", base="ubuntu:24.04", timeout=900)
EMPTY = {
    "Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}
}


def answered(status: int, text: str = "") -> list[Answer]:
    return [Answer(status=status, text=text)]


def cause(check: Any, where: Scripted) -> str:
    with pytest.raises(Failed) as failed:
        check(where)
    return failed.value.cause


def failure(*, attempt: int = 1, **others: Any) -> e.LaunchFailed:
    return e.LaunchFailed(runner_id=RUNNER, attempt=attempt, reason="GitHub: 403", **others)


def test_a_webhook_that_refuses_what_is_not_signed_is_ok() -> None:
    where = site(answered(401))
    assert intake.refuses_unsigned(where).startswith("401")
    assert where.webhook.sent == [("ping", {"zen": "smoke"}, False)]


def test_a_new_api_may_take_a_while_to_answer() -> None:
    last = Answer(status=401, text="")
    where = site([Answer(status=0, text="no such host"), Answer(status=503, text=""), last])
    assert intake.refuses_unsigned(where).startswith("401")


def test_a_webhook_that_never_answers_names_its_address() -> None:
    assert cause(intake.refuses_unsigned, site(answered(0, "no such host"))) == (
        "no answer from https://api/webhook: no such host"
    )


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (intake.refuses_unsigned, 200),
        (intake.answers_ping, 401),
        (intake.accepts_job, 503),
        (intake.accepts_cancellation, 500),
    ],
)
def test_another_answer_is_quoted_with_the_last_error_of_ingest(check: Any, status: int) -> None:
    line = '{"level":"ERROR","message":"no such parameter"}'
    logs = {"filter_log_events": {"events": [{"message": "fine"}, {"message": line}]}}
    found = cause(check, site(answered(status, "what it said"), logs=logs))
    assert f"answered {status}" in found
    assert "what it said" in found
    assert "no such parameter" in found


def test_a_job_that_the_fleet_ignores_is_a_failure() -> None:
    told = '{"result": "ignored", "reason": "repository acme/shop is not in this fleet\'s scope"}'
    assert "not in this fleet's scope" in cause(intake.accepts_job, site(answered(202, told)))


def test_the_job_is_signed_and_one_that_no_other_fleet_would_take() -> None:
    where = site(answered(202, "{}"))
    intake.accepts_job(where)
    ((event, payload, signed),) = where.webhook.sent
    assert (event, signed, payload["action"]) == ("workflow_job", True, "queued")
    assert payload["workflow_job"]["labels"] == ["self-hosted", f"run:smoke-{JOB}"]


def test_a_job_that_is_not_in_the_log_is_missed() -> None:
    found = cause(intake.in_log, site())
    assert f"{PREFIX}-events has no JobQueued" in found
    where = site()
    where.facts("github", QUEUED)
    assert intake.in_log(where) == f"JobQueued in {PREFIX}-events"


def test_a_consumer_that_acted_was_nudged() -> None:
    where = site()
    where.facts("github", QUEUED)
    where.facts("scheduler", AWAITED)
    assert intake.scheduler_acts(where) == "ImageAwaited by the scheduler"


def test_a_silent_consumer_is_explained_by_all_that_is_on_the_way() -> None:
    told = {"State": "Enabled", "LastProcessingResult": "PROBLEM: Function call failed"}
    where = site(
        sqs={"get_queue_attributes": EMPTY},
        **{"lambda": {"list_event_source_mappings": {"EventSourceMappings": [told]}}},
    )
    where.facts("github", QUEUED)
    found = cause(intake.scheduler_acts, where)
    assert f"mapping of {PREFIX}-outbox: Enabled (PROBLEM: Function call failed)" in found
    assert "queue scheduler holds 0 messages and 0 in flight" in found
    assert "queue undelivered holds 0" in found
    assert f"mapping of {PREFIX}-scheduler: Enabled" in found
    assert "the function's log can't be read (AccessDeniedException" in found


def test_work_that_the_janitor_did_is_not_the_outboxs() -> None:
    where = site()
    where.facts("github", QUEUED)
    where.facts("janitor", AWAITED)
    assert "the Janitor has done the scheduler's work" in cause(intake.scheduler_acts, where)


def test_what_the_reconciler_did_before_the_end_of_the_job_does_not_count() -> None:
    where = site()
    where.facts("github", COMPLETED)
    assert "no event of the reconciler" in cause(intake.reconciler_acts, where)
    where.facts("reconciler", e.StopIntended(runner_id=RUNNER, reason="cancelled"))
    assert intake.reconciler_acts(where) == "StopIntended by the reconciler"


def _awaiting(*facts: e.Fact, **services: Any) -> Scripted:
    where = site(**services)
    where.facts("scheduler", AWAITED)
    where.memory.add(StreamId.of_image("t1"), "scheduler", *facts)
    return where


def test_an_image_that_was_built_is_ok_and_one_that_nobody_awaits_was_there() -> None:
    assert links.image(_awaiting(e.ImageBuilt(tag="t1", image="x@y"))) == "ubuntu:24.04 as t1"
    assert links.image(site()) == "it was in the repository already"


def test_a_fleet_that_builds_nothing_has_no_image_to_check() -> None:
    where = site()
    where.outputs = {"function_environments": {"scheduler": {}}}
    with pytest.raises(Skipped, match="builds no images"):
        links.image(where)


def test_a_failed_build_is_quoted_with_the_address_of_its_log() -> None:
    failed = e.ImageBuildFailed(tag="t1", number=1, reason="FAILED: exit 1", log_url="https://log")
    assert cause(links.image, _awaiting(failed)) == "build 1: FAILED: exit 1; https://log"


def test_a_build_that_codebuild_keeps_putting_off_is_not_waited_for() -> None:
    reason = "AccountLimitExceededException: Cannot have more than 0 builds"
    postponed = [
        e.ImageBuildPostponed(
            tag="t1", number=1, attempt=n, reason=reason, retry_at=NOW, job_ids=(JOB,)
        )
        for n in range(1, links.TRIES + 1)
    ]
    assert cause(links.image, _awaiting(*postponed)) == f"CodeBuild starts no build: {reason}"


def test_a_build_that_does_not_end_is_explained_by_codebuild() -> None:
    build = {
        "buildStatus": "IN_PROGRESS",
        "phases": [{"contexts": [{"message": "no route to the registry"}]}],
    }
    answers = {"list_builds_for_project": {"ids": ["b1"]}, "batch_get_builds": {"builds": [build]}}
    found = cause(links.image, _awaiting(codebuild=answers))
    assert found == "no image t1; build b1 is IN_PROGRESS; no route to the registry"


def test_a_launch_is_ok_when_run_task_was_accepted() -> None:
    where = site()
    where.facts("scheduler", LAUNCHED)
    assert links.launched(where) == f"{RUNNER}: one"


def test_a_fleet_without_credentials_for_github_launches_nothing() -> None:
    where = site()
    where.launches = False
    with pytest.raises(Skipped, match="needs REPOSITORY, and TOKEN_FILE or APP_ID"):
        links.launched(where)


@pytest.mark.parametrize(
    "fact",
    [
        failure(refused=True),
        failure(),
        failure(attempt=links.TRIES, retry_at=NOW),
    ],
)
def test_a_launch_that_will_not_succeed_is_not_waited_for(fact: e.Fact) -> None:
    where = site()
    where.facts("scheduler", fact)
    assert "GitHub: 403" in cause(links.launched, where)


def test_a_launch_that_is_tried_again_is_waited_for_and_then_explained() -> None:
    where = site()
    where.facts("scheduler", failure(retry_at=NOW))
    assert cause(links.launched, where).startswith("the launch failed: GitHub: 403")


def test_a_refused_job_says_why() -> None:
    where = site()
    where.facts("scheduler", e.JobRejected(reason="a public repository"))
    assert cause(links.launched, where) == "the job was refused: a public repository"
    assert cause(links.image, where) == "the job was refused: a public repository"


def test_a_running_task_is_known_by_its_event() -> None:
    where = site()
    where.facts("scheduler", LAUNCHED)
    where.facts(
        "ecs",
        e.TaskStarted(runner_id=RUNNER, task_arn="arn:task/one", version=3),
    )
    assert links.running(where) == "TaskStarted"


def test_a_task_that_stopped_says_why() -> None:
    where = site()
    where.facts("scheduler", LAUNCHED)
    reason = "CannotPullContainerError"
    where.facts(
        "ecs",
        e.TaskStopped(
            runner_id=RUNNER,
            task_arn="arn:task/one",
            version=4,
            stop_code="TaskFailedToStart",
            reason=reason,
        ),
    )
    assert cause(links.running, where) == f"the task has stopped; TaskFailedToStart; {reason}"


def test_a_task_without_an_event_is_explained_by_ecs_and_the_rule() -> None:
    task = {"lastStatus": "RUNNING", "containers": [{"reason": "inside"}]}
    where = site(
        ecs={"describe_tasks": {"tasks": [task]}},
        events={"describe_rule": {"State": "DISABLED"}},
        sqs={"get_queue_attributes": EMPTY},
    )
    where.facts("scheduler", LAUNCHED)
    found = cause(links.running, where)
    assert found.startswith("the task is RUNNING; inside")
    assert f"rule {PREFIX}-task-events is DISABLED" in found


class _GitHub:
    def __init__(self, *, online: bool, left: int | None = None) -> None:
        self.listed = [SimpleNamespace(runner_id=RUNNER, online=online)]
        self.left = left

    def registered(self, _repository: str, _limit: int) -> Any:
        return self.listed

    def find(self, _repository: str, _runner_id: str) -> int | None:
        return self.left


@pytest.mark.parametrize("online", [True, False])
def test_github_sees_a_runner_that_is_online(online: bool) -> None:
    where = site()
    where.github = _GitHub(online=online)
    if online:
        assert links.online(where) == f"{RUNNER} at acme/shop"
    else:
        assert cause(links.online, where) == f"{RUNNER} is not online at acme/shop"


def test_whether_a_runner_is_online_is_not_seen_without_a_credential() -> None:
    with pytest.raises(Skipped):
        links.online(site())


def _stopped() -> Scripted:
    where = site()
    where.facts("reconciler", e.RunnerDeregistered(runner_id=RUNNER, outcome="deleted"))
    where.facts("reconciler", e.TaskStopSent(runner_id=RUNNER, task_arn="arn:task/one"))
    return where


def test_a_runner_is_stopped_when_github_and_ecs_were_told() -> None:
    assert links.stop_sent(_stopped()) == "RunnerDeregistered and TaskStopSent"


def test_a_runner_that_ends_by_itself_once_it_is_deregistered_needs_no_stop() -> None:
    where = site()
    where.facts("reconciler", e.RunnerDeregistered(runner_id=RUNNER, outcome="deleted"))
    stopped = e.TaskStopped(runner_id=RUNNER, task_arn="arn:task/one", version=4)
    where.facts("ingest", stopped)
    assert links.stop_sent(where) == "RunnerDeregistered and TaskStopped"
    found = cause(links.stop_sent, site())
    assert re.match("the job's stream: ; the function's log", found)


def test_a_registration_that_is_still_at_github_is_a_failure() -> None:
    where = _stopped()
    where.github = _GitHub(online=True, left=7)
    assert cause(links.stop_sent, where) == f"{RUNNER} is still registered at acme/shop as 7"


@pytest.mark.parametrize("status", ["OFFLINE", "RUNNING"])
def test_a_closed_runner_is_offline(status: str) -> None:
    where = site(sqs={"get_queue_attributes": EMPTY})
    where.facts("scheduler", LAUNCHED)
    where.the_row = SimpleNamespace(status=status)
    if status == "OFFLINE":
        assert links.ended(where) == f"{RUNNER} is OFFLINE"
    else:
        assert cause(links.ended, where).startswith(f"{RUNNER} is RUNNING; the task can't be read")
