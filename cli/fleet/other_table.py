"""Another table for the rows of the runners, beside the live one: `replay rebuild --into`."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.errors import NotConfigured
from cli.fleet.context import RUNNER_TABLE, Fleet
from cli.replay.key_schema import differences
from shared.adapters.runners_table import DynamoRunnersTable

if TYPE_CHECKING:
    from shared.ports import RunnersTable

_READY = ("ACTIVE", "UPDATING")


def other_table(fleet: Fleet, name: str) -> "RunnersTable":
    """Return the table of that name, which must have the keys and indexes of the live one.

    Raises:
        NotConfigured: it is the live table, does not exist or is not ready, or its keys differ.
        ClientError: DynamoDB refused to describe a table.
    """
    live = fleet.variable(RUNNER_TABLE)
    client = fleet.client("dynamodb")
    wanted, found = _described(client, live), _described(client, name)
    if found["TableArn"] == wanted["TableArn"]:
        raise NotConfigured(f"{name} is the fleet's live runners table; name another one.")
    if found["TableStatus"] not in _READY:
        raise NotConfigured(f"The table {name} is {found['TableStatus']}; wait until it is ACTIVE.")
    if different := differences(wanted, found):
        raise NotConfigured(
            f"The table {name} has not the keys of {live}: {'; '.join(different)}. Nothing was "
            f"read or written; create a table with the keys and indexes of {live}."
        )
    return DynamoRunnersTable(client, name)


def _described(client: Any, name: str) -> dict[str, Any]:
    try:
        return dict(client.describe_table(TableName=name)["Table"])
    except ClientError as error:
        if error.response["Error"].get("Code") != "ResourceNotFoundException":
            raise
        raise NotConfigured(f"The table {name} does not exist.") from error
