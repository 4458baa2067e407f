"""The zips under AWS's runtime client, in processes that have nothing of this checkout.

From a webhook to a task that is gone again, through all functions.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.lambdas.function import Function
from local.lambdas.host import LambdaHost
from local.zips import unpacked
from tests.local.stack.support import Up, run, started, until

FUNCTIONS = ["ingest", "outbox", "scheduler", "reconciler", "janitor"]
LOGGED = {
    "ingest": "JobQueued",
    "scheduler": "RunnerLaunched",
    "janitor": "rate limit of GitHub",
}
"""What these functions log. The others log nothing of a job without a failure."""
OURS = ["local", "cli", "bundles", "tests"]
INSTALLED = ["pytest", "moto", "click", "certifi"]


@pytest.fixture(scope="module")
def up(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    directory = tmp_path_factory.mktemp("stack")
    with started(directory, "--runtime", "zip", "--zips", str(built)) as running:
        yield running


def test_a_job_goes_from_webhook_to_task_through_all_functions(up: Up) -> None:
    job_id = up.queue("sleep 0.2")
    runner_id = up.ends(job_id)
    row = up.table.get(runner_id)
    assert row is not None
    assert (row.status, row.ran_job_id, row.conclusion) == ("OFFLINE", job_id, "success")
    (task,) = up.tasks(job_id)
    assert task["startedBy"] == runner_id
    assert runner_id not in up.registered()
    logs = Path(up.details["directory"]) / "functions"
    for name, line in LOGGED.items():
        log = logs / f"{name}.log"
        until(lambda log=log, line=line: log.exists() and line in log.read_text(), f"{name} runs")
    written = {log.stem: log.read_text() for log in logs.glob("*.log")}
    assert written.keys() >= {"outbox", *LOGGED}
    assert [name for name, text in written.items() if "Traceback" in text] == []
    assert set(up.dead_letters().values()) == {0}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_can_be_imported_but_the_zip_the_layer_and_the_runtime(
    built: Path, tmp_path: Path, name: str
) -> None:
    paths = unpacked(built, [name], tmp_path / "unpacked")[name]
    probed = Function(
        name=name,
        handler="probe.handler",
        environment={"PROBED": f"functions.{name}.handler"},
        path=[*paths, _alone(tmp_path)],
    )
    with LambdaHost(tmp_path / "logs") as host:
        host.add(probed)
        host.start()
        result = host.invoke(name, {"names": [*OURS, *INSTALLED]})
    assert result.error is None, result.error
    told = result.payload
    assert told["found"] == []
    known = (str(tmp_path), told["standard"])
    assert [file for file in told["files"].values() if not file.startswith(known)] == []
    zipped, layered = (str(path) for path in paths)
    assert told["files"]["shared"].startswith(zipped)
    assert told["files"][f"functions.{name}.handler"].startswith(zipped)
    assert told["files"]["msgspec"].startswith(layered)
    if name == "ingest":
        assert "boto3" not in told["files"], "docs/adr/0025-ingest-without-botocore.md"
    else:
        assert told["files"]["boto3"].startswith(layered)


def _alone(directory: Path) -> Path:
    """The probe in a directory of its own."""
    probe = Path(__file__).with_name("probe.py")
    place = directory / "probe"
    place.mkdir()
    (place / "probe.py").write_text(probe.read_text())
    return place


def test_missing_zips_are_told_with_the_command_that_builds_them(tmp_path: Path) -> None:
    refused = run("local", "up", "--runtime", "zip", "--zips", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: {tmp_path}/layer.zip does not exist; "
        f"build it with: python -m bundles --for local --out {tmp_path}\n"
    )


def test_an_unknown_runtime_is_refused() -> None:
    refused = run("local", "demo", "--runtime", "docker")
    assert refused.returncode == 2
    assert "'docker' is not one of 'source', 'zip'" in refused.stderr
