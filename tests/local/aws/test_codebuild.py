"""StartBuild and its siblings answer as CodeBuild does, whoever runs the builds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import build_host
from local.aws.build_host import BuildView
from local.aws.patches import codebuild
from tests.local.aws.patched import fixed_by

RACERS = 8


@pytest.fixture
def aws(client: Callable[..., Any]) -> Any:
    return client("codebuild")


@pytest.fixture
def project(aws: Any, name: str) -> str:
    variables = [{"name": "IMAGE_TAG", "value": "none"}, {"name": "REGION", "value": "here"}]
    aws.create_project(
        name=name,
        source={"type": "S3", "location": "sources/runner.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "image": "aws/codebuild/amazonlinux2-aarch64-standard:3.0",
            "computeType": "BUILD_GENERAL1_LARGE",
            "environmentVariables": variables,
        },
        serviceRole="arn:aws:iam::123456789012:role/builds",
        timeoutInMinutes=7,
    )
    return name


class Host:
    """Owns builds by keeping them as they are told."""

    def __init__(self) -> None:
        self.views: dict[str, BuildView] = {}

    def begin(self, build: BuildView) -> None:
        self.views[build["id"]] = build | {"currentPhase": "PROVISIONING"}

    def halt(self, build_id: str) -> None:
        self.views[build_id] |= {"buildStatus": "STOPPED", "initiator": "the host"}

    def view(self, build_id: str) -> BuildView | None:
        return self.views.get(build_id)


@pytest.fixture
def host() -> Iterator[Host]:
    one = Host()
    build_host.attach(one)
    yield one
    build_host.detach(one)


def _start(aws: Any, project: str, **more: Any) -> dict[str, Any]:
    return dict(aws.start_build(projectName=project, **more)["build"])


def _get(aws: Any, build_id: str) -> dict[str, Any]:
    (build,) = aws.batch_get_builds(ids=[build_id])["builds"]
    return dict(build)


def _tag(value: str) -> list[dict[str, str]]:
    return [{"name": "IMAGE_TAG", "value": value, "type": "PLAINTEXT"}]


@fixed_by(codebuild.build_as_the_project_says)
@pytest.mark.usefixtures("without")
def test_a_build_is_as_the_project_says_but_for_the_overrides(aws: Any, project: str) -> None:
    build = _start(aws, project, environmentVariablesOverride=_tag("base-1"))
    assert build["source"] == {"type": "S3", "location": "sources/runner.zip"}
    assert (build["environment"]["type"], build["timeoutInMinutes"]) == ("ARM_CONTAINER", 7)
    variables = build["environment"]["environmentVariables"]
    assert {one["name"]: one["value"] for one in variables} == {
        "IMAGE_TAG": "base-1",
        "REGION": "here",
    }
    assert {one["type"] for one in variables} == {"PLAINTEXT"}
    assert _get(aws, build["id"])["environment"] == build["environment"]


@fixed_by(codebuild.build_as_the_project_says)
@pytest.mark.usefixtures("without")
def test_an_override_holds_for_its_own_build_alone(aws: Any, project: str) -> None:
    _start(aws, project, environmentVariablesOverride=_tag("base-1"))
    variables = _start(aws, project)["environment"]["environmentVariables"]
    assert {one["name"]: one["value"] for one in variables}.get("IMAGE_TAG") == "none"


@fixed_by(codebuild.keep_builds_still_when_looked_at)
@pytest.mark.usefixtures("without")
def test_a_look_changes_nothing(aws: Any, project: str) -> None:
    build_id = _start(aws, project)["id"]
    assert _get(aws, build_id) == _get(aws, build_id)
    assert _get(aws, build_id)["buildStatus"] == "IN_PROGRESS"


@fixed_by(codebuild.name_builds_that_are_not_found)
@pytest.mark.usefixtures("without")
def test_a_build_that_is_not_found_is_named(aws: Any, project: str) -> None:
    build_id, missing = _start(aws, project)["id"], f"{project}:0"
    answer = aws.batch_get_builds(ids=[build_id, missing])
    assert [one["id"] for one in answer["builds"]] == [build_id]
    assert answer.get("buildsNotFound") == [missing]


@fixed_by(codebuild.leave_an_ended_build_as_it_ended)
@pytest.mark.usefixtures("without")
def test_a_build_that_is_stopped_again_stays_as_it_was(aws: Any, project: str) -> None:
    build_id = _start(aws, project)["id"]
    stopped = aws.stop_build(id=build_id)["build"]
    assert stopped["buildStatus"] == "STOPPED"
    assert aws.stop_build(id=build_id)["build"] == stopped


def test_a_build_that_is_not_there_can_not_be_stopped(aws: Any, project: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        aws.stop_build(id=f"{project}:0")


@fixed_by(codebuild.start_once_per_idempotency_token)
@pytest.mark.usefixtures("without")
def test_a_repeated_call_answers_with_the_same_build(aws: Any, project: str) -> None:
    ids = {_start(aws, project, idempotencyToken=f"{project}-1")["id"] for _ in range(3)}
    assert len(ids) == 1
    assert aws.list_builds_for_project(projectName=project)["ids"] == list(ids)


def test_calls_without_a_token_or_with_another_start_builds(aws: Any, project: str) -> None:
    tokens: list[dict[str, str]] = [{}, {}, {"idempotencyToken": f"{project}-1"}]
    tokens.append({"idempotencyToken": f"{project}-2"})
    assert len({_start(aws, project, **token)["id"] for token in tokens}) == 4


@fixed_by(codebuild.start_once_per_idempotency_token)
@pytest.mark.usefixtures("without")
def test_a_token_can_not_be_used_for_another_build(aws: Any, project: str) -> None:
    token = {"idempotencyToken": f"{project}-1"}
    _start(aws, project, environmentVariablesOverride=_tag("base-1"), **token)
    with pytest.raises(ClientError, match="InvalidInputException"):
        _start(aws, project, environmentVariablesOverride=_tag("base-2"), **token)


@fixed_by(codebuild.start_once_per_idempotency_token)
@pytest.mark.usefixtures("without")
def test_of_eight_calls_at_once_under_a_token_one_starts_a_build(aws: Any, project: str) -> None:
    together = Barrier(RACERS)

    def race(_: int) -> str:
        together.wait()
        return str(_start(aws, project, idempotencyToken=f"{project}-1")["id"])

    with ThreadPoolExecutor(RACERS) as pool:
        assert len(set(pool.map(race, range(RACERS)))) == 1


@fixed_by(codebuild.let_the_host_own_builds)
@pytest.mark.usefixtures("without")
def test_a_build_is_as_its_host_sees_it(aws: Any, project: str, host: Host) -> None:
    token = {"idempotencyToken": f"{project}-1"}
    build = _start(aws, project, **token)
    assert build["currentPhase"] == "PROVISIONING"
    host.views[build["id"]] |= {"currentPhase": "BUILD"}
    assert _get(aws, build["id"])["currentPhase"] == "BUILD"
    assert _start(aws, project, **token)["currentPhase"] == "BUILD"


@fixed_by(codebuild.let_the_host_own_builds)
@pytest.mark.usefixtures("without")
def test_stop_build_is_the_hosts_to_do(aws: Any, project: str, host: Host) -> None:
    build_id = _start(aws, project)["id"]
    assert aws.stop_build(id=build_id)["build"]["initiator"] == "the host"
    assert _get(aws, build_id)["buildStatus"] == "STOPPED"


@fixed_by(codebuild.delete_projects_by_arn_too)
@pytest.mark.usefixtures("without")
def test_a_project_is_deleted_by_its_arn(aws: Any, project: str) -> None:
    (found,) = aws.batch_get_projects(names=[project])["projects"]
    aws.delete_project(name=found["arn"])
    assert project not in aws.list_projects()["projects"]
