"""The directory of a temporary fleet: a copy of the Terraform module, the state, log and report.

It is kept as long as resources of the fleet can exist, because it is needed to destroy them.
"""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from smoke.credential import Credential, Token
from smoke.terraform import Terraform

PROJECT = Path(__file__).resolve().parents[1]
ROOM = PROJECT / ".smoke"
"""Parent directory of the runs' directories, which are named after their prefixes."""

TAG = "ecs-runner-fleet-smoke"
"""Tag of all resources of a run; its value is the prefix."""

PLACEHOLDER = Token(secret="smoke-has-no-token")  # noqa: S106 - a placeholder
"""The credential of a fleet that never calls GitHub."""

_EXAMPLE = Path("terraform") / "examples" / "minimal"

_TAGS = """\
provider "aws" {
  default_tags {
    tags = { "%s" = "%s" }
  }
}
"""
_NO_RESERVATION = """\
module "fleet" {
  reserved_concurrency = {}
}
"""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The input variables of the example. Secrets are not written to files.

    Attributes:
        credential: The fleet's credential at GitHub; None for a fleet without one.
    """

    region: str
    repository: str
    credential: Credential | None
    webhook_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The directory of one run, by its prefix.

    Attributes:
        endpoint: An emulator of AWS, for Terraform too.
    """

    prefix: str
    inputs: Inputs
    room: Path = ROOM
    endpoint: str | None = None

    @property
    def directory(self) -> Path:
        """Path of the directory."""
        return self.room / self.prefix

    @property
    def terraform(self) -> Terraform:
        """Terraform in the copy of the example."""
        variables = {
            "aws_region": self.inputs.region,
            "prefix": self.prefix,
            "package_dir": str(PROJECT / "build"),
            "deletion_protection": "false",
            "github_repo": self.inputs.repository,
            "webhook_secret": self.inputs.webhook_secret,
            **(self.inputs.credential or PLACEHOLDER).inputs,
        }
        return Terraform(
            directory=self.directory / _EXAMPLE,
            variables=variables,
            log=self.directory / "terraform.log",
            environment={"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {},
        )

    def make(self, *, reserve: bool) -> None:
        """Copy the module and add the tag for all its resources.

        Args:
            reserve: Whether functions can reserve concurrency; small accounts reject it.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        # Values in *.tfvars are of another fleet, and take precedence over the environment's.
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars*", "tests")
        shutil.copytree(
            PROJECT / "terraform",
            self.directory / "terraform",
            ignore=ignored,
            dirs_exist_ok=True,
        )
        override = _TAGS % (TAG, self.prefix) + ("" if reserve else _NO_RESERVATION)
        (self.directory / _EXAMPLE / "smoke_override.tf").write_text(override)
        (self.directory / "run.json").write_text(
            json.dumps({"region": self.inputs.region, "repository": self.inputs.repository})
        )

    def forget(self) -> None:
        """Remove the copy and its empty state. Log and report stay."""
        shutil.rmtree(self.directory / "terraform", ignore_errors=True)

    def has_state(self) -> bool:
        """Return whether a state exists, so that resources can exist."""
        return (self.directory / _EXAMPLE / "terraform.tfstate").exists()


def earlier(prefix: str, room: Path) -> dict[str, str]:
    """Return region and repository of an earlier run; empty if there is none."""
    try:
        notes = json.loads((room / prefix / "run.json").read_text())
    except FileNotFoundError:
        return {}
    return {str(name): str(value) for name, value in notes.items()}


def reservable() -> bool:
    """Return whether the module has the input `reserved_concurrency`."""
    return 'variable "reserved_concurrency"' in (PROJECT / "terraform" / "variables.tf").read_text()
