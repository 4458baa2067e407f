"""Notes in DynamoDB: items of the runners table beside the rows and the slot counter."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters import items
from shared.adapters.aws_errors import DYNAMODB, code_of, translate, translated
from shared.ports import Conflict, Note

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoNotes:
    """`Notes` in the runners table, of which each key begins with `note/`."""

    def __init__(self, client: "DynamoDBClient", runners: str) -> None:
        self._client = client
        self._runners = runners

    def read(self, name: str) -> Note:
        """See `Notes.read`."""
        key = {"runner_id": {"S": items.note_key(name)}}
        with translated(DYNAMODB):
            found = self._client.get_item(TableName=self._runners, Key=key, ConsistentRead=True)
        return items.note_of(found.get("Item"))

    def write(self, name: str, note: Note) -> None:
        """See `Notes.write`."""
        put = items.if_unchanged(
            self._runners, items.note_item(name, note), "note_version", note.version
        )
        try:
            self._client.put_item(**put)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise Conflict(f"the note {name} has changed since it was read") from error
            raise translate(DYNAMODB, error) from error
