"""`ecsrunner runners history`: the story of a job or a runner, and what it is made of."""

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from cli.history import wording
from cli.history.timeline import Timeline, of_job, of_runner
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.rerun.rules import why_not
from shared.domain.stream import StreamId
from shared.ports import NoCapacity, NotNow, Refused
from tests.cli.support import (
    RUNNER,
    CliFleet,
    answer,
    busy,
    done,
    mixed,
    on_terminal,
    run,
    stream_of,
    swapped,
)
from tests.support import lost, stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import BuildingFleet, tag_of


def _job(fleet: SimulatedFleet, job_id: int) -> Timeline:
    stream = stream_of(job_id)
    return of_job(StreamId(stream), fleet.log.read(stream), fleet.clock.now())


def _runner(fleet: SimulatedFleet, runner_id: str, job_id: int) -> Timeline:
    stream = stream_of(job_id)
    found = of_runner(StreamId(stream), fleet.log.read(stream), runner_id, fleet.clock.now())
    assert found is not None
    return found


def test_a_timeline_names_the_credential_if_it_is_not_the_first() -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, credentials=("", "4711")))
    fleet.queue(7, 8)
    fleet.settle()
    first, second = (_job(fleet, job_id).entries[1].what for job_id in (7, 8))
    assert "credential" not in first
    assert second.endswith("on FARGATE, registered with credential 4711")


def test_a_timeline_says_when_since_the_start_who_what_and_why() -> None:
    told = _job(done(), 7)
    assert [(entry.since_seconds, entry.actor, entry.what) for entry in told.entries] == [
        (0.0, "test", "job queued for self-hosted"),
        (1.5, "scheduler", "launch begins: class small (0.5 vCPU, 1 GiB) on FARGATE"),
        (1.5, "scheduler", "launched: task 00000000000000000000000000000001, GitHub runner 1"),
        (31.5, "test", "task is running"),
        (35.5, "test", "job started on fleet-7-1"),
        (160.5, "test", "job ended: success on fleet-7-1"),
        (163.5, "test", "task stopped, exit code 0"),
        (163.5, "reconciler", "slot released (served)"),
    ]
    assert told.entries[1].why == "← #1"
    assert told.entries[-2].why == "EssentialContainerExited: Essential container in task exited"
    assert (told.state, told.outcome) == ("completed", "success")


def test_each_phase_says_how_long_it_took() -> None:
    phases = _job(done(), 7).phases
    assert [(one.of, one.name, one.seconds) for one in phases] == [
        ("job 7", "waiting for the scheduler", 1.5),
        ("job 7", "task starting", 30.0),
        ("job 7", "waiting for GitHub to assign it", 4.0),
        ("job 7", "running", 125.0),
        (RUNNER, "waiting for the scheduler", 1.5),
        (RUNNER, "task starting", 30.0),
        (RUNNER, "idle", 4.0),
        (RUNNER, "on its job", 125.0),
        (RUNNER, "task stopping", 3.0),
    ]
    assert all(one.end is not None for one in phases)


def test_a_phase_that_goes_on_is_counted_until_now() -> None:
    fleet = busy()
    fleet.clock.advance(60)
    last = _runner(fleet, RUNNER, 7).phases[-1]
    assert (last.name, last.seconds, last.end) == ("on its job", 60.0, None)
    assert "on its job so far" in run(CliFleet(fleet), "runners", "history", RUNNER).stdout


def test_a_start_in_whole_seconds_comes_after_the_task_that_it_needs() -> None:
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (stories.intended(), 1),
        (stories.launched(), 2),
        (stories.task_started(), 30.4),
        (stories.started(), 30),
    ]
    assert _phases(40, *story)[-2:] == [("task starting", 28.4), ("on its job", 9.6)]


SWAP_AT_80 = """\
 5  00:00:22.0     +22s  reconciler  job 1 runs on fleet-2-1
                                       swap: beside each, what it waited for
                                       job 1 ─╲ ╱→ fleet-1-1
                                               ╳
                                       job 2 ─╱ ╲→ fleet-2-1
"""  # noqa: RUF001


