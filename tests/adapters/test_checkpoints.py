"""Errors of DynamoDB while a checkpoint is written."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.adapters.checkpoints import DynamoCheckpoints
from shared.ports import Checkpoint, Unavailable


class Throttled:
    """A client of DynamoDB that is throttled."""

    def put_item(self, **_: Any) -> None:
        details = {"Code": "ThrottlingException", "Message": "too many"}
        raise ClientError({"Error": details}, "PutItem")


def test_a_checkpoint_that_can_not_be_written_now_is_no_conflict() -> None:
    client: Any = Throttled()
    with pytest.raises(Unavailable, match="ThrottlingException"):
        DynamoCheckpoints(client, "runners").write("one", Checkpoint(text="text"))
