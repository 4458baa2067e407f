"""Patches that spare moto work have no effect on what it answers."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.core import responses
from moto.core.responses import BaseResponse
from moto.core.serialize import AttributePicker

from local.aws import patches
from local.aws.patches import speed
from tests.local.aws.patched import fixed_by

ITEM: dict[str, Any] = {
    "id": {"S": "S"},
    "n": {"N": "1"},
    "b": {"B": b"bytes"},
    "S": {"SS": ["N", "S"]},
    "NS": {"NS": ["1", "2"]},
    "BS": {"BS": [b"bytes"]},
    "M": {"M": {"S": {"N": "2"}, "L": {"M": {}}}},
    "L": {"L": [{"NULL": True}, {"BOOL": False}, {"L": []}]},
}


def _read_back(client: Callable[..., Any], name: str) -> Any:
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    dynamodb.put_item(TableName=name, Item=ITEM)
    return dynamodb.get_item(TableName=name, Key={"id": {"S": "S"}})["Item"]


@pytest.mark.parametrize("plain", [True, False])
def test_a_value_of_each_type_is_read_as_it_was_written(
    client: Callable[..., Any], name: str, *, plain: bool
) -> None:
    patches.revert()
    left_out = speed.find_attribute_values_by_their_type if plain else None
    patches.apply([patch for patch in patches.PATCHES if patch is not left_out])
    try:
        assert _read_back(client, name) == ITEM
    finally:
        patches.revert()
        patches.apply()


@fixed_by(speed.inspect_each_class_once)
@pytest.mark.usefixtures("moto_server", "without")
def test_the_methods_of_a_class_are_found_once() -> None:
    module: Any = responses
    first = module.method_names_from_class(BaseResponse)
    assert "call_action" in first
    assert module.method_names_from_class(BaseResponse) is first


@fixed_by(speed.find_attribute_values_by_their_type)
@pytest.mark.usefixtures("without")
def test_members_that_a_value_does_not_have_are_not_looked_for(
    client: Callable[..., Any], name: str, monkeypatch: Any
) -> None:
    looked_for: list[str] = []
    pick = AttributePicker.__call__

    def picked(self: AttributePicker, context: Any) -> Any:
        looked_for.append(context.key)
        return pick(self, context)

    monkeypatch.setattr(AttributePicker, "__call__", picked)
    _read_back(client, name)
    assert "Item" in looked_for
    assert not {"S", "N", "BOOL"} & set(looked_for)
