"""Every event's id can be the SQS deduplication id of its nudge, however long the names in it are.

SQS refuses one that can't be, and its nudge would never be sent.
"""

import string
from collections.abc import Callable
from dataclasses import replace as replace_fields
from typing import Any

import pytest
from msgspec.structs import replace

from functions.janitor.dead_letters import dead_letters
from functions.janitor.ghosts import ghost_registrations
from functions.janitor.images import EXPIRY, unused_images
from functions.janitor.orphans import orphan_tasks
from functions.janitor.postponed import postponed_launches
from functions.janitor.sweep import PERIOD
from functions.janitor.vanished import vanished_tasks
from functions.janitor.waiting import waiting_jobs
from local.github.answers import refused
from local.github.payloads import head_sha
from local.github.rest import no_faults
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.bounds import MAX_ID
from shared.domain.names import MAX_PREFIX, MAX_RUNNER_ID, check_prefix, runner_id
from shared.domain.policy import CommitStatuses
from shared.domain.runner.transitions import CONFIRM_EVERY
from shared.domain.stream import StreamId
from shared.engine.effects.launch import client_token
from shared.engine.transact import Entry, append, load
from shared.ports import Conflict, NoCapacity, NotNow, Unavailable
from tests.support import lost, stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import IMAGES, BuildingFleet, build_id
from tests.support.janitor import GRACE, janitor, stray_task
from tests.support.queues import SimulatedQueues

ALPHABET = set(string.ascii_letters + string.digits + string.punctuation)
"""Source: Amazon SQS API Reference, SendMessage, MessageDeduplicationId: alphanumeric characters
and this punctuation, at most 128 characters."""
PREFIX = check_prefix("p" * MAX_PREFIX)
FIRST, SECOND = MAX_ID - 1, MAX_ID
"""Jobs with ids of 19 digits."""
TAG = "t" * 80
CLUSTER = f"arn:aws:ecs:us-east-1:123456789012:cluster/{'c' * 255}"
OUTSIDE = {
    e.JobQueued,
    e.JobHeld,
    e.JobStarted,
    e.JobCompleted,
    e.TaskStarted,
}
"""Facts that only others tell: their ids are GitHub's and AWS's."""


class LongFleet(BuildingFleet):
    """A fleet of the longest names; images are built if `building`."""

    def __init__(self, *, building: bool = False, **policy: object) -> None:
        super().__init__(cluster=CLUSTER, **policy)
        if not building:
            self.policy = replace(self.policy, images=None)

    def queue(self, *job_ids: int, labels: tuple[str, ...] = ()) -> None:
        for job_id in job_ids:
            self.tell(job_id, replace(stories.queued(*labels), fleet=PREFIX))

    def sweeps(self, sweep: Callable[[Any], Any], **more: Any) -> None:
        sweep(replace_fields(janitor(self, **more), prefix=PREFIX))
        self.settle()


def _runner(job_id: int, number: int = 1) -> str:
    return runner_id(PREFIX, job_id, number)


def _up(*job_ids: int, **policy: object) -> LongFleet:
    """A fleet whose jobs have a runner each, which is up and waits."""
    fleet = LongFleet(**policy)
    fleet.queue(*job_ids)
    fleet.settle()
    fleet.runs(*map(_runner, job_ids))
    fleet.settle()
    return fleet


def _failing(port: Any, name: str, *errors: Exception) -> None:
    """Make the first calls of that method fail."""
    method, left = getattr(port, name), list(errors)

    def call(*args: Any) -> Any:
        if left:
            raise left.pop(0)
        return method(*args)

    setattr(port, name, call)


def _accepting(port: Any, name: str) -> None:
    """Let all calls of that method do nothing."""
    setattr(port, name, lambda *_: None)


def _swap() -> LongFleet:
    fleet = _up(FIRST, SECOND)
    fleet.starts(FIRST, _runner(SECOND))
    fleet.starts(SECOND, _runner(FIRST))
    fleet.settle()
    fleet.completes(FIRST, _runner(SECOND))
    fleet.completes(SECOND, _runner(FIRST))
    fleet.exits(_runner(FIRST))
    fleet.exits(_runner(SECOND))
    fleet.settle()
    return fleet


def _given_up() -> LongFleet:
    fleet = LongFleet(max_launches=2)
    fleet.queue(FIRST)
    fleet.settle()
    for number in (1, 2):
        fleet.exits(_runner(FIRST, number), exit_code=1)
        fleet.settle()
    fleet.queue(SECOND, labels=("class:xl",))
    fleet.settle()
    return fleet


