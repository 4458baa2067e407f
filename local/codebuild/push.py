"""Pushes the image of a successful build to ECR: a manifest without real layers."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

NEEDED = ("IMAGE_TAG", "BASE_IMAGE")
"""Environment variables of a build. They are the only input of the pushed manifest."""


def push(ecr: "ECRClient", repository: str, environment: Mapping[str, str]) -> str | None:
    """Push the image that the environment describes; return None, or the reason of a failure."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        return f"{' and '.join(missing)}: not set"
    try:
        ecr.put_image(
            repositoryName=repository,
            imageTag=environment["IMAGE_TAG"],
            imageManifest=manifest(environment),
            imageManifestMediaType=_MANIFEST,
        )
    except (BotoCoreError, ClientError) as error:
        return f"Error while executing command: docker push. Reason: {error}"
    return None


def manifest(environment: Mapping[str, str]) -> str:
    """Return an image manifest whose digest depends on tag and base image."""
    config = json.dumps({name: environment[name] for name in NEEDED}, sort_keys=True).encode()
    parts = {"config": _blob(_CONFIG, config), "layers": [_blob(_LAYER, config + b" in a layer")]}
    return json.dumps({"schemaVersion": 2, "mediaType": _MANIFEST, **parts})


def _blob(kind: str, content: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"mediaType": kind, "size": len(content), "digest": digest}