def test_a_swap_is_drawn_with_both_jobs_and_their_runners(monkeypatch: pytest.MonkeyPatch) -> None:
    text = on_terminal(monkeypatch, 80, CliFleet(swapped()), "runners", "history", "2")
    assert SWAP_AT_80 in text
    assert "ecsrunner runners history fleet-1-1" in text


def test_a_swap_that_has_no_room_is_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    text = on_terminal(monkeypatch, 58, CliFleet(swapped()), "runners", "history", "1")
    assert "→ fleet" not in text
    assert "swap: job 2 waited for it and gets fleet-1-1 instead" in " ".join(text.split())


def test_the_document_has_the_swap_and_its_words() -> None:
    entries = answer(CliFleet(swapped()), "runners", "history", "1")["entries"]
    (entry,) = (one for one in entries if one["swap"])
    assert entry["swap"] == {
        "job_id": 1,
        "runner_id": "fleet-2-1",
        "displaced_job_id": 2,
        "spare_runner_id": "fleet-1-1",
    }
    assert entry["why"] == "swap: job 2 waited for it and gets fleet-1-1 instead"


def test_a_job_that_gets_a_new_launch_instead_is_no_swap() -> None:
    fact = e.JobAssigned(job_id=1, runner_id="fleet-2-1", displaced_job_id=2)
    event = stories.event(fact)
    told = of_job(
        StreamId("job-7"), _recorded(stories.event(stories.queued()), event), stories.at()
    )
    assert told.entries[-1].swap is None
    assert "a new launch for that job" in told.entries[-1].why


def test_a_runner_that_ran_another_job_says_which() -> None:
    told = _runner(swapped(), "fleet-1-1", 1)
    assert "on job 2" in [one.name for one in told.phases]
    assert "job 2 ended: success on fleet-1-1" in [entry.what for entry in told.entries]
    assert told.related == ("job 1", "job 2")
    assert told.outcome == "job 2: success"


def test_a_runners_story_leaves_out_the_jobs_other_runners() -> None:
    fleet = mixed()
    both, first = _job(fleet, 9), _runner(fleet, "fleet-9-1", 9)
    assert any("fleet-9-2" in entry.what for entry in both.entries)
    assert not any("fleet-9-2" in entry.what for entry in first.entries)
    assert (first.status, first.outcome) == (
        "FAILED",
        "EssentialContainerExited: Essential container in task exited (exit code 137)",
    )


def test_a_rejected_job_has_a_history_that_says_why() -> None:
    result = run(CliFleet(mixed()), "runners", "history", "8")
    assert result.exit_code == 0
    assert 'class "xl" is not defined; defined: large, small' in result.stdout
    assert result.stdout.startswith("job 8  refused")


def test_a_stream_name_is_taken_for_a_job_id() -> None:
    fleet = CliFleet(done())
    assert answer(fleet, "runners", "history", "job-7") == answer(fleet, "runners", "history", "7")


def test_an_event_of_an_unknown_type_is_shown_as_such() -> None:
    fleet = done()
    fleet.tell(7, e.Unknown(type="MoonPhase", schema=3, data=Raw(b'{"phase":"full"}')))
    text = run(CliFleet(fleet), "runners", "history", "7").stdout
    assert "MoonPhase (schema 3), not known to this version" in text
    assert '{"phase":"full"}' in text


def test_a_stream_that_holds_nothing_known_still_has_a_history() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, e.Unknown(type="MoonPhase", schema=3, data=Raw(b"{}")))
    result = run(CliFleet(fleet), "runners", "history", "7")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "job 7  absent")


def test_a_job_whose_end_is_all_that_is_known_has_a_history() -> None:
    fleet = SimulatedFleet()
    fleet.completes(7, None, "cancelled")
    assert run(CliFleet(fleet), "runners", "history", "7").exit_code == 0
    assert _job(fleet, 7).phases == ()


def test_an_event_that_became_known_late_says_so() -> None:
    late = replace(stories.event(stories.queued()), recorded_at=stories.at(200))
    told = of_job(
        StreamId("job-7"), [e.Recorded(stream="job-7", seq=1, event=late, text="")], stories.at()
    )
    assert told.entries[0].why == "recorded 200 s later"


