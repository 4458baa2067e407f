"""Faults of the functions, of their settings, and of what invokes them."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.cli.doctor.faults.fault import changed, fault, real, refused
from tests.cli.doctor.stack import PREFIX, Site

INGEST, OUTBOX, JANITOR = (f"{PREFIX}-{one}" for one in ("ingest", "outbox", "janitor"))


@fault("functions", "mini-outbox the function does not exist", "terraform apply")
def a_function_is_deleted(site: Site) -> Iterator[None]:
    def answer(params: Mapping[str, Any]) -> Any:
        return refused("ResourceNotFoundException") if OUTBOX in params["url_path"] else None

    with site.answers("GetFunctionConfiguration", answer):
        yield


@fault("functions", "is in the state Failed: its role is gone", "terraform apply")
def a_function_has_failed(site: Site) -> Iterator[None]:
    with changed(site, "scheduler", State="Failed", StateReason="its role is gone"):
        yield


@fault("functions", "its last update failed: InvalidZip", "terraform apply")
def an_update_of_a_function_failed(site: Site) -> Iterator[None]:
    broken = {"LastUpdateStatus": "Failed", "LastUpdateStatusReasonCode": "InvalidZip"}
    with changed(site, "scheduler", **broken):
        yield


@fault("settings", "START_TIMEOUT_SECONDS is wrong", "terraform apply")
def a_setting_is_wrong(site: Site) -> Iterator[None]:
    with site.configured("scheduler", START_TIMEOUT_SECONDS="soon"):
        yield


@fault("settings", "JANITOR: MAX_RUNNERS is wrong".partition(": ")[2], "terraform apply")
def the_settings_of_the_janitor_are_wrong(site: Site) -> Iterator[None]:
    with site.configured("janitor", "scheduler", "reconciler", MAX_RUNNERS="none"):
        yield


@fault("settings", "MAX_RUNNERS differs between functions: '5' in scheduler", "terraform apply")
def a_setting_was_changed_by_hand(site: Site) -> Iterator[None]:
    with site.configured("scheduler", MAX_RUNNERS="5"):
        yield


@fault("concurrency", "mini-ingest is switched off", "delete-function-concurrency")
def a_function_is_switched_off(site: Site) -> Iterator[None]:
    lambdas = site.client("lambda")
    lambdas.put_function_concurrency(FunctionName=INGEST, ReservedConcurrentExecutions=0)
    yield
    lambdas.delete_function_concurrency(FunctionName=INGEST)


@fault("concurrency", "only 10 of 10 concurrent executions", "L-B99A9384", level="warning")
def the_account_is_new(site: Site) -> Iterator[None]:
    limit = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
    with site.answers("GetAccountSettings", lambda _: {"AccountLimit": limit}):
        yield


@fault("versions", "they are of different versions: ingest 9.9.9", "terraform apply")
def half_of_the_functions_are_updated(site: Site) -> Iterator[None]:
    with changed(site, "ingest", Description="x (ecs-runner-fleet 9.9.9)"):
        yield


@fault("versions", "ecsrunner is 0.1.0, but 9.9.9 is deployed", "from the tag", level="warning")
def another_version_is_deployed(site: Site) -> Iterator[None]:
    def answer(params: Mapping[str, Any]) -> Mapping[str, Any]:
        name = params["url_path"].split("/")[3]
        found = real(site, "lambda", "get_function_configuration", name)
        return found | {"Description": "x (ecs-runner-fleet 9.9.9)"}

    with site.answers("GetFunctionConfiguration", answer):
        yield


@fault("exports", "SCHEDULER_QUEUE_URL is https://sqs/other", "cli_exports", level="warning")
def the_exports_are_of_another_fleet(site: Site) -> Iterator[None]:
    variables: Any = site.fleet._environment
    variables["SCHEDULER_QUEUE_URL"] = "https://sqs/other"
    yield
    del variables["SCHEDULER_QUEUE_URL"]


# --- event source mappings -----------------------------------------------------------------------


def _mapping(site: Site, function: str) -> dict[str, Any]:
    found = real(site, "lambda", "list_event_source_mappings", f"{PREFIX}-{function}")
    return dict(found["EventSourceMappings"][0])


def _listed(site: Site, **changes: Any) -> Any:
    """Answer with other mappings of the outbox than it has."""

    def answer(params: Mapping[str, Any]) -> Any:
        if params["query_string"].get("FunctionName") != OUTBOX:
            return None
        return {"EventSourceMappings": [_mapping(site, "outbox") | changes]}

    return site.answers("ListEventSourceMappings", answer)


@fault("mappings", "mini-scheduler.fifo is Disabled", "update-event-source-mapping --enabled")
def a_mapping_is_disabled(site: Site) -> Iterator[None]:
    uuid, lambdas = _mapping(site, "scheduler")["UUID"], site.client("lambda")
    lambdas.update_event_source_mapping(UUID=uuid, Enabled=False)
    yield
    lambdas.update_event_source_mapping(UUID=uuid, Enabled=True)


@fault("mappings", "the stream of the log fails: PROBLEM: Function call failed", "/mini-outbox")
def a_mapping_fails(site: Site) -> Iterator[None]:
    with _listed(site, LastProcessingResult="PROBLEM: Function call failed"):
        yield


@fault("mappings", "does not read the stream of the log, but arn:old", "terraform apply")
def a_mapping_reads_a_stream_that_was_replaced(site: Site) -> Iterator[None]:
    with _listed(site, EventSourceArn="arn:old"):
        yield


@fault("mappings", "ignores partial failures", "ReportBatchItemFailures")
def a_mapping_ignores_partial_failures(site: Site) -> Iterator[None]:
    with _listed(site, FunctionResponseTypes=[]):
        yield


# --- rules and schedules -------------------------------------------------------------------------


@fault("rules", "mini-task-events the rule is disabled: ended tasks", "aws events enable-rule")
def a_rule_is_disabled(site: Site) -> Iterator[None]:
    site.client("events").disable_rule(Name=f"{PREFIX}-task-events")
    yield
    site.client("events").enable_rule(Name=f"{PREFIX}-task-events")


@fault("rules", "mini-build-events the rule has no target mini-ingest", "terraform apply")
def a_rule_has_no_target(site: Site) -> Iterator[None]:
    events, name = site.client("events"), f"{PREFIX}-build-events"
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    events.remove_targets(Rule=name, Ids=["ingest"])
    yield
    events.put_targets(Rule=name, Targets=targets)


@fault("rules", "the rule does not exist", "terraform apply")
def a_rule_is_deleted(site: Site) -> Iterator[None]:
    with site.answers("DescribeRule", lambda _: refused("ResourceNotFoundException")):
        yield


@fault("rules", "its policy has no statement task-events", "terraform apply")
def a_rule_may_not_invoke_ingest(site: Site) -> Iterator[None]:
    yield from _without(site, "task-events")


@fault("http-api", "its policy has no statement webhook", "terraform apply")
def the_api_may_not_invoke_ingest(site: Site) -> Iterator[None]:
    yield from _without(site, "webhook")


def _without(site: Site, sid: str) -> Iterator[None]:
    lambdas = site.client("lambda")
    lambdas.remove_permission(FunctionName=INGEST, StatementId=sid)
    yield
    lambdas.add_permission(
        FunctionName=INGEST,
        StatementId=sid,
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )


@fault("schedules", "mini-janitor the schedule is DISABLED", "Enable it")
def the_schedule_of_the_janitor_is_disabled(site: Site) -> Iterator[None]:
    yield from _scheduled(site, State="DISABLED")


@fault("schedules", "the schedule invokes arn:aws:lambda:x:1:function:other", "terraform apply")
def the_schedule_invokes_another_function(site: Site) -> Iterator[None]:
    role = "arn:aws:iam::123456789012:role/x"
    yield from _scheduled(
        site, Target={"Arn": "arn:aws:lambda:x:1:function:other", "RoleArn": role}
    )


def _scheduled(site: Site, **changes: Any) -> Iterator[None]:
    scheduler = site.client("scheduler")
    found = scheduler.get_schedule(Name=JANITOR)
    names = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target", "State")
    before = {name: found[name] for name in names}
    scheduler.update_schedule(**before | changes)
    yield
    scheduler.update_schedule(**before)


# --- HTTP API ------------------------------------------------------------------------------------


@fault("http-api", "mini-webhook the HTTP API does not exist", "webhook_url")
def the_api_is_deleted(site: Site) -> Iterator[None]:
    with site.answers("GetApis", lambda _: {"Items": []}):
        yield


@fault(
    "http-api", "but WEBHOOK_URL is https://old.example/webhook", "webhook_url", also=("webhook",)
)
def the_api_has_another_url(site: Site) -> Iterator[None]:
    with site.configured("janitor", WEBHOOK_URL="https://old.example/webhook"):
        yield


@fault("http-api", "has no route POST /webhook", "terraform apply")
def the_api_has_no_route(site: Site) -> Iterator[None]:
    with site.answers("GetRoutes", lambda _: {"Items": []}):
        yield
