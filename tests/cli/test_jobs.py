"""`ecsrunner jobs`: its history, and which jobs there are."""

from tests.cli.support import CliFleet, answer, done, run


def test_the_history_of_a_job_is_that_of_its_runners() -> None:
    fleet = CliFleet(done())
    assert run(fleet, "jobs", "history", "7").stdout == run(fleet, "runners", "history", "7").stdout
    assert answer(fleet, "jobs", "history", "7") == answer(fleet, "runners", "history", "7")
