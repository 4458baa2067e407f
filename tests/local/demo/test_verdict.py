"""The demo's judge: no complaint when all is well, and a complaint for everything that is not."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from local.aws.validation import Problem
from local.aws.validation.record import Violation, Violations
from local.demo.scenario import SCENARIO, Outcome, Queued, Wanted, queue
from local.demo.verdict import complaints, drifting
from local.github.actions import Actions
from shared.domain import events as e
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.judged import Refusals
from tests.support.streams import all_streams

REPOSITORY = "octo/repo"
RUN, REFUSED, CANCELLED = (
    Wanted("one", ("self-hosted",), outcome)
    for outcome in (Outcome.RUN, Outcome.REFUSED, Outcome.CANCELLED)
)


class Ended:
    """A stack on which one job of each outcome has ended as it should, unless it is changed.

    It has what the judge looks at.
    """

    def __init__(self) -> None:
        self.fleet = SimulatedFleet()
        self.log, self.table = self.fleet.log, self.fleet.table
        self.actions = Actions(lambda _job, _action: None)
        self.dead: dict[str, int] = {"scheduler": 0, "ingest": 0}
        self.started: list[dict[str, str]] = []
        self.sent = [SimpleNamespace(guid="guid-1", status="OK", succeeded=True)]
        self.github = SimpleNamespace(
            actions=self.actions, hook=SimpleNamespace(deliveries=lambda: self.sent)
        )
        self.fargate = SimpleNamespace(tasks=lambda: self.started)
        self.aws = SimpleNamespace(violations=Violations())
        self.jobs = [self._ends(wanted) for wanted in (RUN, REFUSED, CANCELLED)]

    def dead_letters(self) -> dict[str, int]:
        return self.dead

    def told(self) -> list[str]:
        stack: Any = self
        return complaints(stack, self.jobs)

    def _ends(self, wanted: Wanted) -> Queued:
        job = self.actions.queue(REPOSITORY, wanted.labels)
        if wanted.outcome is Outcome.RUN:
            runner = self.actions.register(REPOSITORY, f"demo-{job.id}-1", wanted.labels)
            self.actions.connect(runner.token, "2.330.0")
            self.actions.finish(runner.token, "success")
            self.started.append({"startedBy": runner.name, "lastStatus": "STOPPED"})
        if wanted.outcome is Outcome.REFUSED:
            self.fleet.tell(job.id, e.JobRejected(reason="no such class"))
        if wanted.outcome is Outcome.CANCELLED:
            self.actions.cancel(REPOSITORY, job.run_id)
        return Queued(wanted, job)


def test_nothing_is_complained_of_when_all_ended_as_it_should() -> None:
    assert Ended().told() == []


def _ran_and_failed(ended: Ended) -> str:
    job = ended.jobs[0].job
    job.conclusion = "failure"
    return f"job {job.id} (one) is completed; expected: runs"


def _ran_twice(ended: Ended) -> str:
    ended.started *= 2
    return f"2 tasks were started for {ended.started[0]['startedBy']}"


def _still_runs(ended: Ended) -> str:
    ended.started[0]["lastStatus"] = "RUNNING"
    return f"the task of {ended.started[0]['startedBy']} is RUNNING"


def _still_registered(ended: Ended) -> str:
    ended.actions.register(REPOSITORY, "demo-9-1", ("self-hosted",))
    return "runner demo-9-1 is still registered at GitHub"


def _lives(ended: Ended) -> str:
    ended.fleet.tell(9, stories.queued())
    return "runner fleet-9-1 is STARTING"


def _dead_letter(ended: Ended) -> str:
    ended.dead["ingest"] = 3
    return "3 messages in the dead-letter queue ingest"


def _invalid_request(ended: Ended) -> str:
    problem = Problem("sqs batch size", "Entries: has 11 entries; allowed: 1 to 10")
    with Refusals():
        ended.aws.violations.add(Violation("sqs.SendMessageBatch", (problem,), "scheduler"))
    return (
        "AWS would refuse sqs.SendMessageBatch by scheduler: "
        "Entries: has 11 entries; allowed: 1 to 10 (sqs batch size)"
    )


def _failed_delivery(ended: Ended) -> str:
    ended.sent.append(SimpleNamespace(guid="guid-2", status="Bad Gateway", succeeded=False))
    return "delivery guid-2: Bad Gateway"


@pytest.mark.parametrize(
    "change",
    [
        _ran_and_failed,
        _ran_twice,
        _still_runs,
        _still_registered,
        _lives,
        _dead_letter,
        _invalid_request,
        _failed_delivery,
    ],
)
def test_each_thing_that_went_wrong_is_named(change: Callable[[Ended], str]) -> None:
    ended = Ended()
    said = change(ended)
    assert ended.told() == [said]


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("wanted", [RUN, REFUSED, CANCELLED])
def test_a_job_that_ended_otherwise_than_it_should_is_named(number: int, wanted: Wanted) -> None:
    ended = Ended()
    (is_so, job) = (ended.jobs[number].wanted, ended.jobs[number].job)
    ended.jobs[number] = Queued(wanted, job)
    wrong = [f"job {job.id} (one) is {job.status}; expected: {wanted.outcome}"]
    assert ended.told() == ([] if wanted is is_so else wrong)


def test_a_run_job_that_the_fleet_refused_is_named_too() -> None:
    ended = Ended()
    ended.fleet.tell(ended.jobs[0].job.id, e.JobRejected(reason="no"))
    assert len(ended.told()) == 1


def test_before_there_is_a_webhook_no_delivery_can_have_failed() -> None:
    ended = Ended()
    ended.github.hook = None
    assert ended.told() == []


def test_a_row_that_the_log_does_not_give_is_named() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    assert drifting(all_streams(fleet.log), fleet.log, fleet.table) == []
    fleet.table.overwrite(replace(fleet.row("fleet-7-1"), status="OFFLINE"))
    assert drifting(all_streams(fleet.log), fleet.log, fleet.table) == ["row fleet-7-1 differs"]


def test_the_scenario_queues_every_job_and_cancels_what_is_to_be_cancelled() -> None:
    told: list[tuple[str, str]] = []
    actions = Actions(lambda job, action: told.append((job.name, action)))
    jobs = queue(actions, REPOSITORY)
    assert [one.wanted for one in jobs] == list(SCENARIO)
    assert [(one.job.name, one.job.labels) for one in jobs] == [
        (one.name, one.labels) for one in SCENARIO
    ]
    assert told == [
        *((one.name, "queued") for one in SCENARIO),
        *((one.name, "completed") for one in SCENARIO if one.outcome is Outcome.CANCELLED),
    ]
    assert {one.outcome for one in SCENARIO} == set(Outcome)
