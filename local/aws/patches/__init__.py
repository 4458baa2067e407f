"""What moto 5.2.5 does otherwise than AWS, mended: one module a subject, one function a patch.

A patch is named after what it mends, replaces as little of moto as it can, and has a test that
fails without it. Patches belong to the process, as moto's state does.
"""

from collections.abc import Callable, Iterable
from threading import Lock

from local.aws.patches import (
    codebuild,
    dynamodb,
    ecs,
    event_sources,
    functions,
    replacement,
    s3,
    sqs,
)

Patch = Callable[[], None]

PATCHES: tuple[Patch, ...] = (
    dynamodb.one_action_at_a_time,
    dynamodb.undo_cancelled_transactions,
    dynamodb.transact_once_per_client_token,
    sqs.one_action_at_a_time,
    sqs.remember_deduplication_ids,
    sqs.refuse_expired_receipt_handles,
    sqs.write_redrive_policies_without_spaces,
    s3.take_requests_as_sent_by_tls,
    event_sources.leave_polling_to_the_host,
    functions.remember_logging_config,
    ecs.run_in_networks_without_dns_names,
    ecs.keep_tasks_still_when_described,
    ecs.name_missing_tasks,
    ecs.refuse_to_stop_an_unknown_task,
    ecs.list_by_desired_status,
    ecs.let_the_host_own_tasks,
    ecs.start_once_per_client_token,
    codebuild.build_as_the_project_says,
    codebuild.keep_builds_still_when_looked_at,
    codebuild.name_builds_that_are_not_found,
    codebuild.leave_an_ended_build_as_it_ended,
    codebuild.let_the_host_own_builds,
    codebuild.start_once_per_idempotency_token,
    codebuild.delete_projects_by_arn_too,
)
"""In the order of application: a later patch of the same method is asked before an earlier one."""

_lock = Lock()


def apply(patches: Iterable[Patch] = PATCHES) -> None:
    """Mend moto in this process; it is no error if it is mended already."""
    with _lock:
        if replacement.any_made():
            return
        for patch in patches:
            patch()


def revert() -> None:
    """Put moto back as it was: for the tests that show what a patch is for."""
    with _lock:
        replacement.undo_all()
