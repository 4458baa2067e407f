"""Patches for moto 5.2.5 where it behaves differently from AWS.

Each module covers one service, each function is one patch. A patch is named after the behaviour
that it restores, replaces as little of moto as possible, and has a test that fails without it.
Those in `speed` restore nothing: moto answers the same without them, more slowly. Patches apply to
the whole process, like moto's state.
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
    speed,
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
    event_sources.list_mappings_by_the_functions_name,
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
    speed.inspect_each_class_once,
    speed.find_attribute_values_by_their_type,
)
"""All patches in the order of application. If two patches replace the same method, the later one is
called first."""

_lock = Lock()


def apply(patches: Iterable[Patch] = PATCHES) -> None:
    """Apply the patches in this process. Without effect if they are applied already."""
    with _lock:
        if replacement.any_made():
            return
        for patch in patches:
            patch()


def revert() -> None:
    """Remove all patches, for the tests that show that a patch is necessary."""
    with _lock:
        replacement.undo_all()
