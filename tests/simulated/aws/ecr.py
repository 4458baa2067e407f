"""Simulates ECR in memory: one repository with immutable tags, which records the last pull.

Source: Amazon ECR API Reference, DescribeImages, PutImage, BatchDeleteImage and ImageDetail; User
Guide, "Image tag mutability".
"""

import hashlib
from datetime import datetime
from typing import Any

from tests.simulated.agenda import Agenda
from tests.simulated.aws.errors import error
from tests.simulated.aws.judged import judged

PAGE = 100
"""Images per response. Source: DescribeImages, maxResults."""


@judged("ecr")
class ECR:
    """The client.

    Attributes:
        digests: Digests by tag. A tag keeps its digest until it is deleted.
        used: Time of the last pull, or of the push, by digest.
    """

    def __init__(self, agenda: Agenda, account: str, repository: str) -> None:
        self.digests: dict[str, str] = {}
        self.used: dict[str, datetime] = {}
        self._pushed: dict[str, datetime] = {}
        self._agenda = agenda
        self._account = account
        self._repository = repository

    def describe_images(
        self,
        *,
        registryId: str,
        repositoryName: str,
        imageIds: list[dict[str, str]] | None = None,
        filter: dict[str, str] | None = None,  # noqa: A002 - as the API names it
        nextToken: str = "0",
    ) -> dict[str, Any]:
        self._check(registryId, repositoryName, "DescribeImages")
        if imageIds is None:
            first = int(nextToken)
            found = sorted(self.digests)[first : first + PAGE]
            more = {"nextToken": str(first + PAGE)} if len(self.digests) > first + PAGE else {}
            return {"imageDetails": [self._detail(tag) for tag in found], **more}
        tags = [one["imageTag"] for one in imageIds]
        missing = [tag for tag in tags if tag not in self.digests]
        if missing:
            message = f"The image with imageId {missing[0]} does not exist within the repository"
            raise error("ImageNotFoundException", message, "DescribeImages")
        return {"imageDetails": [self._detail(tag) for tag in tags]}

    def put_image(
        self, *, repositoryName: str, imageTag: str, imageManifest: str
    ) -> dict[str, Any]:
        self._check(self._account, repositoryName, "PutImage")
        if imageTag in self.digests:
            message = (
                f"The image tag '{imageTag}' already exists in the '{repositoryName}' repository "
                "and cannot be overwritten because the tag is immutable."
            )
            raise error("ImageTagAlreadyExistsException", message, "PutImage")
        digest = f"sha256:{hashlib.sha256(imageManifest.encode()).hexdigest()}"
        self.digests[imageTag] = digest
        self.used[digest] = self._pushed[digest] = self._agenda.now()
        return {"image": {"imageId": {"imageDigest": digest, "imageTag": imageTag}}}

    def batch_delete_image(
        self, *, registryId: str, repositoryName: str, imageIds: list[dict[str, str]]
    ) -> dict[str, Any]:
        self._check(registryId, repositoryName, "BatchDeleteImage")
        deleted = [one for one in imageIds if self.digests.pop(one["imageTag"], None)]
        missing = [one for one in imageIds if one not in deleted]
        reason = "Requested image not found"
        return {
            "imageIds": deleted,
            "failures": [
                {"imageId": one, "failureCode": "ImageNotFound", "failureReason": reason}
                for one in missing
            ],
        }

    def pull(self, image: str) -> str | None:
        """Record a pull by a task; return the reason if it fails, otherwise None.

        Source of the text: Amazon ECS Developer Guide, "CannotPullContainer task errors".
        """
        name, _, digest = image.rpartition("@")
        if not name.endswith(f"/{self._repository}"):
            return None
        if digest not in self.digests.values():
            return f"CannotPullContainerError: pull image manifest: {image}: not found"
        self.used[digest] = self._agenda.now()
        return None

    def _detail(self, tag: str) -> dict[str, Any]:
        digest = self.digests[tag]
        pushed, used = self._pushed[digest], self.used[digest]
        pulled = {"lastRecordedPullTime": used} if used > pushed else {}
        detail = {"imageDigest": digest, "imageTags": [tag], "imagePushedAt": pushed}
        return detail | pulled

    def _check(self, account: str, repository: str, operation: str) -> None:
        if (account, repository) != (self._account, self._repository):
            message = f"The repository '{repository}' does not exist in the registry '{account}'"
            raise error("RepositoryNotFoundException", message, operation)
