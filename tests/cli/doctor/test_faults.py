"""Each fault alone, on a fleet where all else is healthy: the doctor names it, and its remedy."""

import json

import pytest

from cli.doctor.catalogue import CHECKS
from tests.cli.doctor.faults.all import BY_NAME
from tests.cli.doctor.faults.fault import Fault
from tests.cli.doctor.stack import Site
from tests.cli.support import run

EXIT_CODES = {"problem": 1, "warning": 0, "unknown": 3}


@pytest.mark.parametrize("fault", BY_NAME.values(), ids=lambda fault: fault.name)
def test_a_fault_is_named_with_its_remedy(site: Site, fault: Fault) -> None:
    with fault.break_(site):
        result = run(site.fleet, "doctor", "--json")
    checks = {one["check"]: one for one in json.loads(result.stdout)["checks"]}
    found = checks[fault.check]["findings"]
    told = [f"{one['subject']} {one['problem']}" for one in found]
    assert any(fault.says in one for one in told), told
    assert any(fault.remedy in one["remedy"] for one in found), found
    assert {one["level"] for one in found} == {fault.level}
    concerned = {name for name, one in checks.items() if one["findings"]}
    assert concerned == {fault.check, *fault.also}
    assert result.exit_code == EXIT_CODES[fault.level]


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert {one.check for one in BY_NAME.values()} == {one.name for one in CHECKS}
