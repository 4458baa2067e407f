"""`ecsrunner replay nudge`: which streams a selection nudges, and when it asks."""

import pytest

from tests.cli.support import CliFleet, answer, mixed, run
from tests.support.fleet import SimulatedFleet


def _nudged(fleet: CliFleet, *words: str) -> list[str]:
    told = answer(fleet, "replay", "nudge", *words)
    return sorted(one["stream"] for one in told["nudged"])


@pytest.mark.parametrize(
    ("words", "streams"),
    [
        (("--status", "failed"), ["job-8", "job-9"]),
        (("--status", "STARTING", "--status", "RUNNING"), ["job-11", "job-9"]),
        (("--repository", "Octo/Repo", "--status", "RUNNING"), ["job-11"]),
        (("--repository", "other/repo"), []),
        (("--since", "45s"), ["job-10", "job-11", "job-9"]),
        (("--until", "1m"), ["job-7"]),
        (("--class", "small", "--status", "RUNNING"), ["job-11"]),
        (("--workflow", "ci"), ["job-7"]),
        (("--label", "class:xl"), ["job-8"]),
    ],
)
def test_a_selection_nudges_the_streams_of_its_runners_once(
    words: tuple[str, ...], streams: list[str]
) -> None:
    fleet = CliFleet(mixed())
    assert _nudged(fleet, *words) == streams
    assert sorted(fleet.queues.streams("scheduler")) == streams


def test_a_selection_beside_names_is_refused() -> None:
    result = run(CliFleet(mixed()), "replay", "nudge", "--job", "7", "--status", "FAILED")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Name the streams" in result.stderr


def test_a_selection_needs_the_runners_table_and_the_queues() -> None:
    fleet = CliFleet(mixed(), unset=("EVENTS_TABLE",))
    assert _nudged(fleet, "--status", "RUNNING") == ["job-11"]
    fleet = CliFleet(mixed(), unset=("RUNNER_TABLE",))
    assert run(fleet, "replay", "nudge", "--status", "RUNNING").exit_code == 2


# --- the question --------------------------------------------------------------------------------


def _many() -> CliFleet:
    fleet = SimulatedFleet()
    fleet.queue(*range(1, 22))
    return CliFleet(fleet)


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("--status", "STARTING"), "Nudge 21 streams? [y/N]: "),
        (("--all",), "Nudge more than 20 streams? [y/N]: "),
    ],
)
def test_more_than_20_streams_are_nudged_after_a_yes_only(
    words: tuple[str, ...], question: str
) -> None:
    fleet = _many()
    result = run(fleet, "replay", "nudge", *words, typed="n\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(question)
    assert "Nothing was sent." in result.stderr
    assert fleet.queues.streams("scheduler") == []
    result = run(fleet, "replay", "nudge", *words, typed="y\n")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(fleet.queues.streams("scheduler")) == 21


def test_where_nobody_answers_yes_has_to_be_given() -> None:
    fleet = _many()
    result = run(fleet, "replay", "nudge", "--all", typed="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "give --yes" in result.stderr
    assert fleet.queues.streams("scheduler") == []


def test_with_yes_or_dry_run_or_for_20_streams_nothing_is_asked() -> None:
    assert len(_nudged(_many(), "--all", "--yes")) == 21
    assert len(_nudged(_many(), "--all", "--dry-run")) == 21
    fleet = _many()
    words = [word for job_id in range(1, 21) for word in ("--job", str(job_id))]
    assert len(_nudged(fleet, *words)) == 20
