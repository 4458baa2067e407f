"""Extracts from HashiCorp's TypeScript bindings of a provider what `test_provider.py` needs.

    npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-21.22.1.tgz
    python -m tests.terraform.bindings package > tests/terraform/provider_6.json

The bindings are generated from the provider's own schema. Only what the module uses is kept.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.terraform.blocks import resources
from tests.terraform.support import MODULE

_INTERFACE = re.compile(
    r"^export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)^\}", re.DOTALL | re.MULTILINE
)
_ROOT = re.compile(r"^export interface (\w+) extends cdktf.TerraformMetaArguments", re.MULTILINE)
_CLASS = re.compile(
    r"^export declare class \w+ extends cdktf.Terraform(?:Resource|DataSource)\b(.*)",
    re.DOTALL | re.MULTILINE,
)
_MEMBER = re.compile(r"/docs/[\w/-]+#(\w+) .*?\*/\s*readonly \w+(\??): ([^;]+);", re.DOTALL)


def kinds() -> list[str]:
    """All kinds of resources of AWS in the module and its examples, data sources too."""
    files = [path for path in MODULE.rglob("*.tf") if ".terraform" not in path.parts]
    found = {kind for path in files for kind, _, _ in resources(path)}
    return sorted(kind for kind in found if "aws_" in kind)


def schema(text: str) -> dict[str, Any]:
    """Of one resource's bindings: its arguments, each optional or required, blocks, attributes."""
    interfaces: dict[str, str] = dict(_INTERFACE.findall(text))
    (root,), (own,) = _ROOT.findall(text), _CLASS.findall(text)
    attributes = sorted(set(re.findall(r"^    get (\w+)(?<!Input)\(\)", own, re.MULTILINE)))
    return {**_schema(interfaces, root), "attributes": attributes}


def _schema(interfaces: Mapping[str, str], name: str) -> dict[str, Any]:
    arguments, blocks = dict[str, str](), dict[str, Any]()
    for member, optional, kind in _MEMBER.findall(interfaces[name]):
        inner = re.match(r"\w+", kind)
        if inner and inner[0] in interfaces:
            blocks[member] = _schema(interfaces, inner[0])
        else:
            arguments[member] = "optional" if optional else "required"
    return {"arguments": arguments, "blocks": blocks}


def main(package: Path) -> None:
    """Print the extract, as JSON."""
    provider = json.loads((package / "package.json").read_text())["cdktf"]["provider"]
    found = {}
    for kind in kinds():
        folder = kind.replace("data.aws_", "data-aws-").removeprefix("aws_").replace("_", "-")
        found[kind] = schema((package / "lib" / folder / "index.d.ts").read_text())
    told = {"licence": "MPL-2.0", "copyright": "HashiCorp, Inc.", **provider}
    head = json.dumps(told, indent=0).removesuffix("\n}")
    lines = (f'"{kind}": {json.dumps(one, sort_keys=True)}' for kind, one in found.items())
    sys.stdout.write(head + ',\n"kinds": {\n' + ",\n".join(lines) + "\n}\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