def _circuit() -> LongFleet:
    fleet = LongFleet(circuit_failures=1)
    fleet.queue(FIRST)
    fleet.settle()
    fleet.exits(_runner(FIRST), exit_code=1)
    fleet.settle()
    fleet.clock.advance(61)
    fleet.sweeps(waiting_jobs)
    fleet.runs(_runner(FIRST, 2))
    fleet.starts(FIRST, _runner(FIRST, 2))
    fleet.settle()
    return fleet


def _retries() -> LongFleet:
    fleet = LongFleet()
    _failing(fleet.tasks, "run", Unavailable("no answer"), NoCapacity("none"), NotNow("vCPUs"))
    fleet.queue(FIRST)
    fleet.settle()
    return fleet


def _resumed() -> LongFleet:
    fleet = LongFleet()
    fleet.queue(FIRST)
    _failing(fleet.tasks, "run", RuntimeError("the function dies"))
    with pytest.raises(RuntimeError):
        fleet.driver(Role.SCHEDULER).drive(f"job-{FIRST}")
    fleet.clock.advance(600)
    fleet.sweep()
    return fleet


def _stopped_while_busy() -> LongFleet:
    fleet = _up(FIRST)
    fleet.registrations.set_busy(_runner(FIRST))
    fleet.clock.advance(301)
    fleet.sweep()
    fleet.clock.advance(7200)
    fleet.sweep()
    fleet.stopped(_runner(FIRST))
    fleet.settle()
    return fleet


def _cancelled() -> LongFleet:
    fleet = _up(FIRST)
    fleet.queue(SECOND)
    for job_id in (SECOND, FIRST):
        fleet.completes(job_id, None, "cancelled")
    fleet.settle()
    return fleet


def _slots() -> LongFleet:
    fleet = LongFleet(max_runners=1)
    fleet.queue(FIRST, SECOND)
    fleet.settle()
    fleet.policy = replace(fleet.policy, max_runners=2)
    fleet.sweeps(waiting_jobs)
    return fleet


def _images() -> LongFleet:
    fleet = LongFleet(building=True)
    _failing(fleet.images, "build", NotNow("AccountLimitExceededException"))
    fleet.queue(FIRST)
    fleet.settle()
    fleet.ends(build_id(1), "exit status 1")
    fleet.settle()
    fleet.queue(SECOND)
    fleet.settle()
    fleet.ends(build_id(2))
    fleet.settle()
    return fleet


def _images_no_more() -> LongFleet:
    fleet = LongFleet(building=True)
    _failing(fleet.images, "build", NotNow("AccountLimitExceededException"))
    fleet.queue(FIRST)
    for stream in (f"job-{FIRST}", StreamId.of_image(TAG)):
        fleet.driver(Role.SCHEDULER).drive(stream)
    fleet.policy = replace(fleet.policy, images=None)
    fleet.driver().drive(StreamId.of_image(TAG))
    fleet.settle()
    return fleet


def _unused_image() -> LongFleet:
    fleet = LongFleet(building=True)
    fleet.push(TAG)
    fleet.queue(FIRST)
    fleet.settle()
    fleet.runs(_runner(FIRST))
    fleet.clock.advance(IMAGES.unused_days * 86_400)
    fleet.clock.advance(3_600 * ((EXPIRY - fleet.clock.now().hour) % 24))
    fleet.sweeps(unused_images)
    return fleet


def _janitor() -> LongFleet:
    fleet = _up(FIRST, SECOND)
    ghost, orphan = _runner(FIRST, 999), _runner(FIRST, 998)
    fleet.registrations.mint("octo/repo", ghost, ["self-hosted"])
    stray_task(fleet, orphan)
    fleet.clock.advance(GRACE)
    fleet.sweeps(orphan_tasks)
    fleet.sweeps(ghost_registrations)
    del fleet.ecs.tasks[str(fleet.row(_runner(SECOND)).task_arn)]
    fleet.sweeps(vanished_tasks)
    queues = SimulatedQueues(fleet.clock)
    queues.bury("reconciler", f"job-{FIRST}", "x" * 128, message_id="0" * 36)
    for _ in Role:  # each run reads one queue
        fleet.clock.advance(PERIOD)
        fleet.sweeps(dead_letters, queues=queues)
    return fleet


def _held() -> LongFleet:
    fleet = _up(FIRST)
    fleet.clock.advance(CONFIRM_EVERY.total_seconds())
    fleet.sweep()
    fleet.tell(FIRST, e.JobHeld(job=stories.details()))
    fleet.settle()
    return fleet


