"""The doctor on a healthy fleet: one line, and the calls that its permissions allow."""

from cli.doctor.catalogue import CHECKS
from tests.cli.doctor.stack import Site
from tests.cli.support import run


def test_a_healthy_fleet_is_one_line(site: Site) -> None:
    result = run(site.fleet, "doctor")
    assert result.stdout == (
        f"OK: {len(CHECKS)} checks, no problem found (fleet mini, version 0.1.0)\n"
    )
    assert (result.exit_code, result.stderr) == (0, "")
