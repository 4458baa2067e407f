"""What an AWS holds of all the kinds that a fleet is made of, so that nothing is left unseen."""

from collections.abc import Callable
from typing import Any


def inventory(client: Callable[[str], Any]) -> dict[str, list[str]]:
    """Names of all that a fleet may leave behind."""
    logs = client("logs").describe_log_groups()["logGroups"]
    vpcs = client("ec2").describe_vpcs()["Vpcs"]
    clusters = client("ecs").describe_clusters(
        clusters=client("ecs").list_clusters()["clusterArns"]
    )
    return {
        "tables": client("dynamodb").list_tables()["TableNames"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "buckets": [one["Name"] for one in client("s3").list_buckets()["Buckets"]],
        "functions": [
            one["FunctionName"] for one in client("lambda").list_functions()["Functions"]
        ],
        "roles": [one["RoleName"] for one in client("iam").list_roles()["Roles"]],
        # A deleted cluster is told for some time as INACTIVE.
        "clusters": [
            one["clusterName"] for one in clusters["clusters"] if one["status"] == "ACTIVE"
        ],
        "definitions": client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
        "repositories": [
            one["repositoryName"] for one in client("ecr").describe_repositories()["repositories"]
        ],
        "projects": client("codebuild").list_projects()["projects"],
        "parameters": [one["Name"] for one in client("ssm").describe_parameters()["Parameters"]],
        "mappings": [
            one["UUID"]
            for one in client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "rules": [one["Name"] for one in client("events").list_rules()["Rules"]],
        "buses": [one["Name"] for one in client("events").list_event_buses()["EventBuses"]],
        "schedules": [one["Name"] for one in client("scheduler").list_schedules()["Schedules"]],
        "apis": [one["ApiId"] for one in client("apigatewayv2").get_apis()["Items"]],
        "alarms": [
            one["AlarmName"] for one in client("cloudwatch").describe_alarms()["MetricAlarms"]
        ],
        "logs": [one["logGroupName"] for one in logs],
        "networks": [one["VpcId"] for one in vpcs],
    }
