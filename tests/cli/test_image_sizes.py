"""Sizes of images: what is read from ECR, and what an answer means."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.image_sizes import image_sizes, megabytes, sizes_of

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
OF = {"registryId": "123456789012", "repositoryName": "fleet/runner"}
DIGEST = f"sha256:{'0' * 64}"
PUSHED = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = {"imageDigest": DIGEST, "imageSizeInBytes": 250_000_000, "imagePushedAt": PUSHED}


class ECR:
    """Answers with one image, and records the request."""

    asked: dict[str, Any] | None = None

    def describe_images(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {"imageDetails": [IMAGE]}


@pytest.mark.parametrize(
    ("uri", "asked"),
    [
        (f"{HOST}/fleet/runner", {"filter": {"tagStatus": "TAGGED"}, "maxResults": 1000}),
        (f"{HOST}/fleet/runner:own", {"imageIds": [{"imageTag": "own"}]}),
        (f"{HOST}/fleet/runner@{DIGEST}", {"imageIds": [{"imageDigest": DIGEST}]}),
        (f"{HOST}/fleet/runner:own@{DIGEST}", {"imageIds": [{"imageDigest": DIGEST}]}),
    ],
)
def test_a_repository_is_read_as_a_whole_and_an_image_alone(
    uri: str, asked: dict[str, Any]
) -> None:
    ecr = ECR()
    (found,) = image_sizes(ecr, uri)
    assert ecr.asked == {**OF, **asked}
    assert (found.image, found.size_bytes, found.pull_seconds) == (DIGEST, 250_000_000, 25.0)


@pytest.mark.parametrize("uri", ["", "ubuntu:24.04", "ghcr.io/acme/runner:1"])
def test_an_image_outside_ecr_has_no_size_and_nothing_is_read(uri: str) -> None:
    ecr = ECR()
    assert image_sizes(ecr, uri) == ()
    assert ecr.asked is None


def test_an_image_without_a_size_is_left_out() -> None:
    assert sizes_of([{"imageDigest": DIGEST, "imagePushedAt": PUSHED}]) == ()


def test_a_megabyte_has_a_million_bytes() -> None:
    assert [megabytes(size) for size in (999_999, 412_345_678)] == ["0 MB", "412 MB"]
