"""Ingest applies the rules of the reconciler under a policy without classes, subnets and images."""

import pytest

from shared.domain.actions import Role
from shared.domain.codec import decode
from shared.domain.history import read_job, record
from shared.domain.next_action import pending_actions
from shared.domain.policy import Policy
from shared.domain.stream import StreamId
from shared.rule_settings import RuleSettings, rule_policy
from tests.histories.files import Files
from tests.histories.policies import POLICIES

FILES = Files()
RECONCILER = (Role.RECONCILER,)


def _rules_of(policy: Policy) -> Policy:
    """Return what ingest makes of the same settings."""
    return rule_policy(
        RuleSettings(
            max_runners=policy.max_runners,
            circuit_failures=policy.circuit_failures,
            circuit_pause_seconds=policy.circuit_pause,
            max_launches=policy.max_launches,
            github_organizations=policy.runner_scopes.organizations,
            github_enterprise=policy.runner_scopes.enterprise,
            commit_statuses=policy.commit_statuses.enabled,
            commit_status_pending_seconds=policy.commit_statuses.pending_after,
            commit_status_url=policy.commit_statuses.url,
            cancel_refused_runs=policy.cancel_refused_runs,
            lost_job_reruns=policy.lost_job_reruns,
        )
    )


@pytest.mark.parametrize("name", FILES.names())
def test_the_reconcilers_rules_return_the_same_under_the_policy_of_ingest(name: str) -> None:
    recording = FILES.recording(name)
    policy = POLICIES[recording.policy]
    for stream, texts in recording.streams.items():
        if StreamId(stream).job_id is None:
            continue
        history = read_job(StreamId(stream), ())
        for text in texts:
            event = decode(text)
            history = record(history, (event,))
            now = event.recorded_at
            consumers = list(pending_actions(history.state, now, policy, RECONCILER))
            of_ingest = pending_actions(history.state, now, _rules_of(policy), RECONCILER)
            assert list(of_ingest) == consumers, f"{stream} after {event.id}"
