"""The checks of what invokes the functions: mappings, rules, schedules, the HTTP API."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.checks.data import table
from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem
from cli.doctor.settings import CONSUMERS

_APPLY = "terraform apply"
_PARTIAL = "ReportBatchItemFailures"
_STARTING = ("Creating", "Enabling", "Updating")
_SCHEDULES = {"janitor": "janitor"} | {
    f"{one}-warm": one for one in ("ingest", "outbox", "scheduler")
}
"""The schedules by the end of their name, with the function that each invokes."""


def mappings(context: Context) -> Iterator[Finding]:
    """Yield event source mappings that do not pass on what arrives.

    Source: AWS Lambda API Reference, EventSourceMappingConfiguration (State,
    LastProcessingResult).
    """
    yield from _mapping(context, "outbox", stream_arn(context), "the stream of the log")
    for one in CONSUMERS:
        url = context.variable(one, "QUEUE_URL")
        name = url.rpartition("/")[2]
        yield from _mapping(context, one, f":{name}", f"the queue {name}")


def stream_arn(context: Context) -> str:
    """Return the ARN of the log's stream, or "" if it has none."""
    found = table(context, context.settings.events_table)
    return str((found or {}).get("LatestStreamArn", ""))


def _mapping(context: Context, function: str, source: str, what: str) -> Iterator[Finding]:
    name = context.function_name(function)
    listed = context.pages(
        "lambda", "list_event_source_mappings", "EventSourceMappings", FunctionName=name
    )
    mine = [one for one in listed if source and one["EventSourceArn"].endswith(source)]
    if not mine:
        others = ", ".join(one["EventSourceArn"] for one in listed) or "nothing"
        yield problem(name, f"does not read {what}, but {others}", f"{_APPLY} maps it again.")
    for one in mine:
        yield from _state(name, what, one)


def _state(name: str, what: str, mapping: Mapping[str, Any]) -> Iterator[Finding]:
    state, last = mapping.get("State"), mapping.get("LastProcessingResult", "")
    if state != "Enabled" and state not in _STARTING:
        yield problem(
            name,
            f"its event source mapping to {what} is {state}, so nothing is processed",
            f"aws lambda update-event-source-mapping --enabled --uuid {mapping['UUID']}",
        )
    elif last.startswith("PROBLEM"):
        yield problem(
            name,
            f"its event source mapping to {what} fails: {last}",
            f"Repair what it names; the log group /aws/lambda/{name} may say more.",
        )
    if _PARTIAL not in mapping.get("FunctionResponseTypes", ()):
        yield problem(
            name,
            f"its event source mapping to {what} ignores partial failures, so nudges get lost",
            f"Set {_PARTIAL} again: {_APPLY}.",
        )


def rules(context: Context) -> Iterator[Finding]:
    """Yield EventBridge rules that do not pass events of AWS to ingest.

    Source: Amazon EventBridge API Reference, DescribeRule (State) and ListTargetsByRule.
    """
    builds = context.settings.image_build_project
    ends = {"task-events": "ended tasks are not noticed"} | (
        {"build-events": "ended image builds are noticed late"} if builds else {}
    )
    for end, effect in ends.items():
        yield from _rule(context, end, effect)


def _rule(context: Context, end: str, effect: str) -> Iterator[Finding]:
    name, client = f"{context.prefix}-{end}", context.client("events")
    try:
        rule = client.describe_rule(Name=name)
    except ClientError as error:
        if not is_missing(error):
            raise
        yield problem(name, f"the rule does not exist: {effect}", f"Create it again: {_APPLY}.")
        return
    if rule["State"] == "DISABLED":
        yield problem(
            name, f"the rule is disabled: {effect}", f"aws events enable-rule --name {name}"
        )
    ingest = context.function_name("ingest")
    targets = [one["Arn"] for one in client.list_targets_by_rule(Rule=name)["Targets"]]
    mine = [arn for arn in targets if f":function:{ingest}" in arn]
    if not mine:
        yield problem(name, f"the rule has no target {ingest}: {effect}", f"{_APPLY} adds it.")
    else:
        yield from _permission(context, mine[0], end)


def _permission(context: Context, arn: str, sid: str) -> Iterator[Finding]:
    """Yield that the function's policy does not allow the invocation.

    Source: AWS Lambda Developer Guide, "Working with resource-based IAM policies in Lambda".
    """
    try:
        policy = context.client("lambda").get_policy(FunctionName=arn)["Policy"]
    except ClientError as error:
        if not is_missing(error):
            raise
        policy = ""
    if f'"{sid}"' not in policy:
        yield problem(
            context.function_name("ingest"),
            f"its policy has no statement {sid}, so it is not invoked",
            f"Add the permission again: {_APPLY}.",
        )


def schedules(context: Context) -> Iterator[Finding]:
    """Yield schedules that do not run. Source: Amazon EventBridge Scheduler API Reference."""
    prefix = context.settings.prefix
    for end, function in _SCHEDULES.items():
        name, invoked = f"{prefix}-{end}", context.function_name(function)
        try:
            found = context.client("scheduler").get_schedule(Name=name)
        except ClientError as error:
            if not is_missing(error):
                raise
            yield problem(name, "the schedule does not exist", f"Create it again: {_APPLY}.")
            continue
        if found["State"] != "ENABLED":
            yield problem(
                name,
                f"the schedule is {found['State']}, so {invoked} is not run",
                f"Enable it in the console of EventBridge, or {_APPLY}.",
            )
        if f":function:{invoked}" not in found["Target"]["Arn"]:
            target = found["Target"]["Arn"]
            yield problem(name, f"the schedule invokes {target}", f"{_APPLY} corrects its target.")


def http_api(context: Context) -> Iterator[Finding]:
    """Yield what keeps webhooks from ingest.

    Source: Amazon API Gateway Version 2 API Reference, Api, Route and Integration.
    """
    name, url = f"{context.prefix}-webhook", context.settings.webhook_url
    client = context.client("apigatewayv2")
    apis = [
        one for one in context.pages("apigatewayv2", "get_apis", "Items") if one["Name"] == name
    ]
    if not apis:
        yield problem(name, "the HTTP API does not exist, so no webhook arrives", _new_url())
        return
    urls = {f"{one['ApiEndpoint']}/webhook": one for one in apis}
    if url not in urls:
        yield problem(name, f"its URL is {', '.join(urls)}, but WEBHOOK_URL is {url}", _new_url())
        return
    api = urls[url]
    if api.get("DisableExecuteApiEndpoint"):
        yield problem(name, "its endpoint is disabled, so no webhook arrives", f"{_APPLY}.")
    routes = client.get_routes(ApiId=api["ApiId"])["Items"]
    target = next((one.get("Target") for one in routes if one["RouteKey"] == "POST /webhook"), None)
    if target is None:
        yield problem(name, "has no route POST /webhook: GitHub gets 404", f"{_APPLY} adds it.")
        return
    integration = client.get_integration(
        ApiId=api["ApiId"], IntegrationId=target.rpartition("/")[2]
    )
    ingest = context.function_name("ingest")
    if f":function:{ingest}" not in integration.get("IntegrationUri", ""):
        yield problem(name, f"its route does not invoke {ingest}", f"{_APPLY} corrects it.")
    else:
        yield from _permission(context, _invoked(integration["IntegrationUri"]), "webhook")


def _new_url() -> str:
    return f"{_APPLY}; then set the new output webhook_url at GitHub."


def _invoked(uri: str) -> str:
    """Return the ARN of the function in an integration's URI, which wraps it."""
    return uri.rpartition("/functions/")[2].removesuffix("/invocations")
