"""The folder of a temporary fleet: a copy of the Terraform module, the state, log and report.

It is kept as long as anything of the fleet may be left: whoever has it can destroy the fleet.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from smoke.terraform import Terraform

PROJECT = Path(__file__).resolve().parents[1]
ROOM = PROJECT / ".smoke"
"""Where the folders of all runs are, by prefix."""

TAG = "ecs-runner-fleet-smoke"
"""The tag of all that a run makes; its value is the prefix."""

NO_TOKEN = "smoke-has-no-token"  # noqa: S105 - what is given in place of one
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
    """What the example is told. Secrets are not written anywhere."""

    region: str
    repository: str
    token: str | None
    webhook_secret: str


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The folder of one run, by its prefix.

    Attributes:
        endpoint: An emulator of AWS, for Terraform too.
    """

    prefix: str
    inputs: Inputs
    room: Path = ROOM
    endpoint: str | None = None

    @property
    def directory(self) -> Path:
        """The folder."""
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
            "github_pat": self.inputs.token or NO_TOKEN,
            "webhook_secret": self.inputs.webhook_secret,
        }
        return Terraform(
            directory=self.directory / _EXAMPLE,
            variables=variables,
            log=self.directory / "terraform.log",
            environment={"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {},
        )

    def make(self, *, reserve: bool) -> None:
        """Copy the module and tag all that it makes.

        Args:
            reserve: Whether functions may reserve concurrency, which small accounts refuse.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "tests")
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
        """Remove the copy, which has no state any more; log and report stay."""
        shutil.rmtree(self.directory / "terraform", ignore_errors=True)

    def has_state(self) -> bool:
        """Whether a fleet was made here that may still be there."""
        return (self.directory / _EXAMPLE / "terraform.tfstate").exists()


def earlier(prefix: str, room: Path) -> dict[str, str]:
    """Region and repository of an earlier run; empty if there is none."""
    try:
        told = json.loads((room / prefix / "run.json").read_text())
    except FileNotFoundError:
        return {}
    return {str(name): str(value) for name, value in told.items()}


def reservable() -> bool:
    """Whether the module reserves concurrency by an input that can be switched off."""
    return 'variable "reserved_concurrency"' in (PROJECT / "terraform" / "variables.tf").read_text()
