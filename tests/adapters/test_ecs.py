"""What ECS is asked, and what its answers mean. The answers are those of its API reference."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from shared.adapters.ecs import EcsTasks
from shared.ports import NoCapacity, Refused, TaskSpec, Unavailable

ARN = "arn:aws:ecs:us-east-1:123456789012:task/fleet/1"
SPEC = TaskSpec(
    runner_id="fleet-7-1",
    task_definition="runner:1",
    cpu=512,
    memory=1024,
    capacity="FARGATE_SPOT",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
    assign_public_ip=False,
    config_reference="arn:aws:s3:::configs/fleet-7-1.env",
)


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "ecs", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
    client.close()


def _tasks(stub: Stubber) -> EcsTasks:
    return EcsTasks(stub.client, "fleet")


def test_a_task_is_asked_for_with_one_name_everywhere_and_no_secret(stub: Stubber) -> None:
    asked = {
        "cluster": "fleet",
        "taskDefinition": "runner:1",
        "count": 1,
        "clientToken": "fleet-7-1",
        "startedBy": "fleet-7-1",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-1"],
                "securityGroups": ["sg-1"],
                "assignPublicIp": "DISABLED",
            }
        },
        "overrides": {
            "cpu": "512",
            "memory": "1024",
            "containerOverrides": [
                {
                    "name": "runner",
                    "environmentFiles": [
                        {"value": "arn:aws:s3:::configs/fleet-7-1.env", "type": "s3"}
                    ],
                }
            ],
        },
    }
    stub.add_response("run_task", {"tasks": [{"taskArn": ARN}], "failures": []}, asked)
    assert _tasks(stub).run(SPEC) == ARN


def test_the_task_of_an_earlier_call_is_adopted(stub: Stubber) -> None:
    stub.add_client_error("run_task", "ConflictException", modeled_fields={"resourceIds": [ARN]})
    assert _tasks(stub).run(SPEC) == ARN


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"reason": "Capacity is unavailable at this time. Please try again later"}, NoCapacity),
        ({"reason": "RESOURCE:CPU"}, NoCapacity),
        ({"reason": "You have reached the limit on vCPUs. Try again later"}, Unavailable),
        ({}, Unavailable),
        ({"reason": "MISSING", "arn": "arn:aws:ecs:::x"}, Refused),
    ],
)
def test_failures_in_a_successful_answer_are_failures(
    stub: Stubber, failure: dict[str, str], error: type[Exception]
) -> None:
    stub.add_response("run_task", {"tasks": [], "failures": [failure]}, _any())
    with pytest.raises(error, match="RunTask") as caught:
        _tasks(stub).run(SPEC)
    assert caught.type is error, "only another place helps against a lack of capacity"


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("ThrottlingException", "Rate exceeded", Unavailable),
        ("ServerException", "oops", Unavailable),
        ("ClientException", "You've reached the limit on the number of vCPUs", Unavailable),
        ("ClientException", "Capacity is unavailable at this time.", NoCapacity),
        (
            "InvalidParameterException",
            "The specified subnet does not have enough free addresses",
            NoCapacity,
        ),
        ("InvalidParameterException", "No such subnet", Refused),
        ("AccessDeniedException", "not authorized", Refused),
        ("ConflictException", "and no task is named", Refused),
    ],
)
def test_what_passes_is_told_from_what_never_will(
    stub: Stubber, code: str, message: str, error: type[Exception]
) -> None:
    stub.add_client_error("run_task", code, message)
    with pytest.raises(error, match=code) as caught:
        _tasks(stub).run(SPEC)
    assert caught.type is error, "only another place helps against a lack of capacity"


def test_stopping_a_task_that_is_gone_is_no_error(stub: Stubber) -> None:
    stub.add_client_error(
        "stop_task", "InvalidParameterException", "The referenced task was not found."
    )
    _tasks(stub).stop(ARN, "no waiting job needs it")


def test_a_stop_that_is_throttled_can_be_tried_again(stub: Stubber) -> None:
    stub.add_client_error("stop_task", "ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable):
        _tasks(stub).stop(ARN, "why")


def test_a_task_is_described_with_its_exit_code(stub: Stubber) -> None:
    task = {
        "taskArn": ARN,
        "lastStatus": "STOPPED",
        "version": 5,
        "stopCode": "SpotInterruption",
        "stoppedReason": "Your Spot Task was interrupted.",
        "containers": [{"name": "runner", "exitCode": 143}],
    }
    stub.add_response("describe_tasks", {"tasks": [task], "failures": []}, _described())
    view = _tasks(stub).describe(ARN)
    assert view is not None
    assert (view.last_status, view.version, view.exit_code) == ("STOPPED", 5, 143)
    assert view.stop_code == "SpotInterruption"


def test_a_task_that_ecs_has_forgotten_is_none(stub: Stubber) -> None:
    missing = {"arn": ARN, "reason": "MISSING"}
    stub.add_response("describe_tasks", {"tasks": [], "failures": [missing]}, _described())
    assert _tasks(stub).describe(ARN) is None


def test_tasks_are_listed_page_by_page_and_described_a_hundred_at_a_time(stub: Stubber) -> None:
    arns = [f"{ARN}{number:03}" for number in range(150)]
    listing = {"cluster": "fleet", "desiredStatus": "RUNNING", "maxResults": 100}
    stub.add_response("list_tasks", {"taskArns": arns[:100], "nextToken": "more"}, listing)
    stub.add_response("list_tasks", {"taskArns": arns[100:]}, listing | {"nextToken": "more"})
    for part in (arns[:100], arns[100:]):
        tasks = [{"taskArn": arn, "lastStatus": "RUNNING"} for arn in part]
        asked = {"cluster": "fleet", "tasks": part}
        stub.add_response("describe_tasks", {"tasks": tasks, "failures": []}, asked)
    assert [view.task_arn for view in _tasks(stub).live(1000)] == arns


@pytest.mark.parametrize("call", ["list_tasks", "describe_tasks"])
def test_a_listing_that_is_throttled_can_be_tried_again(stub: Stubber, call: str) -> None:
    if call == "describe_tasks":
        stub.add_response("list_tasks", {"taskArns": [ARN]})
    stub.add_client_error(call, "ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="Rate exceeded"):
        _tasks(stub).live(10)


def _described() -> dict[str, Any]:
    return {"cluster": "fleet", "tasks": [ARN]}


def _any() -> dict[str, Any]:
    names = (
        "cluster",
        "taskDefinition",
        "count",
        "clientToken",
        "startedBy",
        "capacityProviderStrategy",
        "networkConfiguration",
        "overrides",
    )
    return dict.fromkeys(names, ANY)
