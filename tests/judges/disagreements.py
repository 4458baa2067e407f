"""Contract cases that ministack does not pass, each with what AWS documents to the contrary.

Where an emulator and a contract disagree, AWS's documentation decides. Each case is expected to
fail, and an entry fails when its case passes, so none outlives its reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

JUDGE = "ministack"
"""The parameter of a test that runs on it."""

_NO_DOCKER = "without Docker it runs no build: StartBuild answers with one that has succeeded"


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """Cases of one reason.

    Attributes:
        file: Under `tests/contracts`.
        cases: Names of tests.
        does: What ministack does.
        source: Where AWS documents that it does otherwise.
    """

    file: str
    cases: tuple[str, ...]
    does: str
    source: str


DISAGREEMENTS = (
    Disagreement(
        file="test_images.py",
        cases=(
            "test_an_image_that_nobody_pushed_is_not_found",
            "test_a_stopped_build_is_over_and_can_be_stopped_again",
        ),
        does="DescribeImages of a tag that is not there answers with an empty list",
        source="Amazon ECR API Reference, DescribeImages, Errors: ImageNotFoundException, "
        '"The image requested does not exist in the specified repository."',
    ),
    Disagreement(
        file="test_images.py",
        cases=(
            "test_a_build_goes_on_until_it_ends_and_then_its_image_is_found",
            "test_a_failed_build_says_why_and_pushes_nothing",
            "test_what_was_pushed_under_a_tag_stays_and_a_second_push_fails",
        ),
        does=_NO_DOCKER,
        source='AWS CodeBuild API Reference, Build, buildStatus: "IN_PROGRESS: The build is still '
        'in progress."',
    ),
    Disagreement(
        file="test_images.py",
        cases=(
            "test_a_repeated_try_finds_the_build_that_is_begun",
            "test_a_token_can_not_be_used_for_another_build",
        ),
        does="StartBuild ignores idempotencyToken",
        source='AWS CodeBuild API Reference, StartBuild, idempotencyToken: "valid for 5 minutes. '
        "If you repeat the StartBuild request with the same token, but change a parameter, "
        'AWS CodeBuild returns a parameter mismatch error."',
    ),
    Disagreement(
        file="test_images.py",
        cases=("test_a_build_that_has_ended_is_not_stopped_any_more",),
        does="StopBuild turns a build that has succeeded into one that was stopped",
        source='AWS CodeBuild API Reference, StopBuild: "Attempts to stop running a build."',
    ),
    Disagreement(
        file="test_tasks.py",
        cases=("test_a_task_is_known_by_its_arn_and_says_for_whom_it_was_started",),
        does="a running task has an empty stopCode",
        source="Amazon ECS API Reference, Task, stopCode: valid values are TaskFailedToStart, "
        "EssentialContainerExited, UserInitiated, ServiceSchedulerInitiated, SpotInterruption, "
        "TerminationNotice",
    ),
    Disagreement(
        file="test_tasks.py",
        cases=(
            "test_the_same_request_again_starts_nothing_more",
            "test_another_request_under_the_same_token_never_starts_a_second_task",
        ),
        does="RunTask ignores clientToken",
        source="Amazon ECS API Reference, RunTask, clientToken: "
        '"An identifier that you provide to ensure the idempotency of the request."',
    ),
    Disagreement(
        file="test_queues.py",
        cases=("test_the_newest_data_point_of_that_queue_is_its_age",),
        does="GetMetricData answers with the oldest data point first, whatever ScanBy says",
        source='Amazon CloudWatch API Reference, GetMetricData, ScanBy: "TimestampDescending '
        'returns the newest data first".',
    ),
)


def expect(items: Iterable[pytest.Item]) -> None:
    """Mark those of the tests that run on ministack and are in the table."""
    listed = {(one.file, case): one for one in DISAGREEMENTS for case in one.cases}
    for item in items:
        case = getattr(item, "originalname", item.name)
        found = listed.get((item.path.name, case))
        if found and item.path.parent.name == "contracts" and runs_on_it(item):
            reason = f"{found.does}; against {found.source}"
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def runs_on_it(item: pytest.Item) -> bool:
    """Whether ministack is one of the test's parameters."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and JUDGE in callspec.params.values()
