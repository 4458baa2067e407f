"""The compressed sizes of a fleet's runner images, and an estimate of how long a task pulls them.

A task on Fargate pulls its whole image, because nothing is cached. Source: Amazon ECS Developer
Guide, "Linux container image pull behavior on Fargate".
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.[^/]+/(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)
"""An image, or a repository, in ECR."""

PULL_BYTES_PER_SECOND = 10_000_000
"""Assumed rate at which a task downloads and unpacks an image, in compressed bytes.

AWS documents none. A published measurement of ten tasks has 53 to 62 s from their creation to their
start with an image of 413 MB; about 15 s of that are assumed to be needed without an image, too.
Source: elasticscale.com, "Reduce AWS Fargate pull times with SOCI" (April 2024). The rate depends
on the task's vCPUs, so an estimate can be wrong by a factor of two. `runner/build.sh` has the same.
"""

_MOST = 1000
"""Source: Amazon ECR API Reference, DescribeImages, maxResults."""


class ImageSize(Struct, frozen=True, kw_only=True):
    """An image in ECR.

    Attributes:
        image: Its tag, or its digest if it has none.
        size_bytes: Its size in bytes as it is stored, which is compressed.
        pull_seconds: Estimate of the seconds that a task takes to pull it.
        used_at: Time of the last pull, or of the push. ECR updates it at most once a day.
    """

    image: str
    size_bytes: int
    pull_seconds: float
    used_at: datetime


def image_sizes(ecr: Any, uri: str) -> tuple[ImageSize, ...]:
    """Return the images of a repository, the last used first, or the one image that `uri` names.

    The sizes of up to 1,000 images are read by one call. `uri` without ECR has none.

    Raises:
        ClientError, BotoCoreError: ECR refuses, can't be reached, or has no such image.
    """
    parts = IMAGE_URI.fullmatch(uri)
    if parts is None:
        return ()
    of = {"registryId": parts["account"], "repositoryName": parts["name"]}
    if parts["digest"]:
        answer = ecr.describe_images(**of, imageIds=[{"imageDigest": parts["digest"]}])
    elif parts["tag"]:
        answer = ecr.describe_images(**of, imageIds=[{"imageTag": parts["tag"]}])
    else:
        tagged = {"tagStatus": "TAGGED"}
        answer = ecr.describe_images(**of, filter=tagged, maxResults=_MOST)
    return sizes_of(answer["imageDetails"])


def sizes_of(details: Iterable[Mapping[str, Any]]) -> tuple[ImageSize, ...]:
    """Return the sizes in an answer of DescribeImages. Images without a size are left out.

    The size of an index, as of an image for two architectures, is that of its largest image.
    Source: Amazon ECR API Reference, ImageDetail, imageSizeInBytes and lastRecordedPullTime.
    """
    found = [
        ImageSize(
            image=(one.get("imageTags") or [one["imageDigest"]])[0],
            size_bytes=one["imageSizeInBytes"],
            pull_seconds=one["imageSizeInBytes"] / PULL_BYTES_PER_SECOND,
            used_at=one.get("lastRecordedPullTime") or one["imagePushedAt"],
        )
        for one in details
        if one.get("imageSizeInBytes")
    ]
    return tuple(sorted(found, key=lambda one: (one.used_at, one.image), reverse=True))


def megabytes(size_bytes: int) -> str:
    """Return a size in text, such as `412 MB`. A megabyte has 1,000,000 bytes, as in ECR."""
    return f"{size_bytes // 1_000_000} MB"
