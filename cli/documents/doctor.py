"""The document of `ecsrunner doctor`."""

from msgspec import Struct
from msgspec.structs import asdict

from cli.doctor.finding import Finding, Level, Report, Result


class CheckResult(Struct, frozen=True, kw_only=True):
    """The result of a check.

    Attributes:
        check: The name of the check.
        title: What is true of a healthy fleet.
        status: `ok`, the level of the worst finding, or `skipped`.
        seconds: How long the check took, in seconds.
        findings: What is wrong, in the order in which it was found.
        blocked: Why the check was not run, or "".
    """

    check: str
    title: str
    status: str
    seconds: float
    findings: tuple[Finding, ...]
    blocked: str


class DoctorDocument(Struct, frozen=True, kw_only=True):
    """The result of every check, and how many findings there are.

    Attributes:
        region: The Region of the fleet.
        problem_count: The number of findings that keep jobs from running.
        warning_count: The number of findings with which jobs still run.
        unknown_count: The number of checks that were not possible.
        checks: The checks, in the order in which they were run.
    """

    fleet: str
    region: str
    cli_version: str
    deployed_version: str | None
    problem_count: int
    warning_count: int
    unknown_count: int
    checks: tuple[CheckResult, ...]


def document(report: Report) -> DoctorDocument:
    """Return the document of a report."""
    return DoctorDocument(
        fleet=report.fleet,
        region=report.region,
        cli_version=report.version,
        deployed_version=report.deployed_version or None,
        problem_count=report.count(Level.PROBLEM),
        warning_count=report.count(Level.WARNING),
        unknown_count=report.count(Level.UNKNOWN),
        checks=tuple(map(_check, report.results)),
    )


def _check(result: Result) -> CheckResult:
    return CheckResult(**asdict(result), status=result.status)
