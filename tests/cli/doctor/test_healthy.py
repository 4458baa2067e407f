"""The doctor on a healthy fleet: one line, calls that only read, permissions that are known."""

import json
import re
import time
from pathlib import Path

from cli.doctor.catalogue import ACTIONS, CHECKS
from tests.cli.doctor.faults.app import as_app
from tests.cli.doctor.stack import PREFIX, Site
from tests.cli.support import run

HEALTHY = f"OK: {len(CHECKS)} checks, no problem found (fleet mini, version 0.1.0)\n"
PROJECT = Path(__file__).resolve().parents[3]
SECONDS = 10
READS = re.compile(r"[a-z0-9-]+:(Get|Describe|List|BatchGet|Query|Head)")
SIGNED = {"monitoring": "cloudwatch"}
"""Prefixes of IAM actions that differ from the name by which requests are signed."""
OTHERWISE = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "apigateway:GetApis": "apigateway:GET",
    "apigateway:GetRoutes": "apigateway:GET",
    "apigateway:GetIntegration": "apigateway:GET",
}
"""Operations whose IAM action has another name. Source: AWS Service Authorization Reference."""
FREE = "sts:GetCallerIdentity"
"""It needs no permission. Source: AWS STS API Reference."""


def test_a_healthy_fleet_is_one_line_within_ten_seconds(site: Site) -> None:
    began = time.monotonic()
    result = run(site.fleet, "doctor")
    assert time.monotonic() - began < SECONDS
    assert (result.stdout, result.stderr, result.exit_code) == (HEALTHY, "", 0)


def test_a_healthy_fleet_with_an_app_is_one_line(site: Site) -> None:
    with as_app(site):
        assert run(site.fleet, "doctor").stdout == HEALTHY


def test_a_fleet_can_be_named_by_its_prefix(site: Site) -> None:
    assert run(site.fleet, "doctor", "--prefix", PREFIX).stdout == HEALTHY


def test_the_document_has_every_check_with_its_status(site: Site) -> None:
    told = json.loads(run(site.fleet, "doctor", "--json").stdout)
    assert [one["check"] for one in told["checks"]] == [one.name for one in CHECKS]
    assert {one["status"] for one in told["checks"]} == {"ok"}
    assert (told["fleet"], told["cli_version"], told["deployed_version"]) == (
        PREFIX,
        "0.1.0",
        "0.1.0",
    )
    assert (told["problem_count"], told["warning_count"], told["unknown_count"]) == (0, 0, 0)


def test_every_call_reads_and_has_its_permission_in_the_documents(site: Site) -> None:
    site.fleet.called.clear()
    run(site.fleet, "doctor")
    assert all(READS.match(one) for one in site.fleet.called), site.fleet.called
    asked = {_action(one) for one in site.fleet.called} - {FREE}
    assert asked - set(ACTIONS) == set()
    document = (PROJECT / "docs" / "doctor.md").read_text()
    assert [one for one in ACTIONS if f"`{one}`" not in document] == []


def _action(operation: str) -> str:
    service, _, name = operation.partition(":")
    action = f"{SIGNED.get(service, service)}:{name}"
    return OTHERWISE.get(action, action)


def test_github_is_only_read(site: Site) -> None:
    with as_app(site):
        before = site.github.calls
        run(site.fleet, "doctor")
        made = site.github.calls - before
    assert made
    assert {one for one in made if not one.startswith("GET ")} <= {"POST access_tokens"}


def test_every_check_is_described() -> None:
    document = (PROJECT / "docs" / "doctor.md").read_text()
    rows = [f"| `{one.name}` | {one.title} |" for one in CHECKS]
    assert [row for row in rows if row not in document] == []
