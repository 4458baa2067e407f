"""The resources of the module's files, as far as names go: which blocks and arguments each has.

It reads what `terraform fmt` writes: a block or an argument begins a line of its own. The
further lines of a value are ignored. A dynamic block counts as the block that it makes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

META = {"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection"}
"""Terraform's own, in every resource. Source: Terraform Language, "Meta-arguments"."""

_RESOURCE = re.compile(r'^(resource|data) "(\w+)" "(\w+)" \{(\}?)$')
_BLOCK = re.compile(r'^(?:dynamic "(\w+)"|(\w+)(?: "[^"]*")?) \{(\}?)$')
_ARGUMENT = re.compile(r"^(\w+)\s+= (.*)$")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass
class Block:
    """The arguments and blocks in a block, by name; blocks of one name count as one."""

    arguments: set[str] = field(default_factory=set)
    blocks: dict[str, "Block"] = field(default_factory=dict)


def resources(path: Path) -> Iterator[tuple[str, str, Block]]:
    """Kind (`aws_…`, or `data.aws_…`), name, and what is in it, of each resource of a file."""
    lines = iter(line.strip() for line in path.read_text().splitlines())
    for line in lines:
        if found := _RESOURCE.match(line):
            mode, kind, name, closed = found.groups()
            block = Block()
            if not closed:
                _read(lines, block)
            yield (f"data.{kind}" if mode == "data" else kind), name, block


def _read(lines: Iterator[str], block: Block) -> None:
    """Read up to the end of the block that has just begun."""
    for line in lines:
        if line == "}":
            return
        if found := _BLOCK.match(line):
            dynamic, name, closed = found.groups()
            inner = Block()
            if not closed:
                _read(lines, inner)
            if dynamic or name not in META:
                _add(block, dynamic or name, inner.blocks["content"] if dynamic else inner)
        elif found := _ARGUMENT.match(line):
            block.arguments |= {found[1]} - META
            _pass_over(lines, found[2])


def _add(block: Block, name: str, inner: Block) -> None:
    known = block.blocks.setdefault(name, Block())
    known.arguments |= inner.arguments
    for each, one in inner.blocks.items():
        _add(known, each, one)


def _pass_over(lines: Iterator[str], value: str) -> None:
    """Read up to the end of a value."""
    depth = _depth(value)
    while depth > 0:
        depth += _depth(next(lines))


def _depth(text: str) -> int:
    """How many brackets it opens and does not close, outside of texts and comments."""
    bare = _TEXT.sub("", text).split("#")[0]
    return sum(bare.count(one) for one in "([{") - sum(bare.count(one) for one in ")]}")
