"""What is out of reach is tried again, after a wait, and not for ever."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.job.state import JobPhase
from shared.ports import (
    JitConfig,
    NoCapacity,
    NotNow,
    RateLimited,
    Refused,
    TaskSpec,
    Throttled,
    TurnedAway,
    Unavailable,
)
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import running_fleet


class Failing:
    """The tasks port, failing so many times first."""

    def __init__(self, fleet: SimulatedFleet, *errors: Exception) -> None:
        self._run = fleet.tasks.run
        self._errors = list(errors)
        self.specs: list[TaskSpec] = []
        fleet.tasks.run = self.run

    def run(self, spec: TaskSpec) -> str:
        self.specs.append(spec)
        if self._errors:
            raise self._errors.pop(0)
        return self._run(spec)


def test_a_launch_that_may_have_been_done_is_repeated_with_the_same_parameters() -> None:
    fleet = SimulatedFleet()
    failing = Failing(fleet, Unavailable("no answer"), TurnedAway("throttled", retry_after=90))
    fleet.queue(7)
    began = fleet.clock.now()
    fleet.settle()
    assert fleet.types(7).count("LaunchFailed") == 2
    assert fleet.types(7).count("LaunchIntended") == 1
    assert failing.specs == [failing.specs[0]] * 3
    assert (fleet.clock.now() - began).total_seconds() > 90
    assert fleet.requests.count("github.mint") == 1
    assert list(fleet.statuses()) == ["fleet-7-1"]


def test_a_launch_that_was_turned_away_is_intended_anew_under_another_token() -> None:
    fleet = SimulatedFleet()
    failing = Failing(fleet, NotNow("throttled"), NoCapacity("no capacity"))
    fleet.queue(7)
    fleet.settle()
    assert fleet.types(7).count("LaunchIntended") == 3
    tokens = [spec.client_token for spec in failing.specs]
    assert tokens == ["fleet-7-1", "fleet-7-1.2", "fleet-7-1.3"]
    assert fleet.requests.count("github.mint") == 1


@pytest.mark.parametrize(
    ("error", "longest"), [(Throttled("throttled"), 4.0), (NotNow("no quota"), 128.0)]
)
def test_a_throttled_launch_is_tried_again_soon_however_often_it_was(
    error: NotNow, longest: float
) -> None:
    fleet = SimulatedFleet()
    Failing(fleet, *[error] * 7)
    fleet.queue(7)
    fleet.settle()
    failed = [one.event for one in fleet.log.read("job-7") if one.event.type == "LaunchFailed"]
    waits = [(one.fact.retry_at - one.at).total_seconds() for one in failed]
    assert len(waits) == 7
    assert longest / 2 <= max(waits) <= longest


def test_no_capacity_settles_whether_an_earlier_call_was_done() -> None:
    fleet = SimulatedFleet()
    failing = Failing(fleet, Unavailable("no answer"), NoCapacity("no capacity"))
    fleet.queue(7)
    fleet.settle()
    tokens = [spec.client_token for spec in failing.specs]
    assert tokens == ["fleet-7-1", "fleet-7-1", "fleet-7-1.3"]


def test_a_quota_that_is_missing_for_hours_gives_no_job_up_and_opens_no_circuit() -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, circuit_failures=2, max_launches=1))
    reason = "RunTask: You've reached the limit on the number of vCPUs you can run concurrently"
    granted_at = fleet.clock.now() + timedelta(hours=3)
    run = fleet.tasks.run

    def refused(spec: TaskSpec) -> str:
        if fleet.clock.now() < granted_at:
            raise NotNow(reason)
        return run(spec)

    fleet.tasks.run = refused
    fleet.queue(7, 8, 9)
    retried = dict.fromkeys((7, 8, 9), fleet.clock.now())
    scheduler = fleet.driver(Role.SCHEDULER)
    while retried:
        job_id, at = min(retried.items(), key=lambda one: one[1])
        fleet.clock.advance(max(0.0, (at - fleet.clock.now()).total_seconds()))
        driven = scheduler.drive(f"job-{job_id}")
        if driven.retry_at is None:
            del retried[job_id]
            continue
        assert fleet.log.slots().held < 3, "a job that waits holds no slot"
        assert fleet.row(f"fleet-{job_id}-1").failure_reason == reason
        retried[job_id] = driven.retry_at
    late = fleet.clock.now() - granted_at
    assert late <= timedelta(minutes=15)
    assert set(fleet.statuses()) == {"fleet-7-1", "fleet-8-1", "fleet-9-1"}
    assert fleet.log.slots().circuit.broken == 0
    assert fleet.types(7).count("LaunchFailed") < 30


def test_what_a_launch_that_is_cancelled_later_has_left_is_removed() -> None:
    fleet = SimulatedFleet()
    Failing(fleet, NotNow("no vCPUs", retry_after=600))
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.registrations.runners
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"
    assert fleet.registrations.runners == {}
    assert fleet.row("fleet-7-1").deadline is None


def test_a_launch_that_fails_after_its_runner_went_to_another_job_is_dropped() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    Failing(fleet, Unavailable("no answer"))
    fleet.driver(Role.SCHEDULER).drive("job-1")
    fleet.driver(Role.SCHEDULER).drive("job-2")
    fleet.runs("fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    fleet.driver(Role.RECONCILER).drive("job-1")
    assert fleet.history(2).state.job.paired == "fleet-1-1"
    Failing(fleet, NoCapacity("no capacity"))
    fleet.settle()
    assert fleet.row("fleet-1-1").status == "OFFLINE"
    assert fleet.row("fleet-1-1").deadline is None
    assert fleet.history(2).state.job.paired == "fleet-2-2"
    assert set(fleet.live_runners()) == {"fleet-2-1", "fleet-2-2"}
    registered = set(fleet.registrations.names())
    assert registered == {"fleet-2-1", "fleet-2-2"}


def test_the_wait_before_another_launch_begins_when_the_failure_is_known() -> None:
    fleet = SimulatedFleet()
    run = fleet.tasks.run

    def slow(_: object) -> str:
        fleet.tasks.run = run
        fleet.clock.advance(30)
        raise Unavailable("ECS: no answer within 10 s, three times")

    fleet.tasks.run = slow
    fleet.queue(7)
    began = fleet.clock.now()
    driven = fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.types(7)[-1] == "LaunchFailed"
    assert driven.retry_at is not None
    assert (driven.retry_at - began).total_seconds() > 30


def test_a_drive_that_something_out_of_reach_ends_comes_back_so_long_after_its_answer() -> None:
    fleet = running_fleet(7)
    fleet.clock.advance(301)

    def slow(*_: object) -> None:
        fleet.clock.advance(30)
        raise Unavailable("GitHub: rate limit", retry_after=60)

    fleet.registrations.delete = slow
    began = fleet.clock.now()
    driven = fleet.driver(*Role).drive("job-7")
    assert driven.retry_at == began + timedelta(seconds=90)


def test_a_launch_that_ecs_refuses_refuses_the_job_in_its_words_and_is_deregistered() -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, circuit_failures=1))
    Failing(fleet, Refused("ECS: the overrides are too long"))
    fleet.queue(7)
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert (row.status, row.failure_reason) == ("FAILED", "ECS: the overrides are too long")
    assert fleet.history(7).state.job.phase is JobPhase.REFUSED
    assert fleet.types(7).count("LaunchFailed") == 1
    assert list(fleet.statuses()) == ["fleet-7-1"]
    assert fleet.registrations.runners == {}
    slots = fleet.log.slots()
    assert (slots.held, slots.circuit.broken) == (0, 0)


def test_credentials_that_github_does_not_take_refuse_no_job() -> None:
    fleet = SimulatedFleet()
    mint = fleet.registrations.mint

    def unauthorized(*_: object) -> JitConfig:
        raise NotNow("GitHub: 401 Bad credentials")

    fleet.registrations.mint = unauthorized
    fleet.queue(7)
    driven = fleet.driver(Role.SCHEDULER).drive("job-7")
    assert driven.retry_at is not None
    assert fleet.row("fleet-7-1").failure_reason == "GitHub: 401 Bad credentials"
    assert fleet.history(7).state.job.phase is JobPhase.QUEUED
    fleet.registrations.mint = mint
    fleet.settle()
    assert fleet.row("fleet-7-1").task_arn is not None


class Limited:
    """GitHub refuses just-in-time configs by its rate limit, for `seconds` from the first on."""

    def __init__(self, fleet: SimulatedFleet, seconds: float) -> None:
        self.asked: list[str] = []
        self._until = fleet.clock.now() + timedelta(seconds=seconds)
        mint = fleet.registrations.mint

        def refuse(repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
            self.asked.append(runner_id)
            left = (self._until - fleet.clock.now()).total_seconds()
            if left > 0:
                raise RateLimited("GitHub: 403 You have exceeded a secondary rate limit", left)
            return mint(repository, runner_id, labels)

        fleet.registrations.mint = refuse


def test_while_githubs_limit_holds_no_launch_asks_in_vain_and_all_jobs_run_after_it() -> None:
    fleet = SimulatedFleet()
    github = Limited(fleet, 60)
    fleet.queue(*range(1, 21))
    for job_id in range(1, 21):
        driven = fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
        assert driven.retry_at
        assert driven.retry_at >= fleet.clock.now() + timedelta(seconds=60)
    assert len(github.asked) == 1, "the others know it from the record of the first"
    assert fleet.log.slots().held == 0, "who waits holds no slot"
    assert "GitHub's rate limit: its turn is at 00:01:06 UTC" in str(
        fleet.row("fleet-20-1").failure_reason
    )
    fleet.settle()
    assert len(fleet.live()) == 20


def test_after_githubs_limit_launches_come_back_evenly() -> None:
    fleet = SimulatedFleet()
    Limited(fleet, 60)
    fleet.queue(*range(1, 21))
    back = Counter(fleet.driver(Role.SCHEDULER).drive(f"job-{n}").retry_at for n in range(1, 21))
    assert len(back) >= 7
    assert max(back.values()) <= 3


def test_a_launch_that_was_held_back_says_so_and_counts_against_nobody() -> None:
    fleet = SimulatedFleet()
    Limited(fleet, 60)
    fleet.queue(7, 8)
    for job_id in (7, 8):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    facts = [one.event.fact for one in fleet.log.read("job-8")]
    (held,) = (one for one in facts if isinstance(one, e.LaunchFailed))
    assert held.held_back
    assert not any(isinstance(one, e.LaunchIntended) for one in facts)
    fleet.settle()
    assert fleet.log.slots().circuit.broken == 0
    assert len(fleet.live()) == 2


def test_a_launch_that_the_janitor_holds_back_is_tried_again_at_its_turn() -> None:
    """The Janitor does not come back at that time, so the scheduler is nudged."""
    fleet = SimulatedFleet()
    fleet.queue(7)
    seen = fleet.log.slots().rate_limits
    fleet.log.replace_rate_limits(seen, seen.refused("", fleet.clock.now() + timedelta(seconds=1)))
    fleet.log.nudges.clear()
    driven = fleet.driver(*Role).drive("job-7")
    assert fleet.types(7)[-1] == "LaunchFailed"
    assert driven.retry_at is not None
    fleet.settle()
    assert fleet.types(7)[-1] == "RunnerLaunched"


def test_a_record_of_the_limit_that_can_not_be_written_stops_nothing() -> None:
    fleet = SimulatedFleet()
    github = Limited(fleet, 60)

    def fail(*_: object) -> None:
        raise Unavailable("DynamoDB: throttled")

    fleet.log.replace_rate_limits = fail
    fleet.queue(7, 8)
    fleet.settle()
    assert {"fleet-7-1", "fleet-8-1"} <= set(github.asked)
    assert len(fleet.live()) == 2


def test_a_launch_that_is_held_back_gives_the_slot_back_that_it_was_granted() -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, max_runners=1))
    fleet.queue(7, 8)
    fleet.settle()
    seen = fleet.log.slots().rate_limits
    fleet.log.replace_rate_limits(seen, seen.refused("", fleet.clock.now() + timedelta(hours=1)))
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.driver(Role.RECONCILER).drive("job-7")
    assert fleet.types(8)[-1] == "SlotFreed", "job 8 is handed the slot"
    assert fleet.log.slots().held == 1
    fleet.driver(Role.SCHEDULER).drive("job-8")
    assert fleet.types(8)[-1] == "LaunchFailed"
    assert fleet.log.slots().held == 0


def test_a_launch_that_failed_is_cancelled_if_its_job_needs_no_runner_any_more() -> None:
    fleet = SimulatedFleet()
    put = fleet.configs.put_if_absent

    def lost(*_: object) -> bool:
        raise Unavailable("S3: no answer")

    fleet.configs.put_if_absent = lost
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.registrations.names() == ["fleet-7-1"], "registered, but not stored"
    fleet.configs.put_if_absent = put
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    assert "LaunchCancelled" in fleet.types(7)
    assert fleet.registrations.names() == []
    assert fleet.live() == []
    assert fleet.log.slots().held == 0


def test_a_launch_that_a_crash_left_without_outcome_is_cancelled_with_its_job() -> None:
    fleet = SimulatedFleet()
    mint = fleet.registrations.mint

    def crash(*_: object) -> JitConfig:
        raise ZeroDivisionError

    fleet.registrations.mint = crash
    fleet.queue(7)
    with pytest.raises(ZeroDivisionError):
        fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.types(7)[-1] == "LaunchIntended"
    fleet.registrations.mint = mint
    fleet.completes(7, None, "cancelled")
    fleet.driver(Role.RECONCILER).drive("job-7")
    fleet.settle()
    assert "LaunchCancelled" in fleet.types(7)
    assert (fleet.registrations.names(), fleet.live()) == ([], [])
    assert fleet.log.slots().held == 0
