"""Checkpoints in DynamoDB: items of the runners table beside the rows and the slot counter."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from shared.adapters import items
from shared.adapters.aws_errors import DYNAMODB, code_of, translate, translated
from shared.ports import Checkpoint, Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoCheckpoints:
    """`Checkpoints` in the runners table, of which each key begins with `checkpoint/`."""

    def __init__(self, client: "DynamoDBClient", runners: str) -> None:
        self._client = client
        self._runners = runners

    def read(self, name: str) -> Checkpoint:
        """See `Checkpoints.read`."""
        key = {"runner_id": {"S": items.checkpoint_key(name)}}
        with translated(DYNAMODB):
            found = self._client.get_item(TableName=self._runners, Key=key, ConsistentRead=True)
        return items.checkpoint_of(found.get("Item"))

    def write(self, name: str, checkpoint: Checkpoint) -> None:
        """See `Checkpoints.write`."""
        put = items.if_unchanged(
            self._runners,
            items.checkpoint_item(name, checkpoint),
            "checkpoint_version",
            checkpoint.version,
        )
        try:
            self._client.put_item(**put)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise translate(DYNAMODB, error) from error
            written = replace(checkpoint, version=checkpoint.version + 1)
            if self.read(name) != written:  # else the client had lost the answer and tried again
                raise Conflict(f"the checkpoint {name} has changed since it was read") from error
