"""Several credentials at GitHub, and the turns of their launches."""

from datetime import timedelta

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.policy import Policy
from shared.domain.slot.counter import Slots
from shared.domain.slot.rate_limit import WINDOW, RateLimits, Turn
from shared.engine import turns
from shared.ports import NoCapacity, Unavailable
from tests.simulated.github import TOKEN
from tests.support import stories
from tests.support.fleet import SimulatedFleet

TWO = replace(stories.POLICY, credentials=("", "token-2"))
ONE_A_MINUTE = replace(stories.POLICY, launches_per_minute=1)


def _fleet(*job_ids: int, policy: Policy = TWO) -> SimulatedFleet:
    fleet = SimulatedFleet(policy)
    fleet.queue(*job_ids)
    return fleet


def _facts(fleet: SimulatedFleet, job_id: int) -> list[e.Fact]:
    return [one.event.fact for one in fleet.log.read(f"job-{job_id}")]


def _last(fleet: SimulatedFleet, job_id: int, kind: type[e.Fact]) -> e.Fact:
    return [one for one in _facts(fleet, job_id) if isinstance(one, kind)][-1]


def _credential(fleet: SimulatedFleet, job_id: int) -> str:
    fact = _last(fleet, job_id, e.LaunchIntended)
    assert isinstance(fact, e.LaunchIntended)
    return fact.credential


def test_launches_use_the_credentials_in_turn_and_the_log_says_which() -> None:
    fleet = _fleet(7, 8, 9)
    fleet.settle()
    assert [_credential(fleet, job_id) for job_id in (7, 8, 9)] == ["", "token-2", ""]
    used = fleet.registrations.rest.registered_by
    assert list(used.values()) == [TOKEN, "token-2", TOKEN]


def test_a_runner_is_deleted_with_the_credential_that_registered_it() -> None:
    fleet = _fleet(7, 8)
    fleet.settle()
    for job_id in (7, 8):
        fleet.runs(f"fleet-{job_id}-1")
        fleet.completes(job_id, None, "cancelled")
    fleet.settle()
    rest = fleet.registrations.rest
    assert rest.deleted_by == rest.registered_by
    assert set(rest.deleted_by.values()) == {TOKEN, "token-2"}


def test_the_first_credential_deletes_the_runners_of_one_that_was_removed() -> None:
    fleet = _fleet(7, 8)
    fleet.settle()
    fleet.deps.more_registrations.clear()
    fleet.policy = stories.POLICY
    fleet.runs("fleet-8-1")
    fleet.completes(8, None, "cancelled")
    fleet.settle()
    assert list(fleet.registrations.rest.deleted_by.values()) == [TOKEN]
    assert fleet.registrations.names() == ["fleet-7-1"]


def test_a_runner_with_a_stored_config_keeps_its_credential_and_needs_no_turn() -> None:
    fleet = _fleet(7, policy=replace(TWO, launches_per_minute=1))
    run = fleet.tasks.run
    fleet.tasks.run = lambda _: _raise(NoCapacity("ECS: no capacity"))
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.tasks.run = run
    version = fleet.log.slots().rate_limits.version
    fleet.clock.advance(5)
    fleet.settle()
    assert fleet.row("fleet-7-1").task_arn is not None
    assert _credential(fleet, 7) == ""
    assert fleet.log.slots().rate_limits.version == version


def test_a_launch_with_a_free_turn_begins_at_once_although_reading_takes_time() -> None:
    fleet = _fleet(7)
    slots = fleet.log.slots

    def slow() -> Slots:
        fleet.clock.advance(0.01)
        return slots()

    fleet.log.slots = slow
    fleet.settle()
    assert "LaunchFailed" not in fleet.types(7)


def test_a_launch_beyond_the_quota_is_postponed_once_until_its_turn() -> None:
    fleet = _fleet(7, 8, policy=ONE_A_MINUTE)
    begun = fleet.clock.now()
    fleet.settle()
    held = _last(fleet, 8, e.LaunchFailed)
    assert isinstance(held, e.LaunchFailed)
    assert held.held_back
    assert held.retry_at == begun + timedelta(seconds=WINDOW)
    assert fleet.types(8).count("LaunchFailed") == 1
    assert fleet.row("fleet-8-1").task_arn is not None


