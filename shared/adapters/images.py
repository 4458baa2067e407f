"""Runner images: ECR stores them, CodeBuild builds them, ECS registers their task definitions.

The project's buildspec defines the build. It receives the tag and the base image only as
environment variables, because the base image is untrusted input.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.aws_errors import (
    CODEBUILD,
    ECR,
    ECS_DEFINITIONS,
    code_of,
    translate,
    translated,
)
from shared.adapters.task_definitions import register_with_image
from shared.ports import Build, Refused

if TYPE_CHECKING:
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient

TAG_VARIABLE = "IMAGE_TAG"
BASE_VARIABLE = "BASE_IMAGE"

_URI = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.[^/]+/(?P<name>[a-z0-9][a-z0-9._/-]*)")
_QUOTA_REACHED = "AccountLimitExceededException"
"""StartBuild's error at the quota of concurrent builds, which may be 0 in a new account. Source:
AWS CodeBuild API Reference, StartBuild; AWS CodeBuild User Guide, "Quotas"."""
_QUOTA_REMEDY = (
    "the account's quota of concurrent builds is reached, or max_image_builds_at_once; ask AWS for "
    "more, or push an image of your own and set image_builds = false"
)
_NO_LOG = "group=null"
_NO_REASON = ("SUCCEEDED", "IN_PROGRESS")


class EcrCodeBuildImages:
    """`Images` in one ECR repository, built by one CodeBuild project.

    Args:
        repository_uri: The repository's URI, `<account>.dkr.ecr.<region>.amazonaws.com/<name>`.
        project: The name of the CodeBuild project.

    Raises:
        ValueError: `repository_uri` is not the URI of a repository.
    """

    def __init__(
        self,
        *,
        ecr: "ECRClient",
        codebuild: "CodeBuildClient",
        ecs: "ECSClient",
        repository_uri: str,
        project: str,
    ) -> None:
        parts = _URI.fullmatch(repository_uri)
        if parts is None:
            raise ValueError(
                f"{repository_uri!r} is not a repository's URI; "
                "allowed: <account>.dkr.ecr.<region>.amazonaws.com/<name>"
            )
        self._ecr = ecr
        self._codebuild = codebuild
        self._ecs = ecs
        self._uri = repository_uri
        self._account, self._repository = parts["account"], parts["name"]
        self._project = project

    def find(self, tag: str) -> str | None:
        """See `Images.find`."""
        try:
            answer = self._ecr.describe_images(
                registryId=self._account,
                repositoryName=self._repository,
                imageIds=[{"imageTag": tag}],
            )
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == "ImageNotFoundException":
                return None
            raise translate(ECR, error) from error
        return f"{self._uri}@{answer['imageDetails'][0]['imageDigest']}"

    def build(self, tag: str, base: str, token: str) -> Build:
        """See `Images.build`. CodeBuild's idempotency token expires after five minutes.

        A later retry starts a second build, whose push fails because the tag is immutable. The
        token includes the project, because other fleets in the account build the same tags.
        """
        try:
            answer = self._codebuild.start_build(
                projectName=self._project,
                idempotencyToken=f"{self._project}-{token}",
                environmentVariablesOverride=[
                    {"name": TAG_VARIABLE, "value": tag, "type": "PLAINTEXT"},
                    {"name": BASE_VARIABLE, "value": base, "type": "PLAINTEXT"},
                ],
            )
        except (BotoCoreError, ClientError) as error:
            remedy = f" ({_QUOTA_REMEDY})" if code_of(error) == _QUOTA_REACHED else ""
            raise translate(CODEBUILD, error, after=remedy) from error
        return _build(answer["build"])

    def check(self, build_id: str) -> Build | None:
        """See `Images.check`."""
        with translated(CODEBUILD):
            answer = self._codebuild.batch_get_builds(ids=[build_id])
        return _build(answer["builds"][0]) if answer["builds"] else None

    def stop(self, build_id: str) -> None:
        """See `Images.stop`."""
        try:
            self._codebuild.stop_build(id=build_id)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == "ResourceNotFoundException":
                return
            raise translate(CODEBUILD, error) from error

    def last_used(self) -> Mapping[str, datetime]:
        """See `Images.last_used`."""
        pages = self._ecr.get_paginator("describe_images").paginate(
            registryId=self._account,
            repositoryName=self._repository,
            filter={"tagStatus": "TAGGED"},
        )
        with translated(ECR):
            return {
                tag: _last_used(image)
                for page in pages
                for image in page["imageDetails"]
                for tag in image["imageTags"]
            }

    def delete(self, tag: str) -> None:
        """See `Images.delete`."""
        with translated(ECR):
            answer = self._ecr.batch_delete_image(
                registryId=self._account,
                repositoryName=self._repository,
                imageIds=[{"imageTag": tag}],
            )
        for failure in answer.get("failures", []):
            if failure["failureCode"] != "ImageNotFound":
                reason = f"{failure['failureCode']}: {failure.get('failureReason', '')}"
                raise Refused(f"ECR: the image {tag} was not deleted ({reason})")

    def register(self, base_definition: str, image: str, tag: str) -> str:
        """See `Images.register`."""
        with translated(ECS_DEFINITIONS):
            return register_with_image(self._ecs, base_definition, image, tag)


def _last_used(image: Any) -> datetime:
    """Return the later of the last push and the last pull.

    ECR updates the time of the last pull at least every 24 hours. Source: Amazon ECR API Reference,
    ImageDetail.
    """
    pushed: datetime = image["imagePushedAt"]
    pulled: datetime = image.get("lastRecordedPullTime", pushed)
    return max(pushed, pulled)


def _build(build: Any) -> Build:
    status = build["buildStatus"]
    return Build(
        build_id=build["id"],
        status=status,
        log_url=_link(build.get("logs", {}).get("deepLink", "")),
        reason="" if status in _NO_REASON else _reason(build.get("phases", [])),
    )


def _link(link: str) -> str:
    """Return the link to the log, or "" while there is no log and the link has `group=null`."""
    return "" if _NO_LOG in link else link


def _reason(phases: list[Any]) -> str:
    """Return the messages of the phases that did not succeed."""
    messages = [
        f"{phase['phaseType']}: {context.get('message', '')}"
        for phase in phases
        for context in phase.get("contexts", [])
        if phase.get("phaseStatus") != "SUCCEEDED" and context.get("message")
    ]
    return "; ".join(messages)
