"""The sweep of ghost registrations: registrations at GitHub of runners that have ended.

A crash, or an outage of GitHub, leaves them.
"""

from datetime import timedelta

from functions.janitor.repositories import recent_repositories
from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain import events as e
from shared.domain.decision import Decided
from shared.domain.names import own_runner
from shared.domain.runner.state import RunnerPhase
from shared.domain.runner_scope import Level
from shared.domain.slot.rate_limit import FIRST
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.engine.transact import load
from shared.ports import Deletion, Registered

MOST_REPOSITORIES = 10
"""Maximum number of repositories listed in one run, those with the newest rows."""
MOST_SHARED = 10
"""Maximum number of organizations whose runners are listed in one run."""
MOST_REGISTRATIONS = 1000
"""Maximum number of runners listed of one scope: 10 calls of GitHub's API,
which allows 5,000 an hour."""
MOST_GHOSTS = 50
"""Maximum number of registrations checked in one run, each with a read of a stream and a deletion.
The oldest come first, since the newest belong to runners that are starting."""
SEEN_LATELY = timedelta(days=1)
"""GitHub itself removes an ephemeral runner that stays offline for a day.

Source: GitHub Docs, "Autoscaling with self-hosted runners", on ephemeral runners.
"""


def ghost_registrations(janitor: Janitor) -> Swept:
    """Delete the fleet's registrations that are offline and idle and whose runner has ended.

    A runner whose task has not started yet is offline, too. The stream distinguishes them.
    """
    suspects: list[tuple[str, Registered]] = []

    def look(place: str) -> Outcome:
        found = janitor.deps.registrations.registered(place, MOST_REGISTRATIONS)
        suspects.extend((place, one) for one in found if _is_suspect(janitor, one))
        return Outcome.OK

    looked = janitor.each(_places(janitor), look, str)
    suspects.sort(key=lambda found: found[1].github_runner_id)
    repaired = janitor.each(
        suspects[:MOST_GHOSTS],
        lambda found: _repair(janitor, *found),
        lambda found: found[1].runner_id,
    )
    return Swept(
        found=looked.found + repaired.found,
        repaired=repaired.repaired,
        failed=looked.failed + repaired.failed,
    )


def is_over(state: State, runner_id: str, janitor: Janitor) -> bool:
    """Return whether the log has no such runner, or it ended longer ago than the grace period.

    The intent to launch is in the log before the registration is created. So a runner that is not
    in the log is not starting.
    """
    runner = state.runner(runner_id)
    if runner is None:
        return True
    closed_at = runner.closed_at if runner.phase is RunnerPhase.CLOSED else None
    return closed_at is not None and closed_at + janitor.grace <= janitor.now()


def _places(janitor: Janitor) -> list[str]:
    """Return each scope once: of the organizations or the enterprise, and of recent repositories.

    If there are more than `MOST_SHARED` organizations, each run looks at others.
    """
    scopes = janitor.scopes
    shared = janitor.rotated(scopes.shared(), MOST_SHARED, str)
    recent = map(scopes.of, recent_repositories(janitor, SEEN_LATELY))
    alone = [one for one in dict.fromkeys(recent) if one.level is Level.REPOSITORY]
    return [one.name for one in (*shared, *alone[:MOST_REPOSITORIES])]


def _is_suspect(janitor: Janitor, one: Registered) -> bool:
    ours = own_runner(janitor.prefix, one.runner_id) is not None
    return ours and not one.online and not one.busy


def _repair(janitor: Janitor, place: str, one: Registered) -> Outcome:
    """Delete the registration of an ended runner, and record it in the stream if there is one."""
    history = load(janitor.deps.log, StreamId.of_runner(one.runner_id))
    if not is_over(history.state, one.runner_id, janitor):
        return Outcome.OK
    runner = history.state.runner(one.runner_id)
    credential = runner.intent.credential if runner and runner.intent else FIRST
    registrations = janitor.deps.registrations_of(credential)
    answer = registrations.delete(place, one.github_runner_id)
    if answer is Deletion.BUSY:
        return Outcome.DEFERRED
    decided = Decided(
        id=f"janitor/{one.runner_id}/deregistered/{one.github_runner_id}",
        fact=e.RunnerDeregistered(runner_id=one.runner_id, outcome=answer.value),
    )
    janitor.record(history.stream, lambda stream: decided if stream.history.seq else None)
    return Outcome.REPAIRED