def _refused_status() -> LongFleet:
    fleet = LongFleet(commit_statuses=CommitStatuses(enabled=True), cancel_refused_runs=True)
    run = fleet.registrations.actions.queue("octo/repo", ("elsewhere",))
    for job_id, sha in ((FIRST, head_sha(run.run_id)), (SECOND, "f" * 40)):
        fleet.tell(job_id, stories.queued("class:xl", head_sha=sha, run_id=run.run_id))
    fleet.settle()
    return fleet


def _lost_jobs() -> LongFleet:
    """Two lost jobs: one is run again once its run has ended, for the other GitHub refuses it."""
    fleet = LongFleet(lost_job_reruns=1)
    actions = fleet.registrations.actions
    first, end = lost.begin_elsewhere(fleet)
    second = actions.queue("octo/repo", ("never",))
    for job_id, run in ((FIRST, first), (SECOND, second)):
        details = stories.details(run_id=run.run_id)
        fleet.tell(job_id, e.JobQueued(fleet=PREFIX, job=details))
        fleet.settle()
        fleet.runs(_runner(job_id))
        fleet.starts(job_id, _runner(job_id))
        fleet.settle()
        fleet.interrupted(_runner(job_id), lost.SPOT)
        fleet.clock.advance(lost.NOTICED_SECONDS)
        fleet.completes(job_id, _runner(job_id), "failure")
        fleet.settle()
    actions.cancel("octo/repo", second.run_id)
    lost.look(fleet)
    end()
    _accepting(fleet.deps.jobs, "rerun_job")
    lost.look(fleet)
    return fleet


def _unblocked() -> LongFleet:
    fleet = LongFleet()
    fleet.registrations.rest.faults = lambda _: refused(503, "Service unavailable")
    fleet.queue(FIRST)
    fleet.driver(Role.SCHEDULER).drive(f"job-{FIRST}")
    mine = janitor(fleet)
    postponed_launches(mine)
    fleet.registrations.rest.faults = no_faults
    postponed_launches(mine)
    return fleet


STORIES = (
    _refused_status,
    _lost_jobs,
    _unblocked,
    _swap,
    _held,
    _given_up,
    _circuit,
    _retries,
    _resumed,
    _stopped_while_busy,
    _cancelled,
    _slots,
    _images,
    _images_no_more,
    _unused_image,
    _janitor,
)


@pytest.fixture(autouse=True)
def _longest_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.image.decisions.image_tag", lambda _base, _images: TAG)


def _events(fleet: SimulatedFleet) -> list[e.Event]:
    return [one.event for recorded in fleet.log.events.values() for one in recorded]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.strip("_"))
def test_every_event_of_a_story_has_an_id_that_sqs_takes(story: Callable[[], LongFleet]) -> None:
    ids = [event.id for event in _events(story())]
    assert [one for one in ids if not 1 <= len(one) <= 128 or set(one) - ALPHABET] == []


def test_the_stories_make_every_event_that_the_product_makes() -> None:
    made = {type(event.fact) for story in STORIES for event in _events(story())}
    assert set(e.TYPES.values()) - OUTSIDE - made == set()


def test_the_stories_have_every_kind_of_notice() -> None:
    kinds = {notice.kind for story in STORIES for notice in story().log.notices}
    assert kinds == {"Runner Failed", "Job Refused", "Job Stuck", "Launches Stopped"}


@pytest.mark.parametrize("wrong", ["fleet-7-1/told/Runner Failed", "x" * 129, "", "a\tb", "zoë"])
def test_an_id_that_sqs_would_not_take_is_refused_and_nothing_is_written(wrong: str) -> None:
    fleet = SimulatedFleet()
    fleet.queue(8)
    good = Entry(history=load(fleet.log, "job-8"), events=(stories.event(stories.started()),))
    bad = Entry(
        history=load(fleet.log, "job-7"),
        events=(replace(stories.event(stories.queued()), id=wrong),),
    )
    with pytest.raises(e.InvalidEventId, match="allowed: 1 to 128 letters, digits and ASCII") as no:
        append(fleet.log, [good, bad])
    assert repr(wrong) in str(no.value)
    assert not isinstance(no.value, Conflict | Unavailable), "to try it again is no use"
    assert (fleet.types(7), fleet.types(8)) == ([], ["JobQueued"])


def test_the_longest_runner_id_leaves_room_for_the_number_of_the_attempt_in_its_token() -> None:
    """Source: Amazon ECS API Reference, RunTask, clientToken: at most 64 characters."""
    longest = _runner(SECOND, 999)
    plan = replace(stories.intended(longest), attempt=999_999)
    assert len(client_token(plan)) <= MAX_RUNNER_ID == 64
    with pytest.raises(ValueError, match=f"at most {MAX_PREFIX} characters"):
        check_prefix("p" * (MAX_PREFIX + 1))
