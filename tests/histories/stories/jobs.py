"""Stories of jobs: what GitHub reports of them, and which runner they take."""

from functions.janitor.dead_letters import mark
from shared.domain import events as e
from shared.domain.actions import Role
from shared.ports import JobView
from tests.histories.story import Story, with_policy
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.queues import SimulatedQueues

_THIEF = 99


def idle(fleet: SimulatedFleet, *job_ids: int) -> None:
    """Queue these jobs; their runners have come up and wait."""
    fleet.queue(*job_ids)
    fleet.settle()
    fleet.runs(*(f"fleet-{job_id}-1" for job_id in job_ids))
    fleet.settle()


def plain_job(fleet: SimulatedFleet) -> None:
    """A job runs on its own runner, and all ends well."""
    fleet.queue(7)
    fleet.settle()
    fleet.clock.advance(20)
    fleet.runs("fleet-7-1")
    fleet.settle()
    fleet.clock.advance(5)
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.clock.advance(60)
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()


def failed_job(fleet: SimulatedFleet) -> None:
    """The runner dies while it runs its job: nothing is launched again."""
    idle(fleet, 7)
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=137)
    fleet.completes(7, "fleet-7-1", "failure")
    fleet.settle()


def swap_of_two(fleet: SimulatedFleet) -> None:
    """Each of two jobs takes the runner of the other one."""
    idle(fleet, 1, 2)
    for job_id, runner_id in ((1, "fleet-2-1"), (2, "fleet-1-1")):
        fleet.starts(job_id, runner_id)
        fleet.settle()
    for job_id, runner_id in ((1, "fleet-2-1"), (2, "fleet-1-1")):
        fleet.completes(job_id, runner_id)
        fleet.exits(runner_id)
        fleet.settle()


def swap_of_three(fleet: SimulatedFleet) -> None:
    """Of three short jobs two run on the runners of others, and their webhooks come later."""
    idle(fleet, 1, 2, 3)
    ran_on = {2: "fleet-1-1", 3: "fleet-2-1"}
    for runner_id in ran_on.values():
        fleet.registrations.ended(runner_id)
        fleet.exits(runner_id)
        _reconcile(fleet)
    for job_id, runner_id in ran_on.items():
        fleet.tell(job_id, stories.started(runner_id))
        _reconcile(fleet)
        fleet.tell(job_id, stories.completed(runner_id))
        _reconcile(fleet)
    fleet.starts(1, "fleet-3-1")
    fleet.settle()


def _reconcile(fleet: SimulatedFleet) -> None:
    """The reconciler does what there is to do now; no time passes."""
    for job_id in (1, 2, 3):
        fleet.driver(Role.RECONCILER).drive(f"job-{job_id}")


