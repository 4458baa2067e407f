"""The check of the sizes of the runner images."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, warning
from cli.image_sizes import image_sizes, megabytes

LARGE = 500_000_000
"""Compressed size in bytes from which an image is reported: a task pulls it for about 50 s.

AWS calls an image large from 250 MB on, which a base image with a few tools exceeds. Source: Amazon
ECS Developer Guide, "Linux container image pull behavior on Fargate".
"""


def sizes(context: Context) -> Iterator[Finding]:
    """Yield the images that are so large that jobs wait for their pull.

    A missing repository or image is reported by the check `repository`.
    """
    mine = context.settings
    try:
        found = image_sizes(context.client("ecr"), mine.image_repository or mine.runner_image)
    except ClientError as error:
        if not is_missing(error):
            raise
        return
    for one in found:
        if one.size_bytes >= LARGE:
            yield warning(
                f"image {one.image}",
                f"it has {megabytes(one.size_bytes)}, compressed: each task pulls it for about "
                f"{one.pull_seconds:.0f} s before its job begins",
                "Choose a smaller base image, and install large tools only where a job needs them.",
            )
