"""Patches that change no answer of moto, but take work out of every request."""

from functools import cache
from typing import Any

from moto.core import responses
from moto.core.serialize import ResponseSerializer

from local.aws.patches.replacement import around, replace

_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
"""The members of AttributeValue. Source: Amazon DynamoDB API Reference, AttributeValue."""


def inspect_each_class_once() -> None:
    """Plain moto inspects all members of a service's class in each request to it."""
    module: Any = responses
    replace(module, "method_names_from_class", cache(module.method_names_from_class))


def find_attribute_values_by_their_type() -> None:
    """Plain moto looks under several other names for the nine members that a value has not."""

    def get_value(original: Any, self: Any, value: Any, key: str, shape: Any) -> Any:
        if key in _TYPES and type(value) is dict and value.keys() <= _TYPES and _is_dynamodb(self):
            return value.get(key)
        return original(self, value, key, shape)

    around(ResponseSerializer, "get_value", get_value)


def _is_dynamodb(serializer: Any) -> bool:
    name: str = serializer.operation_model.service_model.service_name
    return name.startswith("dynamodb")
