"""The command: its text, exit codes and archive, and checks that can't be run."""

import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields, replace

from cli.doctor import run as doctor
from cli.doctor.catalogue import CHECKS
from cli.doctor.checks.observed import ALARMS
from cli.doctor.context import Context
from cli.doctor.finding import Check
from cli.doctor.scrub import HIDDEN, Scrubber
from cli.doctor.settings import KNOWN, DeployedSettings
from functions.janitor.handler import JanitorSettings
from shared.adapters.runners_table import DynamoRunnersTable
from tests.cli.doctor.faults.all import BY_NAME
from tests.cli.doctor.faults.fault import refused
from tests.cli.doctor.stack import PREFIX, SECRETS, Site
from tests.cli.support import run

THREE = ("the_webhook_is_not_active", "a_subnet_has_no_route_out", "an_alarm_is_deleted")
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def broken(site: Site) -> Iterator[Site]:
    """A fleet with three faults."""
    with ExitStack() as faults:
        for name in THREE:
            faults.enter_context(BY_NAME[name].break_(site))
        yield site


def test_findings_fit_the_terminal_the_most_serious_first(
    broken: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = run(broken.fleet, "doctor")
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "PROBLEM  webhook: octo/repo",
        f"PROBLEM  subnets: {broken.resources.subnets[0]}",
        "WARNING  alarms: mini-ingest-errors",
        f"{len(CHECKS)} checks: 2 problems, 1 warning (fleet mini, version 0.1.0)",
    ]
    assert "  Remedy: Tick Active in the settings of octo/repo, Webhooks." in lines
    assert max(map(len, lines)) <= 80
    assert result.exit_code == 1
    assert result.stderr == "Error: The fleet has problems, which keep jobs from running.\n"


def test_a_fleet_that_is_not_there_is_one_problem(site: Site) -> None:
    result = run(site.fleet, "doctor", "--prefix", "other")
    assert "PROBLEM  functions: other\n  there is no fleet with this prefix in us-east-1" in (
        result.stdout
    )
    assert f"{len(CHECKS)} checks: 1 problem, " in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--prefix", "No!"), "prefix"),
        (("--bundle", "ticket.zip"), "does not end with .tar.gz"),
    ],
)
def test_wrong_arguments_are_refused(site: Site, words: tuple[str, ...], says: str) -> None:
    result = run(site.fleet, "doctor", *words)
    assert result.exit_code == 2
    assert says in result.stderr


def test_credentials_that_are_not_valid_are_one_line(site: Site) -> None:
    with site.answers("GetCallerIdentity", lambda _: refused("InvalidClientTokenId")):
        result = run(site.fleet, "doctor")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the credentials in use are not valid" in result.stderr


# --- checks that can't be run --------------------------------------------------------------------


def _examined(site: Site, *runs: Any) -> doctor.Report:
    checks = [Check(name=f"check-{n}", title="x", run=one) for n, one in enumerate(runs)]
    return doctor.examine(Context(site.fleet, PREFIX), checks)[0]


def test_a_check_that_breaks_down_does_not_stop_the_others(site: Site) -> None:
    def broken(_: Context) -> Iterator[Any]:
        raise KeyError("State")

    broken_one, *others = _examined(site, broken, *(one.run for one in CHECKS[:3])).results
    (finding,) = broken_one.findings
    assert finding.problem == "the check itself failed: KeyError: 'State'"
    assert [one.status for one in others] == ["ok", "ok", "ok"]


def test_what_many_checks_need_is_missing_once(site: Site) -> None:
    message = "User x is not authorized to perform: lambda:GetFunctionConfiguration on y"
    denied = refused("AccessDeniedException", message)
    with site.answers("GetFunctionConfiguration", lambda _: denied):
        result = run(site.fleet, "doctor")
    assert result.stdout.count("UNKNOWN") == 1
    assert "UNKNOWN  functions: lambda:GetFunctionConfiguration" in result.stdout
    assert result.exit_code == 3


def test_no_message_of_others_brings_a_secret_out(site: Site) -> None:
    token = SECRETS["github-token"]
    with site.answers("DescribeClusters", lambda _: refused("Odd", f"Authorization: {token}")):
        result = run(site.fleet, "doctor", "--json")
    assert f"Authorization: {HIDDEN}" in result.stdout
    assert token not in result.stdout


