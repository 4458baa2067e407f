"""Finds possible causes of a failure. The functions report a failed read instead of raising."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.events import JobRejected, LaunchFailed
from smoke.aws import explained
from smoke.site import CONSUMERS, Site

_DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_ERRORS = ('"level":"ERROR"', "[ERROR]", "Task timed out", "Status: error")
_LINE = 300
"""Number of characters of a log line that are quoted."""
_PAGES = 5


def _readable(what: str) -> "Callable[[Callable[..., str]], Callable[..., str]]":
    """Decorate a function so that it returns an AWS error as text."""

    def decorated(diagnose: "Callable[..., str]") -> "Callable[..., str]":
        @wraps(diagnose)
        def safe(*arguments: Any) -> str:
            try:
                return diagnose(*arguments)
            except (BotoCoreError, ClientError) as error:
                return f"{what} can't be read ({explained(error)})"

        return safe

    return decorated


def causes(*found: str) -> str:
    """Join all causes that are not empty."""
    return "; ".join(one for one in found if one)


@_readable("the queue")
def queue(site: Site, name: str) -> str:
    """Return the number of messages in a queue, as text."""
    visible, in_flight = depth(site, name)
    return f"queue {name} holds {visible} messages and {in_flight} in flight"


def depth(site: Site, name: str) -> tuple[int, int]:
    """Return the numbers of visible messages and of messages in flight."""
    url = site.outputs["queue_urls"][name]
    response = site.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(_DEPTHS))
    return int(response["Attributes"][_DEPTHS[0]]), int(response["Attributes"][_DEPTHS[1]])


@_readable("the event source mapping")
def mapping(site: Site, function: str) -> str:
    """Return the state of the event source mapping of a function.

    Source: AWS Lambda API Reference, EventSourceMappingConfiguration, State and
    LastProcessingResult.
    """
    name = site.outputs["functions"][function]["name"]
    listed = site.client("lambda").list_event_source_mappings(FunctionName=name)
    states = [
        f"{one.get('State', 'unknown')} ({one.get('LastProcessingResult', 'no result')})"
        for one in listed["EventSourceMappings"]
    ]
    return f"event source mapping of {name}: {', '.join(states) or 'there is none'}"


@_readable("the function's log")
def errors(site: Site, function: str) -> str:
    """Return the last error in a function's log since the start of the run."""
    found = errors_in(logged(site, function))
    if not found:
        return f"no error in the log of {function}"
    return f"log of {function}: {excerpt(found[-1])}"


def errors_in(lines: Iterable[str]) -> list[str]:
    """Return the log lines that report an error."""
    return [line for line in lines if any(one in line for one in _ERRORS)]


def excerpt(line: str) -> str:
    """Return the beginning of a log line, or what a structured one says about an exception.

    Source of the keys: Powertools for AWS Lambda (Python) documentation, "Logger".
    """
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if isinstance(entry, dict) and "message" in entry:
        error = str(entry.get("exception", "")).strip().rpartition("\n")[2]
        told = (str(entry["message"]), str(entry.get("subject", "")), error)
        line = ": ".join(one for one in told if one)
    return " ".join(line.split())[:_LINE]


def logged(site: Site, function: str) -> list[str]:
    """Return a function's log lines since the start of the run.

    Raises:
        ClientError: The log group does not exist, or the caller can't read it.
    """
    name = site.outputs["functions"][function]["name"]
    pages = (
        site.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=f"/aws/lambda/{name}",
            startTime=int(site.begun.timestamp() * 1000),
        )
    )
    lines: list[str] = []
    for number, page in enumerate(pages, start=1):
        lines += [str(one["message"]) for one in page["events"]]
        if number == _PAGES:
            break
    return lines


@_readable("the task")
def task(site: Site, arn: str) -> str:
    """Return the task's status, stopped reason and container reasons from ECS."""
    cluster = site.outputs["cluster"]["name"]
    found = site.client("ecs").describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    if not found:
        return "ECS has no such task"
    view = found[0]
    reason = view.get("stoppedReason") or ""
    inside = [one["reason"] for one in view.get("containers", []) if one.get("reason")]
    return causes(f"the task is {view.get('lastStatus')}", reason, *inside)


@_readable("the rule")
def rule(site: Site, name: str) -> str:
    """Return the state of an EventBridge rule of the fleet."""
    response = site.client("events").describe_rule(Name=f"{site.prefix}-{name}")
    return f"rule {site.prefix}-{name} is {response['State']}"


@_readable("the builds")
def builds(site: Site) -> str:
    """Return the status of the newest image build.

    Source: AWS CodeBuild API Reference, BatchGetBuilds, `phases` and `contexts`.
    """
    codebuild = site.client("codebuild")
    project = site.outputs["image_build_project"]
    ids = codebuild.list_builds_for_project(projectName=project)["ids"]
    if not ids:
        return f"CodeBuild project {project} has no build"
    (build,) = codebuild.batch_get_builds(ids=ids[:1])["builds"]
    contexts = [
        str(context["message"])[:_LINE]
        for phase in build.get("phases", [])
        for context in phase.get("contexts", [])
        if context.get("message")
    ]
    return causes(f"build {ids[0]} is {build['buildStatus']}", *contexts[-1:])


def refusal(site: Site) -> str:
    """Return why the job was rejected or its launch failed, from the log."""
    rejected, failed = site.fact(JobRejected), site.fact(LaunchFailed)
    return causes(
        f"the job was refused: {rejected.reason}" if rejected else "",
        f"the launch failed: {failed.reason}" if failed else "",
    )


def chain(site: Site, consumer: str) -> str:
    """Return the state of every part between the log and a consumer."""
    return causes(
        mapping(site, "outbox"),
        errors(site, "outbox"),
        queue(site, "undelivered"),
        queue(site, consumer),
        mapping(site, consumer),
        errors(site, consumer),
    )


def dead(site: Site) -> Iterator[tuple[str, int]]:
    """Yield each queue for failures and its number of messages."""
    for name in site.outputs["queue_urls"]:
        if name not in CONSUMERS:
            yield name, sum(depth(site, name))
