"""Plans the Terraform examples on this machine against moto, without creating resources."""

import tempfile
from pathlib import Path
from typing import Any

from local.aws.server import MotoServer
from tests.terraform.support import Terraform, copied, packages

INPUTS = {
    "github_repo": "acme/shop",
    "github_pat": "a token of nobody",
    "webhook_secret": "a secret of nobody",
    "max_retries": 2,
}
"""Input variables of every example with a single repository."""


def planned(folder: str) -> dict[str, Any]:
    """Return the plan of an example in the format of `terraform show -json`."""
    with tempfile.TemporaryDirectory() as name, MotoServer() as aws:
        directory = Path(name)
        inputs = {**INPUTS, "package_dir": str(packages(directory / "packages"))}
        return Terraform(copied(directory) / folder, aws.url, inputs).init().plan()
