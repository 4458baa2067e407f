"""How checks are run, printed and reported, and how waiting says what it waits for."""

import json
from pathlib import Path
from typing import Any

import pytest

from smoke import report
from smoke.catalogue import CHECKS, ordered
from smoke.run import Run
from smoke.verdict import Check, Failed, Outcomes, Skipped, Verdict
from tests.smoke.support import Scripted, Time, denied, site


def check(name: str, *, does: object = "fine", needs: tuple[str, ...] = ()) -> Check:
    def run(_site: object) -> str:
        if isinstance(does, Exception):
            raise does
        return str(does)

    return Check(name=name, title=f"The {name}", remedy=f"Repair {name}", run=run, needs=needs)


def ran(*checks: Check, where: Scripted | None = None, **how: Any) -> tuple[Outcomes, list[str]]:
    said: list[str] = []
    run = Run(site=where or site(), echo=said.append, clock=lambda: 0.0, **how)
    run.all(checks)
    return run.outcomes, said


def test_each_check_is_one_line_and_a_failure_has_cause_and_remedy() -> None:
    _, said = ran(
        check("first"),
        check("second", does=Failed("it is broken")),
        check("third", does=Skipped("it may not be read")),
    )
    assert said == [
        "ok       The first  (0.0 s): fine",
        "FAILED   The second  (0.0 s)",
        "         cause:  it is broken",
        "         remedy: Repair second",
        "skipped  The third  (0.0 s): it may not be read",
    ]


def test_a_remedy_of_the_cause_goes_before_that_of_the_check() -> None:
    outcomes, _ = ran(check("first", does=Failed("it is broken", "Do this")))
    assert outcomes.all[0].remedy == "Do this"


def test_what_needs_a_check_that_did_not_succeed_is_skipped() -> None:
    outcomes, _ = ran(
        check("first", does=Failed("no")),
        check("second", needs=("first",)),
        check("third", needs=("second",)),
    )
    assert [one.verdict for one in outcomes.all] == ["FAILED", "skipped", "skipped"]
    assert [one.text for one in outcomes.all[1:]] == ["needs first", "needs second"]


def test_an_error_of_aws_that_no_check_foresaw_is_a_failure_and_the_rest_goes_on() -> None:
    outcomes, _ = ran(check("first", does=denied("Throttling", "slow down")), check("second"))
    assert [one.verdict for one in outcomes.all] == ["FAILED", "ok"]
    assert outcomes.all[0].text == "Throttling: slow down"


def test_a_check_can_be_skipped_with_a_reason() -> None:
    outcomes, _ = ran(check("first"), skip={"first": "not here"})
    assert (outcomes.all[0].verdict, outcomes.all[0].text) == (Verdict.SKIPPED, "not here")


def test_only_the_checks_that_are_asked_for_run_without_those_that_they_need() -> None:
    outcomes, _ = ran(check("first"), check("second", needs=("first",)), only=frozenset({"second"}))
    assert [(one.check.name, one.verdict) for one in outcomes.all] == [("second", "ok")]


def test_every_check_needs_only_what_runs_before_it() -> None:
    for launches in (True, False):
        names = [one.name for one in ordered(launches=launches)]
        assert sorted(names) == sorted(one.name for one in CHECKS)
        for one in ordered(launches=launches):
            assert set(one.needs) <= set(names[: names.index(one.name)]), one.name


def test_a_fleet_that_can_not_launch_ends_its_job_before_the_image_is_there() -> None:
    names = [one.name for one in ordered(launches=False)]
    assert names.index("cancelled") < names.index("image")


def test_waiting_is_silent_for_a_second_and_then_echos_for_what() -> None:
    time = Time()
    assert time.patience().until("the tide", lambda: time.now >= 1, 10)
    assert time.said == []
    assert time.patience().until("the tide", lambda: time.now >= 9, 100)
    assert time.said[0] == "         waiting for the tide (1 s of at most 100 s)"
    assert len(time.said) < 4


def test_waiting_ends_at_its_limit() -> None:
    time = Time()
    assert time.patience().until("the tide", lambda: False, 30) is None
    assert time.now == 30


def test_the_report_has_every_check_with_its_evidence_and_no_secret(tmp_path: Path) -> None:
    where = site()
    where.notes |= {"account": "123456789012", "terraform": "1.11.4", "keep": "1"}
    leaky = check("first", does="arn:aws:iam::123456789012:user/me with hunter2")
    outcomes, _ = ran(leaky, check("second", does=Failed("no hunter2")), where=where)
    path = report.write(tmp_path, where, outcomes, ["hunter2", ""])
    text, told = path.read_text(), json.loads((tmp_path / "report.json").read_text())
    for printed in (text, json.dumps(told)):
        assert "hunter2" not in printed
        assert "123456789012" not in printed
    assert told["versions"]["terraform"] == "1.11.4"
    assert "keep" not in told["versions"]
    assert [one["verdict"] for one in told["checks"]] == ["ok", "FAILED"]
    assert told["checks"][0]["evidence"] == "arn:aws:iam::<account>:user/me with <secret>"
    assert told["checks"][1]["remedy"] == "Repair second"
    assert told["result"] == "1 ok, 1 FAILED, 0 skipped"
    assert "remedy: Repair second" in text


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.name)
def test_every_check_has_a_title_and_a_remedy(one: Check) -> None:
    assert one.title[0].isupper()
    assert one.title[-1] != "."
    assert len(one.remedy) > 10
