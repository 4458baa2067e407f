"""Reasons without what differs from one job to the next."""

import pytest

from cli.analysis.causes import cause, causes
from cli.analysis.jobs import Failure
from tests.support import stories


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (
            "CannotPullContainerError: arn:aws:ecs:eu-west-1:123456789012:task/fleet/0a1b is gone",
            "CannotPullContainerError: <arn> is gone",
        ),
        ("no free addresses in subnet-0a1b2c3d4e5f60718", "no free addresses in <id>"),
        ("request 1c6f8e9a-0b1c-4d2e-8f3a-9b0c1d2e3f40 failed", "request <id> failed"),
        ("image sha256:0123abcd is unknown", "image <id> is unknown"),
        ("no answer from 10.0.17.203 within 300 s", "no answer from <address> within <n> s"),
        ("its turn is at 14:05:09 UTC", "its turn is at <time> UTC"),
        ("50 image builds on 2026-11-29 (UTC)", "<n> image builds on <date> (UTC)"),
        ("fleet-12877621891-2 waits for job 12877621891", "<runner> waits for job <n>"),
        ("see https://docs.github.com/rest?x=1", "see <url>"),
    ],
)
def test_what_differs_between_jobs_is_a_placeholder(reason: str, expected: str) -> None:
    assert cause(reason) == expected


@pytest.mark.parametrize(
    "reason",
    [
        "Essential container in task exited (exit code 137)",
        "GitHub answered with HTTP 502",
        'class "xl" is not defined; defined: large, small',
        "the image ubuntu:24.04 is not allowed",
        "capacity-unavailable in a dead-beef zone",
    ],
)
def test_what_is_a_cause_stays(reason: str) -> None:
    assert cause(reason) == reason


def _failure(kind: str, reason: str, seconds: float) -> Failure:
    return Failure(at=stories.at(seconds), kind=kind, reason=reason, runner_id=f"fleet-{seconds}-1")


def test_the_same_cause_is_one_row_with_its_number_its_first_and_its_last_time() -> None:
    found = causes(
        [
            _failure("no capacity", "subnet-0a1b2c3d has none", 9),
            _failure("launch failed", "subnet-0a1b2c3d has none", 3),
            _failure("no capacity", "subnet-9f8e7d6c has none", 5),
        ]
    )
    assert [(one.kind, one.cause, one.count) for one in found] == [
        ("no capacity", "<id> has none", 2),
        ("launch failed", "<id> has none", 1),
    ]
    most = found[0]
    assert (most.first, most.last) == (stories.at(5), stories.at(9))
    assert (most.example, most.last_runner_id) == ("subnet-0a1b2c3d has none", "fleet-9-1")