def swap_without_the_labels(fleet: SimulatedFleet) -> None:
    """Job 2 takes the runner of job 1, for which the other runner lacks a label."""
    fleet.queue(1, labels=("gpu",))
    fleet.queue(2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    fleet.stopped("fleet-2-1")
    fleet.settle()


def thief(fleet: SimulatedFleet) -> None:
    """A job for which the fleet launches nothing takes the runner of job 7."""
    idle(fleet, 7)
    fleet.tell(_THIEF, stories.started("fleet-7-1"))
    fleet.settle()
    fleet.tell(_THIEF, stories.completed("fleet-7-1"))
    fleet.exits("fleet-7-1")
    fleet.settle()


def stranger_in_the_organization(fleet: SimulatedFleet) -> None:
    """A job of another repository of the organization takes the runner of job 7."""
    idle(fleet, 7)
    job = e.JobDetails(repository="octo/other", labels=("linux",))
    fact = e.JobStarted(job=job, runner_name="fleet-7-1", runner_id="fleet-7-1")
    fleet.tell(_THIEF, fact)
    fleet.settle()


def started_before_it_was_queued(fleet: SimulatedFleet) -> None:
    """The webhooks of job 2 come in the wrong order; it runs on the runner of job 1."""
    idle(fleet, 1)
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    fleet.queue(2)
    fleet.settle()


def late_and_repeated_webhooks(fleet: SimulatedFleet) -> None:
    """A job is queued three times, twice of them after its end."""
    fleet.queue(7, 7)
    fleet.settle()
    fleet.serves(7)
    fleet.queue(7)
    fleet.tell(7, stories.started("fleet-7-1"))
    fleet.settle()


def webhooks_after_the_task(fleet: SimulatedFleet) -> None:
    """A short job has run before any webhook of it came: GitHub is asked."""
    idle(fleet, 7)
    fleet.registrations.jobs.answers[7] = JobView(
        status="completed",
        conclusion="success",
        runner_name="fleet-7-1",
        started_at=fleet.clock.now(),
        completed_at=fleet.clock.now(),
    )
    fleet.registrations.ended("fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()
    fleet.tell(7, stories.started("fleet-7-1"))
    fleet.tell(7, stories.completed("fleet-7-1"))
    fleet.settle()


def runner_served_another_job(fleet: SimulatedFleet) -> None:
    """The runner has run some job, and GitHub says that job 7 is still queued."""
    idle(fleet, 7)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.registrations.ended("fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()


def refused_class(fleet: SimulatedFleet) -> None:
    """The job asks for a class that is not defined."""
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()


def refused_public(fleet: SimulatedFleet) -> None:
    """The job's repository is public, which the fleet does not serve."""
    fleet.tell(7, stories.queued(private=False))
    fleet.settle()


def queued_again_after_a_refusal(fleet: SimulatedFleet) -> None:
    """A class is defined after the refusal, and the job is queued again."""
    refused_class(fleet)
    policy = fleet.policy
    classes = {**policy.classes, "xl": policy.classes["small"]}
    fleet.policy = type(policy)(
        classes=classes, default_class=policy.default_class, placement=policy.placement
    )
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()


def held_for_an_approval(fleet: SimulatedFleet) -> None:
    """GitHub holds a job whose runner is up; an hour later it is approved."""
    idle(fleet, 7)
    fleet.registrations.jobs.answers[7] = JobView(status="waiting")
    fleet.tell(7, e.JobHeld(job=stories.details()))
    fleet.settle()
    fleet.stopped("fleet-7-1")
    fleet.settle()
    fleet.clock.advance(3600)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.queue(7)
    fleet.settle()


def approval_before_the_hold(fleet: SimulatedFleet) -> None:
    """The webhooks of a hold and of its approval come in the wrong order."""
    fleet.registrations.jobs.answers[7] = JobView(status="waiting")
    fleet.tell(7, e.JobHeld(job=stories.details()))
    fleet.queue(7)
    fleet.settle()
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    for _ in range(3):
        fleet.clock.advance(60)
        fleet.sweep()


def cancelled_before_the_launch(fleet: SimulatedFleet) -> None:
    """The job is cancelled before anything was launched for it."""
    fleet.queue(7)
    fleet.completes(7, None, "cancelled")
    fleet.settle()


def cancelled_while_its_runner_is_idle(fleet: SimulatedFleet) -> None:
    """The job is cancelled; its runner is deregistered, then stopped."""
    idle(fleet, 7)
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    fleet.stopped("fleet-7-1")
    fleet.settle()


def cancelled_while_its_runner_is_stolen(fleet: SimulatedFleet) -> None:
    """The cancelled job's runner is busy with job 2, which GitHub has not said yet."""
    idle(fleet, 1, 2)
    fleet.registrations.set_busy("fleet-1-1")
    fleet.completes(1, None, "cancelled")
    fleet.settle()
    fleet.starts(2, "fleet-1-1")
    fleet.settle()


def stuck_in_a_dead_letter_queue(fleet: SimulatedFleet) -> None:
    """The job's nudge is a dead letter; then it is put back."""
    fleet.queue(7)
    queues = SimulatedQueues(fleet.clock)
    queues.bury("scheduler", "job-7", "outside-1")
    (letter,) = queues.dead("scheduler", 1)
    mark(fleet.driver().transactor(), "scheduler", letter)
    fleet.settle()


STORIES: list[Story] = [
    *with_policy(
        "plain",
        (
            plain_job,
            failed_job,
            swap_of_two,
            swap_of_three,
            swap_without_the_labels,
            thief,
            started_before_it_was_queued,
            late_and_repeated_webhooks,
            webhooks_after_the_task,
            runner_served_another_job,
            refused_public,
            queued_again_after_a_refusal,
            held_for_an_approval,
            approval_before_the_hold,
            cancelled_before_the_launch,
            cancelled_while_its_runner_is_idle,
            cancelled_while_its_runner_is_stolen,
            stuck_in_a_dead_letter_queue,
            refused_class,
        ),
    ),
    *with_policy("organization", (stranger_in_the_organization,)),
]
