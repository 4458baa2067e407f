"""What Terraform would make agrees with what the code needs and with what the local stack makes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import fields

from benchmarks.load.world import KEPT_WARM, WARM_SECONDS
from cli.fleet.context import MEANINGS
from functions.ingest.handler import EMPTY_BATCH
from functions.janitor.handler import RESERVE
from functions.janitor.sweep import BUDGET, PERIOD
from local.description import (
    CONSUMERS,
    MAX_RECEIVES,
    MAX_RECORD_AGE_SECONDS,
    STREAM_BATCH,
    Description,
)
from shared import settings
from shared.adapters.ecs import CONTAINER
from shared.adapters.patience import LONG
from shared.class_sizes import parse
from shared.domain.names import runner_id
from shared.reporting import NAMESPACE
from tests.terraform.conftest import SECRETS
from tests.terraform.environments import SETTINGS, environment
from tests.terraform.support import FUNCTIONS, MODULE, PROJECT, known_later, planned

pytestmark = pytest.mark.slow(file=True, seconds=30)

DESCRIPTION = Description("blue")


def _by_name(plan: Any, kind: str, name: str = "name") -> dict[str, dict[str, Any]]:
    return {one[name]: one for one in planned(plan, kind)}


def _functions(plan: Any) -> dict[str, dict[str, Any]]:
    found = _by_name(plan, "aws_lambda_function", "function_name")
    return {name: found[f"blue-{name}"] for name in FUNCTIONS}


def _environment(plan: Any, function: str) -> dict[str, str]:
    told = plan["output_changes"]["fleet"]
    return environment(
        {key: told[key]["function_environments"] for key in ("after", "after_unknown")}, function
    )


def _keys(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    kinds = {one["name"]: one["type"] for one in table["attribute"]}
    return [(key, kinds[key]) for key in (table["hash_key"], table["range_key"]) if key]


def _described_keys(table: Mapping[str, Any], schema: Any) -> list[tuple[str, str]]:
    kinds = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    return [(one["AttributeName"], kinds[one["AttributeName"]]) for one in schema]


def test_the_tables_are_those_of_the_local_stack(plan: dict[str, Any]) -> None:
    found = _by_name(plan, "aws_dynamodb_table")
    assert set(found) == {one["TableName"] for one in DESCRIPTION.tables()}
    for described in DESCRIPTION.tables():
        table = found[described["TableName"]]
        assert _keys(table) == _described_keys(described, described["KeySchema"])
        assert table["billing_mode"] == described["BillingMode"]
        stream = described.get("StreamSpecification")
        assert bool(table["stream_enabled"]) == bool(stream)
        assert (table.get("stream_view_type") or None) == (stream and stream["StreamViewType"])
        indexes = {
            one["name"]: (one["hash_key"], one["range_key"], one["projection_type"])
            for one in table["global_secondary_index"]
        }
        assert indexes == {
            one["IndexName"]: (
                *(key["AttributeName"] for key in one["KeySchema"]),
                one["Projection"]["ProjectionType"],
            )
            for one in described.get("GlobalSecondaryIndexes", [])
        }


ATTRIBUTES = {
    "FifoQueue": "fifo_queue",
    "DeduplicationScope": "deduplication_scope",
    "FifoThroughputLimit": "fifo_throughput_limit",
    "VisibilityTimeout": "visibility_timeout_seconds",
    "MessageRetentionPeriod": "message_retention_seconds",
}


def test_the_queues_are_those_of_the_local_stack(plan: dict[str, Any]) -> None:
    found = _by_name(plan, "aws_sqs_queue")
    described = DESCRIPTION.queues() | DESCRIPTION.dead_letter_queues()
    assert set(found) == set(described)
    for name, attributes in described.items():
        told = {key: found[name][ATTRIBUTES[key]] for key in attributes}
        written = {key: str(value).lower() for key, value in told.items()}
        assert written == {key: value.lower() for key, value in attributes.items()}


def test_the_command_line_is_given_the_same_as_on_the_local_stack(plan: dict[str, Any]) -> None:
    told = plan["output_changes"]["fleet"]
    given = {**told["after_unknown"]["cli_environment"], **told["after"]["cli_environment"]}
    assert set(given) == {*MEANINGS, "AWS_REGION"}
    assert given["INGEST_LOG_GROUP"] == DESCRIPTION.log_group("ingest")
    assert given["RUNNER_LOG_GROUP"] == DESCRIPTION.runner_log_group
    groups = {DESCRIPTION.log_group("ingest"), DESCRIPTION.runner_log_group}
    assert groups <= set(_by_name(plan, "aws_cloudwatch_log_group"))


def test_cluster_bus_repository_project_and_parameters_have_the_local_stacks_names(
    plan: dict[str, Any],
) -> None:
    assert set(_by_name(plan, "aws_ecs_cluster")) == {DESCRIPTION.cluster}
    repositories = _by_name(plan, "aws_ecr_repository")
    asked = DESCRIPTION.image_repository()
    assert repositories[asked["repositoryName"]]["image_tag_mutability"] == "IMMUTABLE"
    assert set(_by_name(plan, "aws_cloudwatch_event_bus")) == {DESCRIPTION.bus}
    project = _by_name(plan, "aws_codebuild_project")[DESCRIPTION.image_project]
    described = DESCRIPTION.build_project("123456789012")
    assert project["source"][0]["type"] == described["source"]["type"]
    assert project["environment"][0]["privileged_mode"] is True
    assert project["build_timeout"] == described["timeoutInMinutes"]
    parameters = {"class-sizes", "github-token", "webhook-secret"}
    names = {DESCRIPTION.parameter(one) for one in parameters}
    others = {"/blue/terraform/written-secrets", DESCRIPTION.cli_parameter}
    assert set(_by_name(plan, "aws_ssm_parameter")) == names | others


def test_the_command_line_finds_the_fleet_by_a_parameter_that_every_operator_may_read(
    plan: dict[str, Any],
) -> None:
    parameter = _by_name(plan, "aws_ssm_parameter")["/ecs-runner-fleet/blue/cli"]
    assert (parameter["type"], parameter["tier"]) == ("String", "Standard")
    (written,) = (
        one
        for one in plan["configuration"]["root_module"]["module_calls"]["fleet"]["module"][
            "resources"
        ]
        if one["address"] == "aws_ssm_parameter.cli"
    )
    references = written["expressions"]["value"]["references"]
    assert references == ["local.release", "local.cli_environment"], "no secret is among them"


LONGEST = {
    "AWS_REGION": 25,
    "GITHUB_API_URL": 253 + len("https:///api/v3"),
    "GITHUB_APP_ID": 40,
    "GITHUB_APP_KEY_PARAM": 1011,
    "INGEST_LOG_GROUP": len("/aws/lambda/") + 64,
}
"""The longest values of variables. Sources: RFC 1035, section 2.3.4 (a host's name); AWS Systems
Manager API Reference, PutParameter; AWS Lambda API Reference, CreateFunction."""
OTHERS = len("https://sqs.ap-southeast-2.amazonaws.com/123456789012/") + 80
"""All others are at most as long as the URL of a queue. Source: Amazon SQS API Reference,
CreateQueue."""


def test_the_longest_parameter_of_the_command_line_fits_the_standard_tier() -> None:
    """Source: AWS Systems Manager User Guide, "Managing parameter tiers": 4 KB."""
    variables = {name: "x" * LONGEST.get(name, OTHERS) for name in {*MEANINGS, *LONGEST}}
    value = json.dumps({"version": "100.100.100", "variables": variables})
    assert len(value) <= 4096


def _outbox(plan: Any) -> dict[str, Any]:
    (mapping,) = (
        one for one in planned(plan, "aws_lambda_event_source_mapping") if one["starting_position"]
    )
    return mapping


def test_the_outbox_reads_what_it_forwards_from_the_beginning_of_the_stream(
    plan: dict[str, Any],
) -> None:
    mapping = _outbox(plan)
    assert mapping["starting_position"] == "TRIM_HORIZON", "what came before it is read, too"
    (filters,) = mapping["filter_criteria"]
    patterns = [one["pattern"] for one in filters["filter"]]
    assert sorted(map(json.loads, patterns), key=str) == [
        {"dynamodb": {"NewImage": {"notices": {"S": [{"exists": True}]}}}},
        {"dynamodb": {"NewImage": {"route": {"S": [{"exists": True}]}}}},
        {"dynamodb": {"OldImage": {"stream": {"S": [{"exists": True}]}}}},
    ]
    assert mapping["batch_size"] == STREAM_BATCH
    assert mapping["maximum_batching_window_in_seconds"] == 0, "a nudge waits for no other one"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_with_what_it_is_given(plan: dict[str, Any], function: str) -> None:
    settings.load(SETTINGS[function], _environment(plan, function))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_given_nothing_that_it_does_not_read(
    plan: dict[str, Any], function: str
) -> None:
    read = {one.name.upper() for one in fields(SETTINGS[function])}
    given = {name for name in _environment(plan, function) if not name.startswith("AWS_")}
    assert given <= read


def test_no_function_has_a_secret_in_its_environment(plan: dict[str, Any]) -> None:
    for function in FUNCTIONS:
        environment = _environment(plan, function)
        assert not set(environment.values()) & set(SECRETS.values())
        assert environment.get("GITHUB_TOKEN_PARAM", "/blue/github-token").startswith("/")


def test_no_secret_is_in_the_plan(plan: dict[str, Any]) -> None:
    without_inputs = json.dumps({key: plan[key] for key in plan if key != "variables"})
    assert not [secret for secret in SECRETS.values() if secret in without_inputs]


def test_a_message_is_hidden_for_six_times_as_long_as_its_function_may_take(
    plan: dict[str, Any],
) -> None:
    queues = _by_name(plan, "aws_sqs_queue")
    for consumer in CONSUMERS:
        hidden = queues[f"blue-{consumer}.fifo"]["visibility_timeout_seconds"]
        assert hidden == 6 * _functions(plan)[consumer]["timeout"]


def test_ingest_ends_before_the_api_stops_waiting(plan: dict[str, Any]) -> None:
    # Source: Amazon API Gateway Developer Guide, "Quotas for HTTP APIs": 30 s, not to be raised.
    assert _functions(plan)["ingest"]["timeout"] <= 29


def test_a_run_of_the_janitor_begins_nothing_once_the_next_one_begins(plan: dict[str, Any]) -> None:
    schedule = _by_name(plan, "aws_scheduler_schedule")["blue-janitor"]
    assert schedule["schedule_expression"] == "rate(1 minute)"
    assert BUDGET < PERIOD == 60
    assert _functions(plan)["janitor"]["timeout"] >= BUDGET + RESERVE + LONG.longest


@pytest.mark.parametrize("function", KEPT_WARM)
def test_an_environment_of_each_function_before_a_launch_is_kept_by_empty_batches(
    plan: dict[str, Any], function: str
) -> None:
    warm = _by_name(plan, "aws_scheduler_schedule")[f"blue-{function}-warm"]
    assert warm["schedule_expression"] == f"rate({WARM_SECONDS / 60:g} minutes)"
    assert json.loads(warm["target"][0]["input"]) == EMPTY_BATCH


def test_no_concurrency_is_reserved_for_new_accounts_refuse_it(plan: dict[str, Any]) -> None:
    reserved = {one["reserved_concurrent_executions"] for one in _functions(plan).values()}
    assert reserved == {-1}


@pytest.mark.parametrize(("consumer", "concurrency"), [("scheduler", 24), ("reconciler", 50)])
def test_a_batch_fits_the_time_of_its_function(
    plan: dict[str, Any], consumer: str, concurrency: int
) -> None:
    slowest = 20  # Seconds of a launch or a stop, with every call retried.
    (mapping,) = (
        one["change"]["after"]
        for one in plan["resource_changes"]
        if one["type"] == "aws_lambda_event_source_mapping" and one.get("index") == consumer
    )
    assert mapping["batch_size"] == 1
    assert mapping["batch_size"] * slowest <= _functions(plan)[consumer]["timeout"]
    assert mapping["scaling_config"] == [{"maximum_concurrency": concurrency}]
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]


def test_a_job_that_waits_for_a_day_is_not_taken_for_a_dead_letter(plan: dict[str, Any]) -> None:
    waits, day = 15 * 60, 24 * 3600  # The longest wait of a consumer; GitHub's limit of a job.
    assert MAX_RECEIVES * waits > day
    for consumer in CONSUMERS:
        queue = _by_name(plan, "aws_sqs_queue")[f"blue-{consumer}.fifo"]
        assert queue["message_retention_seconds"] > MAX_RECEIVES * waits
        assert queue["visibility_timeout_seconds"] < waits * MAX_RECEIVES


def test_a_record_that_can_not_be_forwarded_is_retried_alone_and_leaves_a_trace(
    plan: dict[str, Any],
) -> None:
    mapping = _outbox(plan)
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert mapping["bisect_batch_on_function_error"] is True
    assert mapping["maximum_record_age_in_seconds"] == MAX_RECORD_AGE_SECONDS
    assert len(mapping["destination_config"][0]["on_failure"]) == 1
    assert not _by_name(plan, "aws_sqs_queue")["blue-undelivered"]["fifo_queue"], (
        "AWS takes no FIFO"
    )


def test_the_tables_keep_what_was_and_refuse_to_be_deleted(plan: dict[str, Any]) -> None:
    tables = _by_name(plan, "aws_dynamodb_table")
    assert {one["deletion_protection_enabled"] for one in tables.values()} == {True}
    assert [one["enabled"] for one in tables["blue-events"]["point_in_time_recovery"]] == [True]


def test_environment_files_expire_and_the_source_of_the_builds_does_not(
    plan: dict[str, Any],
) -> None:
    """No function deletes them: see ADR 26."""
    (lifecycle,) = planned(plan, "aws_s3_bucket_lifecycle_configuration")
    (rule,) = (one for one in lifecycle["rule"] if one["expiration"])
    assert (rule["status"], rule["expiration"][0]["days"]) == ("Enabled", 1)
    (prefix,) = (one["prefix"] for one in rule["filter"])
    assert f"{runner_id('blue', 7, 1)}.env".startswith(prefix)
    (source,) = planned(plan, "aws_s3_object")
    assert not source["key"].startswith(prefix)


def test_an_event_that_was_changed_has_an_alarm(plan: dict[str, Any]) -> None:
    alarm = _by_name(plan, "aws_cloudwatch_metric_alarm", "alarm_name")["blue-event-changed"]
    assert (alarm["metric_name"], alarm["threshold"]) == ("EventChanged", 0)
    assert alarm["dimensions"] == {"fleet": "blue"}


def test_nudges_that_are_late_or_skipped_have_an_alarm(plan: dict[str, Any]) -> None:
    alarms = _by_name(plan, "aws_cloudwatch_metric_alarm", "alarm_name")
    late, skipped = alarms["blue-outbox-late"], alarms["blue-nudge-skipped"]
    assert (late["namespace"], late["metric_name"]) == ("AWS/Lambda", "IteratorAge")
    assert (late["statistic"], late["threshold"]) == ("Maximum", 60_000)
    assert (skipped["metric_name"], skipped["threshold"]) == ("NudgeSkipped", 0)
    assert skipped["dimensions"] == {"fleet": "blue"}
    assert alarms["blue-outbox-errors"]["dimensions"] == {"FunctionName": "blue-outbox"}


def test_nothing_but_lambda_reads_the_stream_for_other_readers_are_charged(
    plan: dict[str, Any],
) -> None:
    assert list(planned(plan, "aws_pipes_pipe")) == []


def test_a_burst_of_webhooks_is_let_in_and_refusals_have_alarms(plan: dict[str, Any]) -> None:
    (stage,) = planned(plan, "aws_apigatewayv2_stage")
    (limits,) = stage["default_route_settings"]
    assert (limits["throttling_rate_limit"], limits["throttling_burst_limit"]) == (1000, 5000)
    alarms = _by_name(plan, "aws_cloudwatch_metric_alarm", "alarm_name")
    for metric, threshold in (("4xx", 100), ("5xx", 0)):
        alarm = alarms[f"blue-webhook-{metric}"]
        assert (alarm["namespace"], alarm["metric_name"]) == ("AWS/ApiGateway", metric)
        assert (alarm["statistic"], alarm["threshold"]) == ("Sum", threshold)


def test_what_a_function_leaves_out_because_it_can_not_be_read_has_an_alarm(
    plan: dict[str, Any],
) -> None:
    alarms = _by_name(plan, "aws_cloudwatch_metric_alarm", "alarm_name")
    alarm = alarms["blue-unreadable"]
    assert (alarm["namespace"], alarm["metric_name"]) == (NAMESPACE, "Unreadable")
    assert alarm["dimensions"] == {"fleet": "blue"}
    assert (alarm["statistic"], alarm["threshold"]) == ("Sum", 0)


def test_old_revisions_of_the_task_definition_stay(plan: dict[str, Any]) -> None:
    (definition,) = planned(plan, "aws_ecs_task_definition")
    assert definition["skip_destroy"] is True


def test_every_part_takes_provider_5_100_and_6() -> None:
    files = [*MODULE.glob("versions.tf"), *MODULE.glob("*/*/versions.tf")]
    assert len(files) > 10
    assert [one for one in files if 'version = ">= 5.100, < 7.0"' not in one.read_text()] == []


def test_the_task_definition_has_the_container_that_launches_override(
    plan: dict[str, Any],
) -> None:
    (definition,) = planned(plan, "aws_ecs_task_definition")
    later = dict(known_later(plan, "aws_ecs_task_definition"))["runner"]
    assert definition["family"] == "blue-runner"
    assert (
        later["container_definitions"] is True or CONTAINER in definition["container_definitions"]
    )
    assert definition["requires_compatibilities"] == ["FARGATE"]


def test_what_jobs_run_as_can_do_nothing(plan: dict[str, Any]) -> None:
    attached = [
        change["address"]
        for change in plan["resource_changes"]
        if change["type"] in ("aws_iam_role_policy", "aws_iam_role_policy_attachment")
        and "task" in change["address"].rsplit(".", 1)[1]
    ]
    assert attached == []
    roles = plan["configuration"]["root_module"]["module_calls"]["fleet"]["module"]
    policies = [
        one
        for one in roles["module_calls"]["fleet"]["module"]["resources"]
        if one["type"] == "aws_iam_role_policy"
    ]
    given = [one["expressions"]["role"]["references"] for one in policies]
    assert not [one for one in given if "aws_iam_role.task" in one]


def test_the_class_sizes_are_such_as_the_functions_read(plan: dict[str, Any]) -> None:
    parameters = _by_name(plan, "aws_ssm_parameter")
    sizes = parse(parameters[DESCRIPTION.parameter("class-sizes")]["value"])
    assert sizes["small"].capacity == ("FARGATE_SPOT", "FARGATE")
    assert sizes["large"].capacity == ("FARGATE",)


def test_the_runner_is_the_one_that_the_recipe_knows(plan: dict[str, Any]) -> None:
    pinned = (PROJECT / "runner" / "versions.env").read_text()
    version = plan["configuration"]["root_module"]["module_calls"]["fleet"]["module"]["variables"]
    assert f"RUNNER_VERSION={version['runner_version']['default']}\n" in pinned
    assert f"RUNNER_DOWNLOAD_URL={version['runner_download_url']['default']}\n" in pinned