def test_the_value_of_a_variable_that_is_not_the_fleets_is_not_printed(site: Site) -> None:
    with (
        site.configured("janitor", OWN_PASSWORD="a-password"),
        site.configured("scheduler", OWN_PASSWORD="another-password"),
    ):
        result = run(site.fleet, "doctor", "--json")
    assert "OWN_PASSWORD" in result.stdout
    assert "differs between functions: one value in " in result.stdout
    assert "-password" not in result.stdout


# --- archive -------------------------------------------------------------------------------------


def _archive(site: Site, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "ticket.tar.gz"
    result = run(site.fleet, "doctor", "--bundle", str(path))
    assert "no secret is in it" in result.stderr
    with tarfile.open(path) as archive:
        members = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        return {Path(name).stem: json.loads(file.read()) for name, file in members.items() if file}


def test_the_archive_has_what_explains_the_findings(broken: Site, tmp_path: Path) -> None:
    found = _archive(broken, tmp_path)
    assert set(found) == {"report", "versions", "functions", "queues", "runners", "failed-rows"}
    assert found["report"]["problem_count"] == 2
    assert found["versions"]["deployed"]["janitor"] == "0.1.0"
    assert found["functions"]["janitor"]["Environment"]["EVENTS_TABLE"] == f"{PREFIX}-events"
    assert found["queues"][f"{PREFIX}-undelivered"] == 0
    assert found["runners"]["held"] == 0
    assert not [name for name, one in found.items() if "error" in one]


def test_the_archive_has_no_secret(site: Site, tmp_path: Path) -> None:
    key = site.client("ssm").get_parameter(Name=f"/{PREFIX}/github-app-key", WithDecryption=True)
    secrets = {**SECRETS, "own": "an-own-secret", "key": key["Parameter"]["Value"]}
    table = DynamoRunnersTable(site.client("dynamodb"), f"{PREFIX}-runners")
    reason = " ".join([*secrets.values(), "ghs_0123456789abcdef0123", "AKIAIOSFODNN7EXAMPLE"])
    row = replace(next(table.all()), runner_id="mini-99-1", status="FAILED", failure_reason=reason)
    late = datetime.now(UTC)
    table.overwrite(replace(row, status_at=late))
    with site.configured("janitor", OWN_PASSWORD="an-own-secret"):
        text = json.dumps(_archive(site, tmp_path))
    table.delete("mini-99-1")
    assert "mini-99-1" in text
    assert f'"OWN_PASSWORD": "{HIDDEN}"' in text
    lines = [line for one in secrets.values() for line in one.splitlines() if "secret" not in line]
    assert [line for line in (*SECRETS.values(), *lines) if line in text] == []
    assert not re.search("ghs_|AKIA|PRIVATE KEY", text)


def test_an_archive_that_can_not_be_written_is_an_error(site: Site, tmp_path: Path) -> None:
    result = run(site.fleet, "doctor", "--bundle", str(tmp_path / "none" / "x.tar.gz"))
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "github_pat_11ABCDEFG0123456789abcdef",
        "ghp_0123456789abcdef0123456789",
        "ASIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "known-secret",
        'with "quotes" and \\',
        'with \\"quotes\\" and \\\\',
    ],
)
def test_whatever_looks_like_a_secret_is_hidden(text: str) -> None:
    scrubber = Scrubber(["known-secret", 'with "quotes" and \\'])
    assert scrubber.text(f"a {text} z") == f"a {HIDDEN} z"


# --- lists of the same ---------------------------------------------------------------------------


def test_the_settings_are_those_of_the_janitor() -> None:
    mine, its = (
        {one.name: one.type for one in fields(kind)} for kind in (DeployedSettings, JanitorSettings)
    )
    assert mine == its


def test_the_alarms_are_those_of_terraform() -> None:
    text = (PROJECT / "terraform/modules/observability/main.tf").read_text()
    named = set(re.findall(r'alarm_name +="? *"\$\{var\.prefix\}-([a-z-]+)"', text))
    sums = set(re.findall(r"^      ([a-z0-9-]+) = \{$", text, re.MULTILINE))
    assert named | sums <= set(ALARMS)
    assert {one for one in ALARMS if not one.endswith(_OF_EACH)} <= named | sums | _QUEUES


_OF_EACH = ("-errors", "-unreadable", "-dead-letters", "-oldest-message")
_QUEUES = {"failed-events", "undelivered"}


def test_only_known_variables_are_in_the_archive() -> None:
    assert not [
        name
        for name in KNOWN
        if re.search("SECRET|TOKEN|KEY|PASSWORD", name) and "_PARAM" not in name
    ]
