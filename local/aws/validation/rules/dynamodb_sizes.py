"""Computes the size of a DynamoDB item.

Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
"""

from local.aws.validation.rules.rule import Params

_ELEMENT = 1
_CONTAINER = 3


def item_size(item: Params) -> int:
    """Return the size of an item in bytes, including attribute names."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Params) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S" | "B":
            return len(held.encode() if isinstance(held, str) else held)
        case "N":
            return len(held) // 2 + 2
        case "L":
            return _CONTAINER + sum(_ELEMENT + _size(one) for one in held)
        case "M":
            return _CONTAINER + item_size(held) + _ELEMENT * len(held)
        case "SS" | "NS" | "BS":
            return sum(_size({kind[0]: one}) for one in held)
        case _:
            return 1


def most_size(item: Params) -> int:
    """Return an upper bound of the size in bytes, with four per character; fast to compute."""
    size = 0
    for name, value in item.items():
        text = value.get("S")
        size += 4 * (len(name) + (_size(value) if text is None else len(text)))
    return size
