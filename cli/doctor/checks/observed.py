"""The check of the alarms."""

from collections.abc import Iterator

from cli.doctor.context import Context
from cli.doctor.finding import Finding, problem, warning
from cli.doctor.settings import CONSUMERS, FUNCTIONS
from cli.render.text import when

ALARMS = (
    *(f"{one}-errors" for one in FUNCTIONS),
    *(f"{one}-dead-letters" for one in CONSUMERS),
    *(f"{one}-oldest-message" for one in CONSUMERS),
    "failed-events", "undelivered", "unreadable", "ingest-throttles", "webhook-5xx", "webhook-4xx",
    "launch-failures", "circuit-opened", "nudge-skipped", "event-changed", "nudges-lost",
    "outbox-late", "janitor-silent", "runner-version", "runner-version-ends",
)  # fmt: skip
"""The alarms by the end of their name. A test compares them with `terraform/`."""


def alarms(context: Context) -> Iterator[Finding]:
    """Yield alarms in the state ALARM, with what their descriptions advise, and missing ones.

    Source: Amazon CloudWatch API Reference, DescribeAlarms, MetricAlarm.
    """
    prefix = f"{context.settings.prefix}-"
    found = context.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)
    for one in found:
        name, at = one["AlarmName"], one.get("StateUpdatedTimestamp")
        if one["StateValue"] == "ALARM":
            since = f" since {when(at)} UTC" if at else ""
            yield problem(name, f"the alarm is in ALARM{since}", one.get("AlarmDescription", ""))
        if one.get("AlarmActions") and not one.get("ActionsEnabled", True):
            yield warning(
                name,
                "the actions of the alarm are disabled: it notifies nobody",
                f"aws cloudwatch enable-alarm-actions --alarm-names {name}",
            )
    missing = {f"{prefix}{one}" for one in ALARMS} - {one["AlarmName"] for one in found}
    if missing:
        names = ", ".join(sorted(missing))
        yield warning(names, "the alarms do not exist", "Create them again: terraform apply.")
