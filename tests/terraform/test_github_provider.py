"""The example with Terraform's GitHub provider, by that provider's schema, without the provider.

`provider_github.json` is what `bindings.py` extracts from the prebuilt bindings of version 6.9.0,
`@cdktf/provider-github` 15.3.1 (MPL-2.0). Names are compared, types and values are not.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.github_app.permissions import EVENTS
from tests.terraform.blocks import resources
from tests.terraform.schemas import differences
from tests.terraform.support import MODULE

EXAMPLE = MODULE / "examples" / "github-provider"
SCHEMA: Mapping[str, Any] = json.loads((Path(__file__).parent / "provider_github.json").read_text())
MAIN = (EXAMPLE / "main.tf").read_text()


def _found(path: Path) -> list[str]:
    """What the resources of the file have that the provider does not, and what they lack."""
    return [
        told
        for kind, name, block in resources(path)
        for told in differences(block, SCHEMA["kinds"][kind], f"{kind}.{name}")
    ]


def test_the_webhooks_have_arguments_of_the_provider() -> None:
    kinds = [kind for kind, _, _ in resources(EXAMPLE / "main.tf")]
    assert kinds == sorted(SCHEMA["kinds"])
    assert _found(EXAMPLE / "main.tf") == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("content_type", "content", "no argument content"),
        ("  repository =", "  name =", "lacks repository"),
        ("configuration {", "config {", "no block config"),
    ],
)
def test_a_name_that_the_provider_does_not_have_is_found(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    (tmp_path / "main.tf").write_text(MAIN.replace(before, after))
    assert told in "; ".join(_found(tmp_path / "main.tf"))


def test_the_provider_is_the_one_whose_schema_it_is() -> None:
    versions = (EXAMPLE / "versions.tf").read_text()
    source, version = re.findall(
        r'github = \{\n +source += "(.*)"\n +version += "~> (.*)"', versions
    )[0]
    assert SCHEMA["name"].endswith(f"/{source}")
    assert SCHEMA["version"].rpartition(".")[0] == version


def test_the_webhooks_send_what_ingest_reads_with_the_fleets_url_and_secret() -> None:
    assert f"webhook_events  = {json.dumps(list(EVENTS))}" in MAIN
    for line in (
        "url          = module.fleet.webhook_url",
        'content_type = "json"',
        "secret       = var.webhook_secret",
        "insecure_ssl = false",
    ):
        assert MAIN.count(f"    {line}\n") == 2


def test_the_module_has_the_inputs_and_outputs_that_the_example_uses() -> None:
    declared = {
        kind: set(
            re.findall(rf'^{kind} "(\w+)"', (MODULE / f"{kind}s.tf").read_text(), re.MULTILINE)
        )
        for kind in ("variable", "output")
    }
    block = re.search(r'^module "fleet" \{\n(.*?)^\}', MAIN, re.DOTALL | re.MULTILINE)
    assert block is not None
    inputs = set(re.findall(r"^  (\w+) +=", block[1], re.MULTILINE)) - {"source"}
    assert len(inputs) > 7
    assert inputs <= declared["variable"]
    outputs = (EXAMPLE / "outputs.tf").read_text() + MAIN
    assert set(re.findall(r"module\.fleet\.(\w+)", outputs)) <= declared["output"]
