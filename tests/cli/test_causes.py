"""What led to an event: in the same stream, in another one, or unknown."""

from msgspec.structs import replace

from cli.history.causes import arrow, foreign, streams_of_causes
from cli.history.timeline import of_runner
from cli.streams.causes import causes_elsewhere
from shared.domain import events as e
from shared.domain.stream import StreamId
from tests.cli.support import CliFleet, answer, mixed, run, swapped
from tests.support.images import building_fleet
from tests.support.stored import StoredFleet


def _whys(fleet: CliFleet, job_id: str) -> dict[str, str]:
    """The reason of each event, by what happened."""
    entries = answer(fleet, "jobs", "history", job_id)["entries"]
    return {entry["what"]: entry["why"] for entry in entries}


def test_a_cause_in_the_same_stream_is_an_arrow_from_its_number() -> None:
    assert _whys(CliFleet(swapped()), "2")["job 2 runs on fleet-1-1"] == "← #6"


def test_a_cause_in_another_jobs_stream_is_named() -> None:
    whys = _whys(CliFleet(swapped()), "2")
    assert whys["job 1 ended: success on fleet-2-1"] == (
        "← job 1 #8: job ended: success on fleet-2-1"
    )


def test_a_cause_in_the_stream_of_an_image_is_named() -> None:
    fleet = building_fleet(7)
    (build_id,) = fleet.codebuild.builds
    fleet.ends(build_id)
    fleet.settle()
    whys = _whys(CliFleet(fleet), "7")
    (ready,) = (what for what in whys if what.endswith(" is ready"))
    tag = ready.split()[1]
    assert whys[ready] == "for job 7"
    (made,) = (one for one in causes_elsewhere(fleet.log, fleet.log.read("job-7")).values())
    assert (made.stream, made.what.split()[0]) == (f"image-{tag}", "task")


def test_a_runners_history_names_causes_that_it_leaves_out() -> None:
    fleet = mixed()
    fleet.tell(9, e.RunnerConfirmed(runner_id="fleet-9-2"))
    recorded = fleet.log.read("job-9")
    stopped = next(one.event.id for one in recorded if one.event.type == "TaskStopped")
    last = replace(recorded[-1], event=replace(recorded[-1].event, cause=stopped))
    told = of_runner(StreamId("job-9"), [*recorded[:-1], last], "fleet-9-2", fleet.clock.now())
    assert told is not None
    (why,) = (entry.why for entry in told.entries if entry.type == "RunnerConfirmed")
    assert why == "← job 9 #4: fleet-9-1: task stopped, exit code 137"


def test_what_is_not_found_is_named_by_the_stream_in_its_id_or_as_it_is() -> None:
    assert arrow("fleet-7-1/slot-freed", {}, {}) == "← an event of job 7"
    assert arrow("image-ubuntu-24.04-1/built/0", {}, {}) == "← an event of image ubuntu-24.04-1"
    assert arrow("janitor/job-7/queued", {}, {}) == "← an event of job 7"
    assert arrow("9c2f", {}, {}) == "← event 9c2f of another stream"
    assert arrow(None, {}, {}) == ""


def test_a_stream_that_holds_its_causes_costs_no_further_reads() -> None:
    recorded = mixed().log.read("job-7")
    assert foreign(recorded) == set()
    assert streams_of_causes(recorded) == []


def test_a_stream_that_cant_be_read_leaves_its_causes_unnamed() -> None:
    fleet = StoredFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    fleet.settle()
    recorded = fleet.log.read("job-2")
    assert causes_elsewhere(fleet.log, recorded)
    fleet.damage_event("job-1", 1)
    assert causes_elsewhere(fleet.log, recorded) == {}
    result = run(CliFleet(fleet), "jobs", "history", "2")
    assert (result.exit_code, result.stderr) == (0, "")
