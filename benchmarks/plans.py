"""A plan of the Terraform module on this machine, with nothing to be made: AWS is moto's."""

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
"""What every example of a single repository has to be told."""


def planned(folder: str) -> dict[str, Any]:
    """The plan of an example, as `terraform show -json` has it."""
    with tempfile.TemporaryDirectory() as name, MotoServer() as aws:
        directory = Path(name)
        inputs = {**INPUTS, "package_dir": str(packages(directory / "packages"))}
        return Terraform(copied(directory) / folder, aws.url, inputs).init().plan()
