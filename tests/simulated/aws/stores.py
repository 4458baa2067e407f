"""Simulates S3 and SSM in memory: objects that are written once, and parameters."""

from typing import Any

from botocore.exceptions import ClientError

from tests.simulated.aws.errors import error
from tests.simulated.aws.judged import judged


@judged("s3")
class S3:
    """The client, with one or more buckets."""

    def __init__(self, *buckets: str) -> None:
        self.buckets: dict[str, dict[str, tuple[bytes, dict[str, str]]]] = {
            name: {} for name in buckets
        }

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        Metadata: dict[str, str],
        IfNoneMatch: str | None = None,
    ) -> dict[str, Any]:
        objects = self._objects(Bucket, "PutObject")
        if IfNoneMatch and Key in objects:
            message = "At least one of the pre-conditions you specified did not hold"
            raise error("PreconditionFailed", message, "PutObject")
        objects[Key] = (Body, dict(Metadata))
        return {}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        objects = self._objects(Bucket, "HeadObject")
        if Key not in objects:
            raise error("404", "Not Found", "HeadObject")
        return {"Metadata": dict(objects[Key][1]), "ContentLength": len(objects[Key][0])}

    def _objects(self, bucket: str, operation: str) -> dict[str, tuple[bytes, dict[str, str]]]:
        if bucket not in self.buckets:
            raise error("NoSuchBucket", f"The bucket {bucket} does not exist", operation)
        return self.buckets[bucket]


@judged("ssm")
class SSM:
    """The client."""

    class exceptions:  # noqa: N801 - as boto3 names it
        """The exceptions that callers handle by class."""

        class InvalidKeyId(ClientError):
            """The key can't be used."""

        class InternalServerError(ClientError):
            """AWS has an internal error."""

    def __init__(self, parameters: dict[str, str]) -> None:
        self.parameters = parameters

    def get_parameters(self, *, Names: list[str], WithDecryption: bool = False) -> dict[str, Any]:
        known = [name for name in Names if name in self.parameters]
        return {
            "Parameters": [{"Name": name, "Value": self.parameters[name]} for name in known],
            "InvalidParameters": [name for name in Names if name not in self.parameters],
        }
