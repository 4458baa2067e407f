"""The context of all checks: AWS clients, the fleet's outputs, the job, waiting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.events import Fact, Recorded
from shared.domain.names import runner_id
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from shared.ports import Registrations
from smoke.patience import Patience
from smoke.verdict import Failed
from smoke.webhook import Webhook
from smoke.workspace import Workspace

CONSUMERS = ("scheduler", "reconciler")


@dataclass(kw_only=True)
class Site:
    """One run.

    Attributes:
        client: Creates a client of an AWS service, such as `sqs`.
        patience: Waits for conditions.
        region: Region of the fleet.
        prefix: Prefix of the fleet's names.
        repository: The repository in the webhooks, OWNER/NAME.
        job_id: Id of the job in the webhooks. The job does not exist at GitHub.
        launches: Whether the fleet has GitHub credentials and can launch a runner.
        github: Registrations at GitHub; None if this run has no credential.
        workspace: The temporary fleet; None for an existing fleet.
        outputs: Outputs of the Terraform module; empty before the fleet exists.
        webhook: Sends webhooks; None before the fleet exists.
        notes: Additional entries of the report.
    """

    client: Callable[[str], Any]
    patience: Patience
    region: str
    prefix: str
    repository: str
    job_id: int
    launches: bool
    github: Registrations | None
    workspace: Workspace | None
    connect: Callable[["Site"], Webhook]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    webhook: Webhook | None = None
    notes: dict[str, str] = field(default_factory=dict)
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def has_fleet(self, outputs: Mapping[str, Any]) -> None:
        """Set the outputs of the fleet, which exists now."""
        self.outputs = outputs
        self.webhook = self.connect(self)

    def environment(self, function: str) -> Mapping[str, str]:
        """Return the environment variables of a function."""
        found: Mapping[str, str] = self.outputs["function_environments"][function]
        return found

    @property
    def hook(self) -> Webhook:
        """The sender of webhooks.

        Raises:
            Failed: The fleet does not exist yet.
        """
        if self.webhook is None:
            raise Failed("there is no fleet to send a webhook to")
        return self.webhook

    @property
    def log(self) -> DynamoEventLog:
        """The fleet's log."""
        tables = self.outputs["tables"]
        return DynamoEventLog(self.client("dynamodb"), tables["events"], tables["runners"])

    @property
    def runner_id(self) -> str:
        """The id of the job's first runner."""
        return runner_id(self.prefix, self.job_id, 1)

    def events(self) -> list[Recorded]:
        """Return all events of the job."""
        return self.log.read(StreamId.of_job(self.job_id))

    def fact(self, kind: type[Fact]) -> Any:
        """Return the newest fact of that type in the job's stream, or None."""
        facts = [one.event.fact for one in self.events() if isinstance(one.event.fact, kind)]
        return facts[-1] if facts else None

    def row(self) -> RunnerRow | None:
        """Return the row of the job's first runner."""
        table = DynamoRunnersTable(self.client("dynamodb"), self.outputs["tables"]["runners"])
        return table.get(self.runner_id)