def test_an_orphan_is_told_of_with_its_runner_its_task_and_why() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    reason = "the log has no such runner"
    fleet.tell(7, e.OrphanStopped(runner_id="fleet-7-9", task_arn="a:task/f/99", reason=reason))
    told = _job(fleet, 7).entries[-1]
    assert told.what == "fleet-7-9: an orphan: ECS is asked to stop task 99"
    assert told.why == reason
    assert reason in run(CliFleet(fleet), "runners", "history", "7").stdout


def test_a_lost_job_is_told_of_with_what_follows() -> None:
    fleet = lost.rerunning(SimulatedFleet())
    job = lost.queue(fleet, name="lost")
    _, end = lost.begin_elsewhere(fleet, beside=job)
    lost.take(fleet, job)
    lost.take_away(fleet, job)
    lost.look(fleet)
    end()
    lost.look(fleet)
    told = [(entry.what, entry.why) for entry in _job(fleet, job.id).entries if entry.why][-5:]
    what = [text for text, _ in told if f"job {job.id}" in text]
    assert what == [
        f"job {job.id} lost with its runner, to be run again",
        f"job {job.id} not run again yet: its workflow run goes on",
    ]
    assert _job(fleet, job.id).entries[-1].what == (f"GitHub runs job {job.id} again, in attempt 2")


def test_a_lost_job_that_is_not_run_again_says_why() -> None:
    fleet = lost.rerunning(SimulatedFleet(), lost_job_reruns=0)
    job = lost.lose(fleet)
    assert _job(fleet, job.id).entries[-1].what == (
        f"job {job.id} lost with its runner, "
        "not run again: lost jobs are not run again (lost_job_reruns is 0)"
    )


ABOUT: dict[str, Any] = {"job_id": 7, "runner_id": RUNNER}
KEPT = (
    *(
        why_not(attempt, replace(stories.POLICY, lost_job_reruns=most))
        for attempt, most in ((1, 0), (2, 1))
    ),
    "it was not queued for this fleet",
    "GitHub did not name its workflow run",
)
ENDS = (
    "its run was cancelled",
    "its run has not ended within 30 days, and GitHub runs no older job again",
    "GitHub: 403 Resource not accessible by integration",
    "GitHub: 403 This workflow run cannot be retried",
)
TEXTS = [
    *(e.JobLost(**ABOUT, job=stories.details(), reason="", why_not=why) for why in ("", *KEPT)),
    e.RerunPostponed(**ABOUT, checks=1, check_at=stories.at(9)),
    e.RerunRequested(**ABOUT, run_attempt=2),
    *(e.RerunAbandoned(**ABOUT, reason=reason) for reason in ENDS),
]


def test_the_page_about_lost_jobs_explains_each_text_once() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lost-jobs.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \| .+ \|$", page, re.MULTILINE)
    patterns = {row: ".*".join(map(re.escape, row.split("…"))) for row in rows}
    texts = [wording.phrase_of(fact, RUNNER).what for fact in TEXTS]
    explained = [[row for row in rows if re.fullmatch(patterns[row], text)] for text in texts]
    assert all(len(found) == 1 for found in explained), list(zip(texts, explained, strict=True))
    assert {row for found in explained for row in found} == set(rows)


