"""The settings that all rules of a job's stream use but those that launch, and their policy.

Ingest loads them, too, so it imports no library but msgspec.
"""

from typing import Annotated

from msgspec import Meta, Struct

from shared.domain.bounds import MAX_SECONDS
from shared.domain.policy import CommitStatuses, Placement, Policy
from shared.domain.runner_scope import RunnerScopes

Seconds = Annotated[int, Meta(ge=1, le=MAX_SECONDS)]
_NOWHERE = Placement(image="", task_definition="", subnets=(), security_groups=())


class RuleSettings(Struct, frozen=True, kw_only=True):
    """The limits of the fleet, where runners are registered, and what is said at GitHub."""

    max_runners: Annotated[int, Meta(ge=1)] = 100
    circuit_failures: Annotated[int, Meta(ge=1)] = 10
    circuit_pause_seconds: Seconds = 60
    max_launches: Annotated[int, Meta(ge=1)] = 3
    github_organizations: tuple[str, ...] = ()
    github_enterprise: str = ""
    commit_statuses: bool = False
    commit_status_pending_seconds: Seconds = 600
    commit_status_url: str = ""
    cancel_refused_runs: bool = False
    lost_job_reruns: Annotated[int, Meta(ge=0, le=50)] = 0

    @property
    def runner_scopes(self) -> RunnerScopes:
        """Where runners are registered."""
        return RunnerScopes(
            organizations=self.github_organizations, enterprise=self.github_enterprise
        )


def rule_policy(settings: RuleSettings) -> Policy:
    """Return the policy of the reconciler's rules and decisions. It knows no class and no subnet.

    So it can't intend a launch, which is the scheduler's.
    """
    return Policy(
        classes={},
        default_class="",
        placement=_NOWHERE,
        max_runners=settings.max_runners,
        circuit_failures=settings.circuit_failures,
        circuit_pause=settings.circuit_pause_seconds,
        max_launches=settings.max_launches,
        runner_scopes=settings.runner_scopes,
        cancel_refused_runs=settings.cancel_refused_runs,
        lost_job_reruns=settings.lost_job_reruns,
        commit_statuses=CommitStatuses(
            enabled=settings.commit_statuses,
            pending_after=settings.commit_status_pending_seconds,
            url=settings.commit_status_url,
        ),
    )
