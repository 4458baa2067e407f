"""Errors of DynamoDB while a note is written."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.adapters.notes import DynamoNotes
from shared.ports import Note, Unavailable


class Throttled:
    """A client of DynamoDB that is throttled."""

    def put_item(self, **_: Any) -> None:
        details = {"Code": "ThrottlingException", "Message": "too many"}
        raise ClientError({"Error": details}, "PutItem")


def test_a_note_that_can_not_be_written_now_is_no_conflict() -> None:
    client: Any = Throttled()
    with pytest.raises(Unavailable, match="ThrottlingException"):
        DynamoNotes(client, "runners").write("one", Note(text="text"))