def test_every_known_type_of_event_has_words() -> None:
    assert set(wording._WORDS) == set(e.TYPES.values())


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal_of_any_width_shows_every_reason(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    text = on_terminal(monkeypatch, columns, CliFleet(mixed()), "runners", "history", "10")
    assert all(len(line) <= columns for line in text.splitlines())
    assert "UserInitiated: no waiting job needs it" in " ".join(text.split())
    assert "━" in text


def test_a_story_over_midnight_shows_the_days() -> None:
    fleet = busy()
    fleet.clock.advance(86_400)
    fleet.completes(7, RUNNER)
    assert "01-02 00:00:35.5" in run(CliFleet(fleet), "runners", "history", "7").stdout


def test_json_tells_the_same_story() -> None:
    told = answer(CliFleet(done()), "runners", "history", RUNNER)
    assert (told["subject"], told["kind"], told["job_id"]) == (RUNNER, "runner", 7)
    assert told["entries"][0]["at"] == "2026-01-01T00:00:00Z"
    assert told["entries"][0]["type"] == "JobQueued"
    assert told["phases"][-1] == {
        "of": RUNNER,
        "name": "task stopping",
        "why": "",
        "start": "2026-01-01T00:02:40.500000Z",
        "end": "2026-01-01T00:02:43.500000Z",
        "seconds": 3.0,
    }


@pytest.mark.parametrize(
    ("wanted", "code", "said"),
    [
        ("12345", 1, "Job 12345 is not in the log"),
        ("fleet-7-4", 1, "Job 7 has no runner fleet-7-4"),
        ("nonsense", 2, "a runner id (<prefix>-<job id>-<number>"),
    ],
)
def test_what_is_not_there_is_said_clearly(wanted: str, code: int, said: str) -> None:
    result = run(CliFleet(done()), "runners", "history", wanted)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_what_github_tells_in_whole_seconds_is_not_put_before_what_led_to_it() -> None:
    intended, started = stories.event(stories.intended(), 7.4), stories.event(stories.started(), 7)
    started = replace(started, recorded_at=stories.at(7.9))
    queued = stories.event(stories.queued(), 0)
    told = of_job(StreamId("job-7"), _recorded(queued, intended, started), stories.at(9))
    assert [entry.type for entry in told.entries] == ["JobQueued", "LaunchIntended", "JobStarted"]
    assert [entry.since_seconds for entry in told.entries] == [0.0, 7.4, 7.0]


def _recorded(*events: e.Event) -> list[e.Recorded]:
    return [
        e.Recorded(stream="job-7", seq=seq, event=one, text="")
        for seq, one in enumerate(events, start=1)
    ]


def test_the_phases_say_what_a_launch_waited_for() -> None:
    waited = e.ImageAwaited(job_id=7, runner_id=RUNNER, tag="ubuntu-1", base="ubuntu", timeout=60)
    full = e.SlotAwaited(runner_id=RUNNER, reason="all are in use")
    story = [(stories.queued(), 0), (waited, 1.5), (full, 61.5), (stories.intended(), 91.5)]
    told = of_runner(
        StreamId("job-7"),
        _recorded(*(stories.event(*one) for one in story)),
        RUNNER,
        stories.at(92),
    )
    assert told is not None
    assert [(one.name, one.seconds, one.why) for one in told.phases] == [
        ("waiting for the scheduler", 1.5, ""),
        ("waiting for its image", 60.0, "ubuntu-1"),
        ("waiting for a slot", 30.0, "all are in use"),
        ("launching", 0.5, ""),
    ]


def test_a_launch_that_failed_for_now_says_why_and_when_it_is_tried_again() -> None:
    fleet = SimulatedFleet()
    launch, wait = fleet.tasks.run, iter([NoCapacity("ECS: Capacity is unavailable")])

    def full_once(spec: Any) -> str:
        for error in wait:
            raise error
        return launch(spec)

    fleet.tasks.run = full_once
    fleet.queue(7)
    fleet.settle()
    told = [(entry.what, entry.why) for entry in _job(fleet, 7).entries]
    assert told[1][0] == "launch begins: class small (0.5 vCPU, 1 GiB) on FARGATE"
    failed, why = told[2]
    assert failed.startswith("launch attempt 1 failed, again at 00:00:0")
    assert why == "ECS: Capacity is unavailable"
    assert told[3][0].startswith("launch begins (attempt 2): class small")


def test_a_launch_that_was_refused_says_that_the_job_gets_no_runner() -> None:
    fleet = SimulatedFleet()

    def refused(*_: Any) -> Any:
        raise Refused("GitHub: 422 too many labels")

    fleet.registrations.mint = refused
    fleet.queue(7)
    fleet.settle()
    told = [(entry.what, entry.why) for entry in _job(fleet, 7).entries]
    assert told[2] == (
        "launch attempt 1 failed, job refused: it gets no runner",
        "GitHub: 422 too many labels",
    )
    assert _job(fleet, 7).outcome == "GitHub: 422 too many labels"


def test_a_build_that_can_not_start_yet_is_told_of_in_the_jobs_own_history() -> None:
    reason, tag = "CodeBuild: AccountLimitExceededException", tag_of("ubuntu:24.04")
    fleet = BuildingFleet()

    def no_quota(*_: Any) -> Any:
        raise NotNow(reason)

    fleet.images.build = no_quota
    fleet.queue(7)
    for stream in ("job-7", StreamId.of_image(tag)):
        fleet.driver(Role.SCHEDULER).drive(stream)
    told = _job(fleet, 7).entries[-1]
    assert told.what.startswith(f"build 1 of image {tag} can't start yet, again at 00:00:0")
    assert told.why == reason
    (row,) = answer(CliFleet(fleet), "runners", "list")["runners"]
    assert row["failure_reason"] == reason


def test_a_slot_that_the_janitor_granted_and_a_circuit_that_opened_are_told_of() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.tell(7, e.SlotAwaited(runner_id=RUNNER, reason="all 1 are in use"))
    fleet.tell(7, e.SlotGranted(runner_id=RUNNER, shard=3))
    fleet.tell(7, e.SlotFreed(runner_id=RUNNER, shard=3, outcome="broken", circuit_opened=True))
    assert [entry.what for entry in _job(fleet, 7).entries][1:] == [
        "launch waits",
        "slot granted",
        "slot released (broken); circuit breaker opened: launches are tried one at a time",
    ]


def _phases(now: float, *story: tuple[e.Fact, float]) -> list[tuple[str, float]]:
    recorded = _recorded(*(stories.event(*one) for one in story))
    told = of_runner(StreamId("job-7"), recorded, RUNNER, stories.at(now))
    assert told is not None
    phases = [(one.name, one.seconds) for one in told.phases]
    assert sum(seconds for _, seconds in phases) == now, "they add up"
    return phases


def test_a_wait_for_a_slot_or_for_another_try_is_not_taken_for_the_images() -> None:
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (e.ImageAwaited(job_id=7, runner_id=RUNNER, tag="u", base="u", timeout=60), 1),
        (e.ImageReady(tag="u", job_ids=(7,)), 31),
        (e.SlotAwaited(runner_id=RUNNER, reason="all are in use"), 33),
        (e.SlotFreed(runner_id="fleet-6-1", shard=0, outcome="served", granted_job_id=7), 93),
        (stories.intended(), 94),
        (e.LaunchFailed(runner_id=RUNNER, attempt=1, reason="x", retry_at=stories.at(155)), 95),
        (replace(stories.intended(), attempt=2), 155),
        (stories.launched(), 157),
        (stories.task_started(), 187),
    ]
    expected = [
        ("waiting for the scheduler", 1.0),
        ("waiting for its image", 30.0),
        ("waiting for the scheduler", 2.0),
        ("waiting for a slot", 60.0),
        ("waiting for the scheduler", 1.0),
        ("launching", 1.0),
        ("waiting to try again", 60.0),
        ("launching", 2.0),
        ("task starting", 30.0),
        ("idle", 13.0),
    ]
    assert _phases(200, *story) == expected


