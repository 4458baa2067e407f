"""The phases of a build and its EventBridge events, as pure functions.

Sources: AWS CodeBuild User Guide, "Build phase transitions" and "Build notifications input format
reference"; AWS CodeBuild API Reference, Build and BuildPhase.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws.build_host import BuildView

IN_PROGRESS = "IN_PROGRESS"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
STOPPED = "STOPPED"
TIMED_OUT = "TIMED_OUT"

BUILD = "BUILD"
PROVISIONING = "PROVISIONING"
_FIRST_LOGGED = "DOWNLOAD_SOURCE"
_COMPLETED = "COMPLETED"
_PHASES = (
    "SUBMITTED",
    "QUEUED",
    PROVISIONING,
    _FIRST_LOGGED,
    "INSTALL",
    "PRE_BUILD",
    BUILD,
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
    _COMPLETED,
)
_CONSOLE = "https://console.aws.amazon.com/cloudwatch/home"
_CUT_SHORT = frozenset({STOPPED, TIMED_OUT})
"""Statuses after which a build runs no more commands: its next phase is FINALIZING."""
_CODES = {FAILED: "COMMAND_EXECUTION_ERROR", TIMED_OUT: "BUILD_TIMED_OUT"}


@dataclass(frozen=True, kw_only=True)
class Durations:
    """Durations of a build in seconds. They are fractions of a second here and minutes on AWS."""

    provisioning: float = 0.2
    """From StartBuild to the phase BUILD."""
    build: float | None = 0.5
    """From the phase BUILD to the push; None: until `CodeBuild.finish` is called."""
    timeout: float | None = None
    """From StartBuild to TIMED_OUT; None: the project's own timeout."""


def begun(build: BuildView, now: datetime) -> BuildView:
    """Return a build that StartBuild has accepted, without a log."""
    return build | {
        "startTime": now,
        "buildStatus": IN_PROGRESS,
        "buildComplete": False,
        "currentPhase": "SUBMITTED",
        "phases": [{"phaseType": "SUBMITTED", "startTime": now}],
        "logs": _logs(build, "null", "null"),
    }


def _logs(build: BuildView, group: str, stream: str) -> dict[str, Any]:
    _, _, _, region, account, _ = build["arn"].split(":", 5)
    place = f"group={group};stream={stream}"
    return {
        "groupName": group,
        "streamName": stream,
        "deepLink": f"{_CONSOLE}?region={region}#logEvent:{place}",
        "cloudWatchLogsArn": f"arn:aws:logs:{region}:{account}:log-group:{group}"
        f":log-stream:{stream}",
        "cloudWatchLogs": {"status": "ENABLED"},
    }


def entered(build: BuildView, phase: str, now: datetime) -> BuildView:
    """Return the build in `phase`, after all earlier phases succeeded."""
    first, last = _PHASES.index(build["currentPhase"]), _PHASES.index(phase)
    for one in _PHASES[first + 1 : last + 1]:
        build = _next(build, one, now)
        if one == _FIRST_LOGGED:
            stream = build["id"].rpartition(":")[2]
            build |= {"logs": _logs(build, f"/aws/codebuild/{build['projectName']}", stream)}
    return build


def ended(build: BuildView, status: str, now: datetime, reason: str = "") -> BuildView:
    """Return the ended build, whose current phase ended with `status` for that reason."""
    contexts = [{"statusCode": _CODES.get(status, ""), "message": reason}] if reason else []
    following = _PHASES[_PHASES.index(build["currentPhase"]) + 1]
    after = "FINALIZING" if status in _CUT_SHORT else following
    build = _next(build, after, now, status, contexts)
    return entered(build, _COMPLETED, now) | {
        "buildStatus": status,
        "buildComplete": True,
        "endTime": now,
    }


def _next(
    build: BuildView,
    phase: str,
    now: datetime,
    status: str = SUCCEEDED,
    contexts: Sequence[dict[str, str]] = (),
) -> BuildView:
    """Return the build after its current phase ended with `status` and `phase` began."""
    *before, current = build["phases"]
    over = current | {
        "phaseStatus": status,
        "endTime": now,
        "durationInSeconds": int((now - current["startTime"]).total_seconds()),
        "contexts": list(contexts),
    }
    begins = {"phaseType": phase, "startTime": now}
    return build | {"currentPhase": phase, "phases": [*before, over, begins]}


def event(build: BuildView, event_id: str, now: datetime) -> dict[str, Any]:
    """Return the EventBridge event of the build's current status."""
    _, _, _, region, account, _ = build["arn"].split(":", 5)
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "CodeBuild Build State Change",
        "source": "aws.codebuild",
        "account": account,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [build["arn"]],
        "detail": {
            "build-status": build["buildStatus"],
            "project-name": build["projectName"],
            "build-id": build["arn"],
            "additional-information": _information(build),
            "current-phase": build["currentPhase"],
            "current-phase-context": "[]",
            "version": "1",
        },
    }


def _information(build: BuildView) -> dict[str, Any]:
    environment, source, logs = build["environment"], build["source"], build["logs"]
    return {
        "artifact": {"location": ""},
        "environment": {
            "image": environment["image"],
            "privileged-mode": environment.get("privilegedMode", False),
            "compute-type": environment["computeType"],
            "type": environment["type"],
            "environment-variables": [dict(one) for one in environment["environmentVariables"]],
        },
        "timeout-in-minutes": float(build["timeoutInMinutes"]),
        "build-complete": build["buildComplete"],
        "build-number": float(build["buildNumber"]),
        "initiator": build["initiator"],
        "build-start-time": _text(build["startTime"]),
        "source": {"location": source.get("location", ""), "type": source["type"]},
        "logs": {
            "group-name": logs["groupName"],
            "stream-name": logs["streamName"],
            "deep-link": logs["deepLink"],
        },
        "phases": [_phase(one) for one in build["phases"]],
    }


def _phase(phase: dict[str, Any]) -> dict[str, Any]:
    begun = {"start-time": _text(phase["startTime"]), "phase-type": phase["phaseType"]}
    if "phaseStatus" not in phase:
        return begun
    return {
        "phase-context": [f"{one['statusCode']}: {one['message']}" for one in phase["contexts"]],
        "end-time": _text(phase["endTime"]),
        "duration-in-seconds": float(phase["durationInSeconds"]),
        "phase-status": phase["phaseStatus"],
    } | begun


def _text(time: datetime) -> str:
    """Format a time as CodeBuild does: `Sep 1, 2017 4:12:29 PM`."""
    time = time.astimezone(UTC)
    return f"{time:%b} {time.day}, {time.year} {time.hour % 12 or 12}:{time:%M:%S %p}"
