"""The fleets that golden files show: small ones, with names as long as those of real ones."""

from datetime import timedelta

from msgspec.structs import replace

from shared.ports import Unrecorded
from tests.cli.stubs import StubbedFleet
from tests.cli.support import parameters, rows
from tests.support import stories
from tests.support.images import BuildingFleet, build_id

FIRST = 48210000001
"""The id of the first job; that of the others follow."""
REPOSITORIES = ("octo/payments-service", "octo/web")
CLASSES = """{
    "large": {"cpu": 4096, "memory": 8192, "capacity": ["FARGATE_SPOT", "FARGATE"]},
    "small": {"cpu": 512, "memory": 1024}
}"""


def job(number: int) -> int:
    """Return the id of the `number`th job."""
    return FIRST + number - 1


def runner(number: int, launch: int = 1) -> str:
    """Return the id of a runner that was launched for the `number`th job."""
    return f"fleet-{job(number)}-{launch}"


def eventful() -> StubbedFleet:
    """A fleet of three slots with a job of nearly every kind.

    1 has succeeded, 2 was refused, 3 runs on the runner that was launched for 4, since its own one
    died; 4 waits for a new runner; 5 has failed; 6 was cancelled; 7 waits for its image, 8 and 9
    for a slot.
    """
    simulated = BuildingFleet(max_runners=3)
    _queue(simulated, 1, name="unit tests (ubuntu-24.04, python 3.12)")
    simulated.settle()
    simulated.clock.advance(50)
    simulated.ends(build_id(1))
    simulated.settle()
    _run(simulated, 1, seconds=125)
    _queue(simulated, 2, "class:xl", name="train", repository="octo/models", workflow="Nightly")
    _queue(simulated, 3, name="build", workflow="Release", repository=REPOSITORIES[1])
    _queue(simulated, 4, name="integration tests")
    _queue(simulated, 5, name="lint", repository=REPOSITORIES[1])
    simulated.settle()
    _fail(simulated)
    _queue(simulated, 6, name="deploy to staging", workflow="Deploy")
    _queue(simulated, 7, "image:debian:12", name="package", workflow="Release")
    simulated.settle()
    simulated.completes(job(6), None, "cancelled")
    simulated.settle()
    _queue(simulated, 8, name="end-to-end tests (chromium)", repository=REPOSITORIES[1])
    _queue(simulated, 9, "class:large", name="load tests", workflow="Nightly")
    simulated.settle()
    fleet = StubbedFleet(simulated)
    fleet.queues.bury("scheduler", f"job-{job(4)}", "outside-1", receives=121)
    simulated.clock.advance(75)
    return _surrounded(fleet)


def sized() -> StubbedFleet:
    """A fleet with two runner classes."""
    fleet = eventful()
    fleet.parameters = parameters(class_sizes_param=CLASSES)
    return fleet


def drifted() -> StubbedFleet:
    """A fleet in whose table a row was edited, one was lost, and one was added by hand."""
    fleet = eventful()
    row = rows(fleet)[runner(1)]
    table = fleet.simulated.table
    table.overwrite(replace(row, status="RUNNING", conclusion="failure"))
    table.overwrite(replace(row, runner_id="fleet-1-1", job_id=1))
    table.delete(runner(2))
    return fleet


def _queue(fleet: BuildingFleet, number: int, *labels: str, **details: object) -> None:
    job_id = job(number)
    given = {"repository": REPOSITORIES[0], "workflow": "CI", **details}
    url = f"https://github.com/{given['repository']}/actions/runs/1/job/{job_id}"
    fleet.tell(job_id, stories.queued(*labels, url=url, **given))
    fleet.clock.advance(1.5)


def _run(fleet: BuildingFleet, number: int, *, seconds: float) -> None:
    """Run a job on its own runner until both have ended."""
    fleet.clock.advance(28)
    fleet.runs(runner(number))
    fleet.clock.advance(4)
    fleet.starts(job(number), runner(number))
    fleet.settle()
    fleet.clock.advance(seconds)
    fleet.completes(job(number), runner(number))
    fleet.clock.advance(3)
    fleet.exits(runner(number))
    fleet.settle()
    fleet.clock.advance(20)


def _fail(fleet: BuildingFleet) -> None:
    """The runner of job 3 dies, GitHub gives job 3 to that of job 4, and job 5 fails."""
    fleet.clock.advance(12)
    fleet.exits(runner(3), exit_code=137)
    fleet.settle()
    fleet.clock.advance(14)
    fleet.runs(runner(4), runner(5))
    fleet.settle()
    fleet.clock.advance(5)
    fleet.starts(job(3), runner(4))
    fleet.starts(job(5), runner(5))
    fleet.settle()
    fleet.clock.advance(40)
    fleet.completes(job(5), runner(5), "failure")
    fleet.clock.advance(2)
    fleet.exits(runner(5))
    fleet.settle()


def _surrounded(fleet: StubbedFleet) -> StubbedFleet:
    """Return the fleet with an alarm, ignored webhooks, and lines of a container."""
    now = fleet.clock.now()
    fleet.scheduler["Environment"]["Variables"]["MAX_RUNNERS"] = "3"
    fleet.alarms = [
        {
            "AlarmName": "fleet-launch-failures",
            "StateUpdatedTimestamp": now - timedelta(minutes=2),
            "AlarmDescription": "Launches fail.",
        }
    ]
    fleet.intake_log.deliveries = [
        Unrecorded(
            at=now - timedelta(hours=2),
            result="ignored",
            reason="the job is not labelled self-hosted",
            status=202,
            delivery="6f0c9a52-cd8b-11f0-9a5e-0242ac120002",
            job_id=job(90),
            action="queued",
            repository="octo/web",
            job_name="preview",
            labels=("ubuntu-latest",),
        ),
        Unrecorded(at=now - timedelta(minutes=9), result="refused", reason="bad signature"),
    ]
    begun = (fleet.simulated.row(runner(1)).waiting_at or now) - stories.START
    texts = ("Connected to GitHub", "Running job: unit tests", "Job completed: Succeeded")
    fleet.writes(runner(1), *texts, at=begun.total_seconds())
    return fleet