def test_a_launch_that_waits_to_be_tried_again_is_not_launching() -> None:
    failed = e.LaunchFailed(runner_id=RUNNER, attempt=1, reason="x", retry_at=stories.at(60))
    full = e.SlotAwaited(runner_id=RUNNER, reason="all are in use")
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (stories.intended(), 1),
        (failed, 2),
    ]
    begun = [("waiting for the scheduler", 1.0), ("launching", 1.0)]
    assert _phases(30, *story) == [*begun, ("waiting to try again", 28.0)]
    assert _phases(80, *story, (full, 60)) == [
        *begun,
        ("waiting to try again", 58.0),
        ("waiting for a slot", 20.0),
    ]


def test_a_launch_that_failed_for_good_has_no_phase_after_it() -> None:
    failed = e.LaunchFailed(runner_id=RUNNER, attempt=1, reason="x", refused=True)
    story = [(stories.queued(), 0), (stories.intended(), 1), (failed, 3)]
    recorded = _recorded(*(stories.event(*one) for one in story))
    told = of_runner(StreamId("job-7"), recorded, RUNNER, stories.at(60))
    assert told is not None
    assert [(one.name, one.seconds) for one in told.phases] == [
        ("waiting for the scheduler", 1.0),
        ("launching", 2.0),
    ]
