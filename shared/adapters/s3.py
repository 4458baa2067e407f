"""The runners' environment files in S3. A just-in-time config is stored nowhere else.

ECS's agent reads the file with the execution role when the task starts; the task role can't.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.aws_errors import S3, code_of, translate
from shared.ports import JitConfig

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VARIABLE = "RUNNER_JIT_CONFIG"
"""The environment variable that `runner/entrypoint.sh` reads."""
_GITHUB_RUNNER_ID = "github-runner-id"
_EXISTS = ("PreconditionFailed", "ConditionalRequestConflict")
_MISSING = ("404", "NoSuchKey", "NotFound")


class S3ConfigStore:
    """`ConfigStore` in a bucket: one object `<runner id>.env` per runner."""

    def __init__(self, client: "S3Client", bucket: str, partition: str = "aws") -> None:
        self._client = client
        self._bucket = bucket
        self._partition = partition

    def put_if_absent(self, runner_id: str, config: JitConfig) -> bool:
        """See `ConfigStore.put_if_absent`."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(runner_id),
                Body=f"{VARIABLE}={config.encoded}\n".encode(),
                Metadata={_GITHUB_RUNNER_ID: str(config.github_runner_id)},
                IfNoneMatch="*",
            )
        except (BotoCoreError, ClientError) as error:
            if code_of(error) in _EXISTS:
                return False
            raise translate(S3, error) from error
        return True

    def github_runner_id(self, runner_id: str) -> int | None:
        """See `ConfigStore.github_runner_id`."""
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=_key(runner_id))
        except (BotoCoreError, ClientError) as error:
            if code_of(error) in _MISSING:
                return None
            raise translate(S3, error) from error
        return int(head["Metadata"][_GITHUB_RUNNER_ID])

    def reference(self, runner_id: str) -> str:
        """See `ConfigStore.reference`."""
        return f"arn:{self._partition}:s3:::{self._bucket}/{_key(runner_id)}"


def _key(runner_id: str) -> str:
    return f"{runner_id}.env"
