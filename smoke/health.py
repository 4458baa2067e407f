"""The checks of the Janitor, the dead-letter queues and the alarms."""

from botocore.exceptions import BotoCoreError, ClientError

from smoke import diagnosis
from smoke.aws import explained
from smoke.diagnosis import causes
from smoke.site import Site
from smoke.verdict import Failed, Skipped

JANITOR_SECONDS = 420
"""Time limit for a run of the Janitor. A log event is found after some seconds."""
ALARM_SECONDS = 300


def janitor(site: Site) -> str:
    """Check that the schedule has run the Janitor, and that a run ended without an error.

    The next run does what a failed run did not, so failed runs are only counted.
    """
    seen: list[list[str]] = []

    def succeeded() -> bool:
        seen[:] = [diagnosis.errors_in(run) for run in _runs(site)]
        return [] in seen

    try:
        good = site.patience.until(
            "a run of the Janitor without an error", succeeded, JANITOR_SECONDS
        )
    except (BotoCoreError, ClientError) as error:
        raise Skipped(f"logs:FilterLogEvents: {explained(error)}") from error
    failed = [found for found in seen if found]
    if not seen:
        raise Failed(
            causes(
                "no run of the Janitor in its log",
                _schedule(site),
                diagnosis.queue(site, "undelivered"),
            )
        )
    last = f"the last with {diagnosis.excerpt(failed[-1][-1])}" if failed else ""
    if not good:
        raise Failed(f"each of {len(failed)} runs failed, {last}")
    return f"{len(seen)} runs, {len(failed)} of them failed{last and ', '}{last}"


def _runs(site: Site) -> list[list[str]]:
    """Return the log lines of each finished run. Lambda's REPORT line is the last of a run.

    Source: AWS Lambda Developer Guide, "Working with Lambda function logs", `REPORT`.
    """
    runs: list[list[str]] = [[]]
    for line in diagnosis.logged(site, "janitor"):
        runs[-1].append(line)
        if line.startswith("REPORT "):
            runs.append([])
    return runs[:-1]


def _schedule(site: Site) -> str:
    name = f"{site.prefix}-janitor"
    try:
        schedule = site.client("scheduler").get_schedule(Name=name)
    except (BotoCoreError, ClientError) as error:
        return f"schedule {name} can't be read ({explained(error)})"
    return f"schedule {name} is {schedule['State']}, {schedule['ScheduleExpression']}"


def dead_letters(site: Site) -> str:
    """Check that the queues for failures are empty."""
    found = dict(diagnosis.dead(site))
    filled = {name: count for name, count in found.items() if count}
    if filled:
        held = ", ".join(f"{name} holds {count}" for name, count in filled.items())
        consumers = [name.removesuffix("_dead_letters") for name in filled]
        functions = [name for name in consumers if name in site.outputs["functions"]]
        raise Failed(causes(held, *(diagnosis.errors(site, one) for one in functions)))
    return f"{', '.join(found)}: empty"


def alarms(site: Site) -> str:
    """Check that no alarm of the fleet is in the state ALARM.

    An alarm without data is in INSUFFICIENT_DATA. Source: Amazon CloudWatch User Guide,
    "Using Amazon CloudWatch alarms", "Alarm states".
    """
    states: dict[str, str] = {}

    def quiet() -> bool:
        states.clear()
        states.update(_states(site))
        return "ALARM" not in states.values()

    try:
        calm = site.patience.until("alarms to leave ALARM", quiet, ALARM_SECONDS)
    except (BotoCoreError, ClientError) as error:
        raise Skipped(f"cloudwatch:DescribeAlarms: {explained(error)}") from error
    if not states:
        raise Failed(f"there is no alarm with the prefix {site.prefix}-")
    if not calm:
        ringing = [name for name, state in states.items() if state == "ALARM"]
        raise Failed(f"in ALARM: {', '.join(sorted(ringing))}")
    ok = sum(state == "OK" for state in states.values())
    return f"{ok} OK, {len(states) - ok} without data yet"


def _states(site: Site) -> dict[str, str]:
    pages = site.client("cloudwatch").get_paginator("describe_alarms")
    return {
        one["AlarmName"]: one["StateValue"]
        for page in pages.paginate(AlarmNamePrefix=f"{site.prefix}-")
        for one in page["MetricAlarms"]
    }
