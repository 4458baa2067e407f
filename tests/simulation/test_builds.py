"""What the simulated CodeBuild does beyond the contract that the other builders fulfil, too."""

from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulated.agenda import Agenda
from tests.simulated.aws.codebuild import TOKEN_SECONDS, CodeBuild
from tests.simulated.aws.ecr import ECR
from tests.simulated.names import ACCOUNT, FLEET
from tests.simulated.weather import Weather

PROJECT = FLEET.image_project


def _codebuild(weather: Weather) -> tuple[Agenda, ECR, CodeBuild]:
    agenda = Agenda(Random(0))
    ecr = ECR(agenda, ACCOUNT, FLEET.repository)
    return agenda, ecr, CodeBuild(agenda, weather, PROJECT, ecr, FLEET.repository)


def _start(codebuild: CodeBuild, token: str) -> str:
    variables = [{"name": "IMAGE_TAG", "value": "base-1"}, {"name": "BASE_IMAGE", "value": "base"}]
    asked: dict[str, Any] = {"projectName": PROJECT, "environmentVariablesOverride": variables}
    return str(codebuild.start_build(idempotencyToken=token, **asked)["build"]["id"])


def test_a_token_is_forgotten_after_five_minutes() -> None:
    agenda, _, codebuild = _codebuild(Weather())
    first = _start(codebuild, "one")
    agenda.run(TOKEN_SECONDS - 1)
    assert _start(codebuild, "one") == first
    agenda.run(TOKEN_SECONDS)
    assert _start(codebuild, "one") != first


def test_of_two_builds_of_a_tag_one_pushes_and_the_other_fails() -> None:
    agenda, ecr, codebuild = _codebuild(Weather())
    _start(codebuild, "one")
    _start(codebuild, "two")
    agenda.run(600)
    over = sorted(one["buildStatus"] for one in codebuild.builds.values())
    assert over == ["FAILED", "SUCCEEDED"]
    assert list(ecr.digests) == ["base-1"]


def test_a_build_that_hangs_is_ended_by_the_projects_own_timeout_at_last() -> None:
    agenda, _, codebuild = _codebuild(Weather(builds_hung=1))
    build_id = _start(codebuild, "one")
    agenda.run(1799)
    assert [one["id"] for one in codebuild.running()] == [build_id]
    agenda.run(1800)
    assert codebuild.builds[build_id]["buildStatus"] == "TIMED_OUT"


def test_a_project_that_is_not_there_builds_nothing() -> None:
    _, _, codebuild = _codebuild(Weather())
    with pytest.raises(ClientError, match="Project cannot be found: other"):
        codebuild.start_build(
            projectName="other", idempotencyToken="one", environmentVariablesOverride=[]
        )
