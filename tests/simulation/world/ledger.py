"""Which call may fail how, and how often each did: values and counts, no fault is made here."""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.world.profile import Kind

_INDEX = "dynamodb.query index"
_EVERY = (Kind.BEFORE, Kind.AFTER, Kind.TIMEOUT, Kind.THROTTLED, Kind.CUT_BEFORE, Kind.CUT_AFTER)
_TWICE = (*_EVERY, Kind.DUPLICATE)

APPLICABLE: dict[str, tuple[Kind, ...]] = {
    "dynamodb.query": _TWICE,
    _INDEX: (*_TWICE, Kind.STALE),
    "dynamodb.batch_get_item": _TWICE,
    "dynamodb.transact_write_items": _TWICE,
    "dynamodb.get_item": _TWICE,
    "dynamodb.put_item": _TWICE,
    "ecs.run_task": _TWICE,
    "ecs.stop_task": _TWICE,
    "ecs.describe_tasks": _TWICE,
    "ecs.list_tasks": (*_TWICE, Kind.STALE),
    "ecs.describe_task_definition": _TWICE,
    "ecs.register_task_definition": _TWICE,
    "ecr.describe_images": _TWICE,
    "ecr.batch_delete_image": _TWICE,
    "codebuild.start_build": _TWICE,
    "codebuild.batch_get_builds": _TWICE,
    "codebuild.stop_build": _TWICE,
    "s3.put_object": _TWICE,
    "s3.head_object": _TWICE,
    "ssm.get_parameters": _TWICE,
    "sqs.send_message": _TWICE,
    "sqs.send_message_batch": _TWICE,
    "events.put_events": _TWICE,
    "sqs.change_message_visibility": _TWICE,
    "sqs.receive_message": _TWICE,
    "sqs.change_message_visibility_batch": _TWICE,
    "github.mint": _EVERY,  # a POST is never repeated by the connection
    "github.delete": _TWICE,
    "github.find": _TWICE,
    "github.job": _TWICE,
    "github.list": _TWICE,
    "github.hooks": _TWICE,
    "github.deliveries": _TWICE,
    "github.redeliver": _EVERY,
    "github.status": _EVERY,
    "github.cancel": _EVERY,
    "github.run": _TWICE,
    "github.rerun": _EVERY,
    "github.runs": _TWICE,
    "github.jobs": _TWICE,
    "github.installation": _TWICE,
    "github.token": _EVERY,
    "github.hook": _TWICE,
    "github.groups": _TWICE,
    "github.version": _TWICE,
}
"""Which faults each operation may meet."""

MADE_ONLY_IN: dict[str, frozenset[str]] = {
    "aimed-images": frozenset(
        {
            "ecs.describe_task_definition",
            "ecs.register_task_definition",
            "ecr.describe_images",
            "codebuild.start_build",
            "codebuild.batch_get_builds",
            "codebuild.stop_build",
        }
    ),
    "images-expire": frozenset({"ecr.batch_delete_image"}),
    "circuit": frozenset({"events.put_events", "sqs.send_message"}),
    "cancelling": frozenset({"github.cancel"}),
    "lost-jobs": frozenset({"github.run", "github.rerun"}),
    "aimed-app": frozenset(
        {"github.installation", "github.token", "github.hook", "github.groups", "github.version"}
    ),
    "aimed-github": frozenset({"github.job"}),
}
"""The profile whose worlds make calls that those of the profile `aimed` do not make."""

LEADS_TO = {
    "sqs.send_message": ("events.put_events", Kind.AFTER),
    "github.find": ("github.mint", Kind.AFTER),
    "sqs.change_message_visibility": ("github.mint", Kind.THROTTLED),
    "sqs.change_message_visibility_batch": ("ssm.get_parameters", Kind.AFTER),
}
"""Calls that are made because another one failed in that way, maybe several times."""


@dataclass
class Ledger:
    """How often each operation was called, and was hit by each kind of fault."""

    calls: Counter[str] = field(default_factory=Counter)
    hits: Counter[tuple[str, Kind]] = field(default_factory=Counter)

    def missing(self) -> list[tuple[str, Kind]]:
        """The pairs that were never hit, of operations that were called."""
        return [
            (operation, kind)
            for operation, kinds in APPLICABLE.items()
            for kind in kinds
            if self.calls[operation] and not self.hits[operation, kind]
        ]

    def uncalled(self) -> list[str]:
        """The operations that nobody called."""
        return [operation for operation in APPLICABLE if not self.calls[operation]]

    def add(self, other: "Ledger") -> None:
        """Count another world's too."""
        self.calls += other.calls
        self.hits += other.hits
