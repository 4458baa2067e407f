"""ECR in memory: one repository whose tags are immutable.

Source: Amazon ECR API Reference, DescribeImages and PutImage; User Guide, "Image tag mutability".
"""

import hashlib
from typing import Any

from tests.simulated.aws.errors import error
from tests.simulated.aws.judged import judged


@judged("ecr")
class ECR:
    """The client.

    Attributes:
        digests: By tag. What was pushed under one stays.
    """

    def __init__(self, account: str, repository: str) -> None:
        self.digests: dict[str, str] = {}
        self._account = account
        self._repository = repository

    def describe_images(
        self, *, registryId: str, repositoryName: str, imageIds: list[dict[str, str]]
    ) -> dict[str, Any]:
        self._check(registryId, repositoryName, "DescribeImages")
        tags = [one["imageTag"] for one in imageIds]
        missing = [tag for tag in tags if tag not in self.digests]
        if missing:
            message = f"The image with imageId {missing[0]} does not exist within the repository"
            raise error("ImageNotFoundException", message, "DescribeImages")
        return {
            "imageDetails": [{"imageDigest": self.digests[tag], "imageTags": [tag]} for tag in tags]
        }

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
        return {"image": {"imageId": {"imageDigest": digest, "imageTag": imageTag}}}

    def _check(self, account: str, repository: str, operation: str) -> None:
        if (account, repository) != (self._account, self._repository):
            message = f"The repository '{repository}' does not exist in the registry '{account}'"
            raise error("RepositoryNotFoundException", message, operation)
