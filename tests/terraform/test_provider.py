"""The module by the schema of provider 6, which was not run: the names that it uses are all there.

`provider_6.json` is what `bindings.py` took from HashiCorp's bindings of provider 6.25.0 (MPL-2.0).
Types and values are not compared. That the module is valid by 5.100, `terraform validate` says.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.blocks import Block, resources
from tests.terraform.schemas import differences
from tests.terraform.support import MODULE

KINDS: Mapping[str, Any] = json.loads((Path(__file__).parent / "provider_6.json").read_text())[
    "kinds"
]
FILES = sorted(path for path in MODULE.rglob("*.tf") if ".terraform" not in path.parts)

_REFERENCE = re.compile(r"\b(data\.)?(aws_\w+)\.(\w+)(?:\[[^\]]*\])*\.(\w+)")


def _of(path: Path) -> Iterator[str]:
    for kind, name, block in resources(path):
        if "aws_" in kind:
            assert kind in KINDS, f"{kind} is not in provider_6.json; see bindings.py"
            yield from differences(block, KINDS[kind], f"{kind}.{name}")


def test_every_argument_and_block_is_one_of_provider_6() -> None:
    assert [one for path in FILES for one in _of(path)] == []


def test_every_attribute_that_is_read_is_one_of_provider_6() -> None:
    read = {found for path in FILES for found in _REFERENCE.findall(path.read_text())}
    assert len(read) > 50
    assert [
        f"{data}{kind}: no attribute {attribute}"
        for data, kind, _, attribute in sorted(read)
        if re.sub(r"_(\w)", lambda one: one[1].upper(), attribute)
        not in KINDS[data + kind]["attributes"]
    ] == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("fifo_queue ", "first_in_first_out ", "no argument first_in_first_out"),
        ('dynamic "attribute"', 'dynamic "attributes"', "no block attributes"),
        (
            "point_in_time_recovery {\n    enabled",
            "point_in_time_recovery {\n    on",
            "lacks enabled",
        ),
    ],
)
def test_a_name_that_provider_6_does_not_have_is_found(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    text = "".join(path.read_text() for path in FILES if path.parts[-2] in ("queues", "event-log"))
    (tmp_path / "changed.tf").write_text(text.replace(before, after))
    said = "; ".join(_of(tmp_path / "changed.tf"))
    assert told in said


def test_blocks_are_read_from_what_terraform_fmt_writes(tmp_path: Path) -> None:
    (tmp_path / "some.tf").write_text(
        """\
data "aws_region" "here" {}

resource "aws_sqs_queue" "one" {
  for_each = toset(["{"])

  name = "a # b"
  policy = jsonencode({
    inner = [1] # ]
  })

  empty {}

  dynamic "more" {
    for_each = [1]
    content {
      deep = more.value
    }
  }

  lifecycle {
    ignored = true
  }
}
"""
    )
    assert list(resources(tmp_path / "some.tf")) == [
        ("data.aws_region", "here", Block()),
        (
            "aws_sqs_queue",
            "one",
            Block({"name", "policy"}, {"empty": Block(), "more": Block({"deep"})}),
        ),
    ]
