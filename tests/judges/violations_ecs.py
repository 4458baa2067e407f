"""Violations of the rules of ECS: by rule, operations and their parameters. No test is here."""

from tests.judges.requests_support import (
    Params,
    definition,
    overrides,
    run,
)

_FILE = "arn:aws:s3:::configs/a.env"


def of_ecs() -> dict[str, list[tuple[str, Params]]]:
    """See the module."""
    file = overrides(_FILE)
    network = {"subnets": ["subnet-1"] * 17, "securityGroups": ["sg-1"]}
    provider = {"capacityProvider": "FARGATE"}
    return {
        "ecs client token": [
            ("RunTask", run(clientToken="x" * 65)),
            ("RunTask", run(clientToken="a b")),
            ("RunTask", run(clientToken="ä")),
        ],
        "ecs started by": [
            ("RunTask", run(startedBy="a:b")),
            ("RunTask", run(startedBy="x" * 129)),
        ],
        "ecs task count": [("RunTask", run(count=11)), ("RunTask", run(count=0))],
        "ecs size of overrides": [
            (
                "RunTask",
                run(
                    overrides={"containerOverrides": [{"name": "runner", "command": ["x" * 8_192]}]}
                ),
            )
        ],
        "ecs capacity": [
            ("RunTask", run(launchType="FARGATE")),
            ("RunTask", run(capacityProviderStrategy=[provider])),
            ("RunTask", run(capacityProviderStrategy=[{**provider, "weight": 1}] * 21)),
            ("RunTask", run(capacityProviderStrategy=[{**provider, "weight": 1, "base": 1}] * 2)),
        ],
        "ecs network": [("RunTask", run(networkConfiguration={"awsvpcConfiguration": network}))],
        "ecs described tasks": [
            ("DescribeTasks", {"cluster": "judged", "tasks": ["task"] * 101}),
            ("DescribeTasks", {"cluster": "judged", "tasks": []}),
        ],
        "ecs listed tasks": [
            ("ListTasks", {"cluster": "judged", "maxResults": 101}),
            ("ListTasks", {"cluster": "judged", "startedBy": "fleet-7-1", "family": "runner"}),
        ],
        "ecs stop reason": [
            ("StopTask", {"cluster": "judged", "task": "task", "reason": "x" * 256}),
        ],
        "ecs tags": [
            ("RunTask", run(tags=[{"key": "AWS:job", "value": "7"}])),
            ("RunTask", run(tags=[{"key": "job", "value": "aws:7"}])),
            ("RunTask", run(tags=[{"key": "job", "value": "7"}, {"key": "job", "value": "8"}])),
            ("RegisterTaskDefinition", definition(tags=[{"value": "7"}])),
        ],
        "ecs environment files": [
            ("RunTask", run(overrides=overrides("arn:aws:s3:::configs/a.txt"))),
            ("RunTask", run(overrides=overrides(*[_FILE] * 11))),
        ],
        "ecs names in a definition": [
            ("RegisterTaskDefinition", definition(family="a b")),
            (
                "RegisterTaskDefinition",
                definition(containerDefinitions=[{"name": "a.b", "image": "i"}]),
            ),
            (
                "RegisterTaskDefinition",
                definition(containerDefinitions=[{"name": "runner", "image": "x" * 256}]),
            ),
        ],
        "ecs Fargate size": [
            ("RunTask", run(overrides=file | {"cpu": "512", "memory": "512"})),
            ("RunTask", run(overrides=file | {"cpu": "300", "memory": "1024"})),
            ("RegisterTaskDefinition", definition(cpu="256", memory="4096")),
            ("RegisterTaskDefinition", {k: v for k, v in definition().items() if k != "cpu"}),
        ],
    }
