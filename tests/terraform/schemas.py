"""Compares a block of a file with a provider's schema, as `bindings.py` extracts it."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.terraform.blocks import Block


def differences(block: Block, known: Mapping[str, Any], where: str) -> Iterator[str]:
    """What a block has that the schema has not, and what the schema requires that it has not."""
    for name in sorted(block.arguments - known["arguments"].keys() - known["blocks"].keys()):
        yield f"{where}: no argument {name}"
    for name, kind in known["arguments"].items():
        if kind == "required" and name not in block.arguments:
            yield f"{where}: lacks {name}"
    for name, inner in block.blocks.items():
        if name in known["blocks"]:
            yield from differences(inner, known["blocks"][name], f"{where}.{name}")
        else:
            yield f"{where}: no block {name}"
