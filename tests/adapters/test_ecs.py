"""The requests to ECS and the results of its responses, which are those of its API reference."""

import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber
from msgspec.structs import replace

from shared.adapters.ecs import EcsTasks, tag_value
from shared.ports import NoCapacity, NotNow, Refused, TaskSpec, Throttled, TurnedAway, Unavailable

ARN = "arn:aws:ecs:us-east-1:123456789012:task/fleet/1"
SPEC = TaskSpec(
    runner_id="fleet-7-1",
    client_token="fleet-7-1.2",
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


def test_a_task_is_asked_for_under_its_attempts_token_by_the_runners_name_and_no_secret(
    stub: Stubber,
) -> None:
    asked = {
        "cluster": "fleet",
        "taskDefinition": "runner:1",
        "count": 1,
        "clientToken": "fleet-7-1.2",
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
        "tags": [],
    }
    stub.add_response("run_task", {"tasks": [{"taskArn": ARN}], "failures": []}, asked)
    assert _tasks(stub).run(SPEC) == ARN


def test_what_a_task_costs_is_attributed_by_tags_in_awss_alphabet_and_length(stub: Stubber) -> None:
    tags = {
        "repository": "octo/repo",
        "workflow": "Bauen & prüfen (*nightly*) <main>",
        "class": "",
        "job": "x" * 300,
    }
    asked = _any() | {
        "tags": [
            {"key": "ecs-runner-fleet:repository", "value": "octo/repo"},
            {"key": "ecs-runner-fleet:workflow", "value": "Bauen _ prüfen __nightly__ _main_"},
            {"key": "ecs-runner-fleet:job", "value": "x" * 256},
        ]
    }
    stub.add_response("run_task", {"tasks": [{"taskArn": ARN}], "failures": []}, asked)
    assert _tasks(stub).run(replace(SPEC, tags=tags)) == ARN


def test_a_tags_value_holds_the_characters_that_aws_takes_and_no_others() -> None:
    """The pattern is botocore's, of ECS's `TagValue`: letters, numbers, separators and these."""

    def expected(text: str) -> str:
        taken = unicodedata.category(text)[0] in "LNZ" or text in "_.:/=+-@"
        return text if taken else "_"

    for first in range(0, sys.maxunicode + 1, 256):
        texts = [chr(code) for code in range(first, first + 256)]
        assert list(tag_value("".join(texts))) == list(map(expected, texts)), f"from U+{first:04X}"


@pytest.mark.parametrize("name", ["aws:deploy", "AWS: deploy", "aWs:"])
def test_a_tags_value_does_not_begin_with_what_aws_keeps_for_itself(name: str) -> None:
    """Source: Amazon ECS API Reference, Tag: not "aws:" as a prefix of either keys or values."""
    assert not tag_value(name).lower().startswith("aws:")
    assert tag_value(name).lower().endswith(name[4:].lower())


def test_the_task_of_an_earlier_call_is_adopted(stub: Stubber) -> None:
    stub.add_client_error("run_task", "ConflictException", modeled_fields={"resourceIds": [ARN]})
    assert _tasks(stub).run(SPEC) == ARN


CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different zone."
VCPUS = "You've reached the limit on the number of vCPUs you can run concurrently"
INVALID, CLIENT = "InvalidParameterException", "ClientException"
EC2_RATE = "Error retrieving subnet information for [s-1]: Rate exceeded (ErrorCode: Throttling)"
"""Source: dagster issue 33439."""
EC2_LIMIT = (
    "Error retrieving security group information for [sg-1]: Request limit exceeded. "
    "(ErrorCode: RequestLimitExceeded)"
)
"""Source: dask-cloudprovider issue 56."""
ROLE = "ECS was unable to assume the role 'arn:aws:iam::1:role/execution' that was provided"
LINKED_ROLE = "Unable to assume the service linked role. Please verify that it exists."
SUBNET = "The subnet ID 'subnet-1' does not exist"
ADDRESSES = "The specified subnet does not have enough free addresses to satisfy the request."
NO_ADDRESSES = "InsufficientFreeAddressesInSubnet: not enough free IP addresses in subnet-1"

REFUSALS: list[tuple[str, str, type[Exception]]] = [
    (CLIENT, CAPACITY, NoCapacity),
    (INVALID, CAPACITY, NoCapacity),
    (INVALID, ADDRESSES, NoCapacity),
    (INVALID, NO_ADDRESSES, NoCapacity),
    ("ThrottlingException", "Rate exceeded", Throttled),
    ("RequestLimitExceeded", "Request limit exceeded.", Throttled),
    ("AccessDeniedException", "User is not authorized to perform: ecs:RunTask", TurnedAway),
    (INVALID, EC2_RATE, Throttled),
    (INVALID, EC2_LIMIT, Throttled),
    (CLIENT, VCPUS, NotNow),
    ("LimitExceededException", "The limit for the resource has been exceeded.", NotNow),
    (CLIENT, ROLE, NotNow),
    (INVALID, LINKED_ROLE, NotNow),
    (INVALID, SUBNET, NotNow),
    ("ClusterNotFoundException", "Cluster not found.", NotNow),
    ("ServerException", "Service Unavailable. Please try again later.", Unavailable),
    ("InternalFailure", "oops", Unavailable),
    (INVALID, "Container Overrides length must be at most 8192", Refused),
    (INVALID, "No Container Instances were given", Refused),
    ("ConflictException", "and no task is named", Refused),
]
"""Errors and failures of RunTask, and their port errors. Missing capacity and an exhausted quota
are never `Refused`, however long they last, because the job is not the cause."""


@pytest.mark.parametrize(("code", "message", "error"), REFUSALS)
def test_each_refusal_is_of_the_kind_that_says_what_to_do_next(
    stub: Stubber, code: str, message: str, error: type[Exception]
) -> None:
    stub.add_client_error("run_task", code, message)
    with pytest.raises(error, match=code) as caught:
        _tasks(stub).run(SPEC)
    assert caught.type is error


FAILURES = [
    ({"reason": CAPACITY}, NoCapacity),
    ({"reason": "RESOURCE:CPU", "arn": "arn:aws:ecs:::container-instance/1"}, NoCapacity),
    ({"reason": "RESOURCE:ENI"}, NoCapacity),
    ({"reason": "NO_CAPACITY", "detail": ADDRESSES}, NoCapacity),
    ({"reason": VCPUS}, NotNow),
    ({"reason": "AGENT"}, NotNow),
    ({"reason": EC2_RATE}, Throttled),
    ({"reason": ROLE}, NotNow),
    ({}, NotNow),
    ({"reason": "MISSING", "arn": "arn:aws:ecs:::x"}, Refused),
    ({"reason": "ATTRIBUTE", "detail": "ecs.capability.secrets"}, Refused),
]


@pytest.mark.parametrize(("failure", "error"), FAILURES)
def test_failures_in_a_successful_answer_are_of_the_same_kinds(
    stub: Stubber, failure: dict[str, str], error: type[Exception]
) -> None:
    stub.add_response("run_task", {"tasks": [], "failures": [failure]}, _any())
    with pytest.raises(error, match=r"^RunTask: ") as caught:
        _tasks(stub).run(SPEC)
    assert caught.type is error
    assert failure.get("reason", "no task and no reason") in str(caught.value)


def test_a_fault_of_the_server_leaves_open_whether_there_is_a_task(stub: Stubber) -> None:
    stub.add_client_error("run_task", "SomethingNew", "rate exceeded", http_status_code=503)
    with pytest.raises(Unavailable) as caught:
        _tasks(stub).run(SPEC)
    assert not isinstance(caught.value, NotNow)


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://ecs"),
        ConnectTimeoutError(endpoint_url="https://ecs"),
        EndpointConnectionError(endpoint_url="https://ecs"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_leaves_open_whether_there_is_a_task(stub: Stubber, error: Exception) -> None:
    def fails(**_: Any) -> Any:
        raise error

    stub.client.run_task = fails
    with pytest.raises(Unavailable) as caught:
        _tasks(stub).run(SPEC)
    assert not isinstance(caught.value, NotNow)


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


def test_tasks_are_listed_page_by_page(stub: Stubber) -> None:
    arns = [f"{ARN}{number:03}" for number in range(150)]
    listing = {"cluster": "fleet", "desiredStatus": "RUNNING", "maxResults": 100}
    stub.add_response("list_tasks", {"taskArns": arns[:100], "nextToken": "more"}, listing)
    stub.add_response("list_tasks", {"taskArns": arns[100:]}, listing | {"nextToken": "more"})
    assert _tasks(stub).live(1000) == arns


def test_tasks_are_described_a_hundred_at_a_time(stub: Stubber) -> None:
    arns = [f"{ARN}{number:03}" for number in range(150)]
    for part in (arns[:100], arns[100:]):
        tasks = [{"taskArn": arn, "lastStatus": "RUNNING"} for arn in part]
        asked = {"cluster": "fleet", "tasks": part}
        stub.add_response("describe_tasks", {"tasks": tasks, "failures": []}, asked)
    assert list(_tasks(stub).describe_many(arns)) == arns


def test_a_listing_that_is_throttled_can_be_tried_again(stub: Stubber) -> None:
    stub.add_client_error("list_tasks", "ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="Rate exceeded"):
        _tasks(stub).live(10)


def test_a_description_that_is_throttled_can_be_tried_again(stub: Stubber) -> None:
    stub.add_client_error("describe_tasks", "ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="Rate exceeded"):
        _tasks(stub).describe_many([ARN])


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
        "tags",
    )
    return dict.fromkeys(names, ANY)
