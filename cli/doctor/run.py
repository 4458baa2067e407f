"""Runs all checks in threads, and isolates their failures. No check lives here."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from msgspec.structs import replace

from cli.doctor.context import Blocked, Context
from cli.doctor.deployed import deployed_version
from cli.doctor.errors import finding_of, same_cause
from cli.doctor.finding import Check, Finding, Report, Result
from cli.doctor.scrub import Scrubber
from cli.doctor.secrets import readable

THREADS = 8
"""A check waits for AWS nearly all of its time."""
Raised = tuple[Result, Exception | None]


def examine(context: Context, checks: Sequence[Check]) -> tuple[Report, Scrubber]:
    """Return the results of all checks in their order, and what removes secrets from text.

    The credentials are read first: without them no check could be run.

    Raises:
        ClientError, BotoCoreError: AWS rejects the credentials, or can't be reached.
    """
    context.client("sts").get_caller_identity()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="doctor") as threads:
        raised = list(threads.map(lambda check: _run(check, context), checks))
    report = Report(
        fleet=context.prefix,
        region=context.region,
        version=version("ecs-runner-fleet"),
        deployed_version=deployed_version(context),
        results=tuple(_deduplicated(raised, checks)),
    )
    scrubber = Scrubber(_secrets(context))
    return _scrubbed_report(report, scrubber), scrubber


def _secrets(context: Context) -> list[str]:
    """Return the secrets of the fleet that can be read, and those of the credentials in use."""
    try:
        values = list(readable(context).values())
    except Exception:  # noqa: BLE001 - what can't be read is in no output
        values = []
    return [*values, *context.fleet.own_secrets()]


def _run(check: Check, context: Context) -> Raised:
    began = time.monotonic()
    found: list[Finding] = []
    blocked, failure = "", None
    try:
        found.extend(check.run(context))
    except Blocked as error:
        blocked = str(error)
    except Exception as error:  # noqa: BLE001 - other checks have to be run
        failure = error
    seconds = round(time.monotonic() - began, 3)
    result = Result(
        check=check.name,
        title=check.title,
        seconds=seconds,
        findings=tuple(found),
        blocked="" if found else blocked,
    )
    return result, failure


def _deduplicated(raised: Sequence[Raised], checks: Sequence[Check]) -> list[Result]:
    """Add the failures of checks. One that several checks have met is a finding of the first."""
    known: dict[str, str] = {}
    results = []
    for (result, failure), check in zip(raised, checks, strict=True):
        if failure is None:
            results.append(result)
        elif (cause := same_cause(failure, check)) in known:
            results.append(replace(result, blocked=f"see {known[cause]}"))
        else:
            known[cause] = check.name
            found = (*result.findings, finding_of(failure, check))
            results.append(replace(result, findings=found))
    return results


def _scrubbed_report(report: Report, scrubber: Scrubber) -> Report:
    """Return the report without secrets, which a quoted message could contain."""
    return replace(report, results=tuple(_scrubbed(one, scrubber) for one in report.results))


def _scrubbed(result: Result, scrubber: Scrubber) -> Result:
    text = scrubber.text
    found = (
        replace(one, subject=text(one.subject), problem=text(one.problem), remedy=text(one.remedy))
        for one in result.findings
    )
    return replace(result, findings=tuple(found), blocked=text(result.blocked))