def test_a_launch_that_comes_long_after_its_turn_takes_another_one() -> None:
    fleet = _fleet(7, 8, policy=ONE_A_MINUTE)
    for job_id in (7, 8):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    fleet.clock.advance(WINDOW + 61)
    fleet.queue(9)
    fleet.driver(Role.SCHEDULER).drive("job-9")
    fleet.driver(Role.SCHEDULER).drive("job-8")
    assert fleet.types(8).count("LaunchFailed") == 2


def test_a_turn_of_a_job_that_runs_elsewhere_goes_to_the_job_that_it_displaced() -> None:
    fleet = _fleet(7, 8, policy=ONE_A_MINUTE)
    turn = Turn(at=fleet.clock.now() + timedelta(seconds=WINDOW))
    for job_id in (7, 8):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    fleet.runs("fleet-7-1")
    fleet.starts(8, "fleet-7-1")
    for stream in ("job-8", "job-7"):
        fleet.driver(Role.RECONCILER).drive(stream)
    planned = _last(fleet, 7, e.LaunchPlanned)
    assert isinstance(planned, e.LaunchPlanned)
    assert (planned.turn, planned.not_before) == (turn, turn.at)
    assert "JobChecked" not in fleet.types(7), "the webhook has time until the turn"
    fleet.clock.advance(WINDOW)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.row("fleet-7-2").task_arn is not None
    assert "LaunchFailed" not in fleet.types(7), "it takes no turn of its own"


def test_a_turn_that_has_come_is_not_passed_on() -> None:
    fleet = _fleet(7, 8, policy=ONE_A_MINUTE)
    for job_id in (7, 8):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    fleet.runs("fleet-7-1")
    fleet.clock.advance(WINDOW)
    fleet.starts(8, "fleet-7-1")
    fleet.driver(Role.RECONCILER).drive("job-8")
    assigned = _last(fleet, 7, e.JobAssigned)
    assert isinstance(assigned, e.JobAssigned)
    assert assigned.turn is None


def test_a_launch_takes_another_turn_only_if_its_runner_is_not_registered_yet() -> None:
    for port, name, turns_taken in (("configs", "put_if_absent", 2), ("tasks", "run", 1)):
        fleet = _fleet(7)
        of = getattr(fleet, port)
        works = getattr(of, name)
        setattr(of, name, lambda *_: _raise(Unavailable("no answer")))
        fleet.driver(Role.SCHEDULER).drive("job-7")
        setattr(of, name, works)
        fleet.settle()
        assert fleet.live_runners() == ["fleet-7-1"], port
        assert fleet.log.slots().rate_limits.version == turns_taken, port


def test_a_job_that_waits_for_a_slot_takes_no_turn() -> None:
    fleet = _fleet(7, 8, policy=replace(stories.POLICY, max_runners=1))
    fleet.settle()
    assert fleet.types(8)[-1] == "SlotAwaited"
    assert fleet.log.slots().rate_limits.version == 1


def test_a_turn_that_another_launch_took_meanwhile_is_taken_anew() -> None:
    fleet = SimulatedFleet(ONE_A_MINUTE)
    now, stale = fleet.clock.now(), fleet.log.slots().rate_limits
    first = turns.take_turn(fleet.deps, fleet.policy, now, stale)
    second = turns.take_turn(fleet.deps, fleet.policy, now, stale)
    assert [first.at, second.at] == [now, now + timedelta(seconds=WINDOW)]


def test_a_record_that_can_not_be_changed_holds_no_launch_up() -> None:
    fleet = SimulatedFleet()
    now = fleet.clock.now()
    seen = fleet.log.slots().rate_limits

    def always_changed(*_: object) -> RateLimits:
        return seen

    def unavailable(*_: object) -> None:
        raise Unavailable("DynamoDB: throttled")

    for fails in (always_changed, unavailable):
        fleet.log.replace_rate_limits = fails
        assert turns.take_turn(fleet.deps, fleet.policy, now, seen) == Turn(at=now)
        turns.share_limit(fleet.deps, "", fleet.clock.now())


def _raise(error: Exception) -> None:
    raise error
