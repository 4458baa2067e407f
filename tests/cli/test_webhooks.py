"""`ecsrunner webhooks`: which deliveries left nothing in the log, and why a job is unknown."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.ports import Refused, Unrecorded
from tests.cli.support import CliFleet, answer, done, run
from tests.support import stories

IGNORED = Unrecorded(
    at=stories.at(),
    result="ignored",
    reason="the job is not labelled self-hosted",
    status=202,
    delivery="guid-1",
    job_id=99,
    action="queued",
    repository="octo/repo",
    job_name="deploy",
    labels=("ubuntu-latest",),
)
REFUSED = Unrecorded(at=stories.at(60), result="refused", reason="bad signature", status=401)


def _fleet(*deliveries: Unrecorded) -> CliFleet:
    fleet = CliFleet(done())
    fleet.intake_log.deliveries = list(deliveries)
    return fleet


def test_each_delivery_is_shown_with_its_job_and_the_reason() -> None:
    heading, ignored, refused = run(_fleet(IGNORED, REFUSED), "webhooks").stdout.splitlines()
    assert heading.split() == ["WHEN", "(UTC)", "RESULT", "JOB,", "WHY"]
    assert ignored.split(None, 3)[2:] == [
        "ignored",
        f"job 99 (octo/repo, deploy), queued: {IGNORED.reason}; its labels: ubuntu-latest",
    ]
    assert refused.split(None, 3)[1:] == ["00:01:00", "refused", "bad signature"]


@pytest.mark.parametrize("text", ["99", "https://github.com/octo/repo/actions/runs/1/job/99"])
def test_a_job_is_asked_for_by_its_id_or_url(text: str) -> None:
    fleet = _fleet(IGNORED, replace(IGNORED, job_id=98))
    assert [one["job_id"] for one in answer(fleet, "webhooks", text)["webhooks"]] == [99]


@pytest.mark.parametrize(
    ("words", "results"),
    [
        ((), ["ignored", "refused"]),
        (("--since", "00:00:30"), ["refused"]),
        (("--until", "00:00:30"), ["ignored"]),
        (("--repository", "Octo/Repo"), ["ignored"]),
        (("--repository", "octo/other"), []),
    ],
)
def test_period_and_repository_select_the_deliveries(
    words: tuple[str, ...], results: list[str]
) -> None:
    told = answer(_fleet(IGNORED, REFUSED), "webhooks", *words)["webhooks"]
    assert [one["result"] for one in told] == results


def test_a_job_of_which_there_is_none_is_an_answer_that_is_no() -> None:
    result = run(_fleet(IGNORED), "webhooks", "7")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        "No webhook of job 7 was ignored or refused since 2025-12-31 00:02:43 UTC" in result.stderr
    )
    assert "Recent Deliveries" in result.stderr


def test_none_at_all_is_said() -> None:
    result = run(_fleet(), "webhooks", "--since", "2h")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No webhook was ignored or refused since 2025-12-31 22:02:43 UTC.\n"
    assert answer(_fleet(), "webhooks") == {"webhooks": [], "complete": True}


def test_only_the_hours_that_were_asked_for_are_looked_at() -> None:
    old = replace(IGNORED, at=IGNORED.at - timedelta(hours=30))
    assert answer(_fleet(old), "webhooks")["webhooks"] == []
    assert len(answer(_fleet(old), "webhooks", "--since", "31h")["webhooks"]) == 1


def test_the_newest_are_shown_and_that_there_are_more() -> None:
    fleet = _fleet(*(replace(IGNORED, job_id=number) for number in (1, 2, 3)))
    told = answer(fleet, "webhooks", "--limit", "2")
    assert ([one["job_id"] for one in told["webhooks"]], told["complete"]) == ([2, 3], False)
    assert "Only the newest 2 are shown" in run(fleet, "webhooks", "--limit", "2").stderr
    assert run(fleet, "webhooks", "--limit", "3").stderr == ""


def test_lines_have_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(_fleet(IGNORED), "webhooks").stdout.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", ["history", "details", "terminate"])
def test_a_job_that_was_ignored_is_said_to_have_been_and_why(command: str) -> None:
    result = run(_fleet(IGNORED), "runners", command, "99")
    assert result.exit_code == 1
    assert result.stderr == (
        'Error: Job 99 is not in the log: its webhook "queued" of 2026-01-01 00:00:00 UTC was '
        "ignored: the job is not labelled self-hosted; its labels: ubuntu-latest.\n"
    )


def test_without_the_log_group_an_unknown_job_is_said_to_be_looked_for_with_it() -> None:
    fleet = CliFleet(done(), unset=("INGEST_LOG_GROUP",))
    result = run(fleet, "runners", "history", "99")
    assert result.exit_code == 1
    assert "with INGEST_LOG_GROUP set, `ecsrunner webhooks 99` shows" in result.stderr


def test_a_log_that_may_not_be_searched_does_not_hide_that_the_job_is_unknown() -> None:
    fleet = _fleet()

    class Closed:
        def unrecorded(self, *_: object) -> list[Unrecorded]:
            raise Refused("CloudWatch Logs: AccessDenied")

    fleet.intake_log = Closed()
    result = run(fleet, "runners", "history", "99")
    assert result.exit_code == 1
    assert "Job 99 is not in the log, and ingest's log could not be searched" in result.stderr
    assert run(fleet, "webhooks").exit_code == 3
