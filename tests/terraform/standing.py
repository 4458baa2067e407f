"""Both examples, made side by side in one AWS on this machine, as two fleets of one account are."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from local.aws.server import MotoServer
from local.terraform import Applied
from tests.terraform import story
from tests.terraform.conftest import SECRETS, Make
from tests.terraform.support import PROJECT, Terraform

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "complete": {"github_organization": "acme", "alarm_email": "nobody@example.com"},
    "minimal": {"github_repo": story.REPOSITORY},
}
"""What each is told besides its prefix, which is its name here, and its secrets."""

MOTO_DIFFERENCES: Mapping[str, str] = {}
"""What a second plan would change only because moto answers otherwise than AWS: address, reason.

There is none: those that there were are fixed in `local/aws/patches`.
"""


@dataclass(frozen=True)
class Made:
    """An example that stands."""

    aws: MotoServer
    client: Callable[[str], Any]
    terraform: Terraform
    prefix: str

    @cached_property
    def told(self) -> dict[str, Any]:
        """The module's outputs."""
        outputs = json.loads(self.terraform.run("output", "-json"))
        return dict(outputs["fleet"]["value"])

    @cached_property
    def exports(self) -> str:
        """What a shell evaluates before it runs `ecsrunner`."""
        return self.terraform.run("output", "-raw", "cli_exports")

    def changes(self) -> dict[str, Any]:
        """What another apply would change, by address, but for moto's differences."""
        planned = self.terraform.plan()["resource_changes"]
        return {
            one["address"]: one["change"]
            for one in planned
            if one["change"]["actions"] not in (["no-op"], ["read"])
            and one["address"] not in MOTO_DIFFERENCES
        }

    def ecsrunner(
        self, words: str, exports: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the command line as one does who has its exports, and credentials, and no more.

        `exports` are other statements for the shell, such as the Region alone.
        """
        return subprocess.run(
            ["bash", "-c", f'eval "$EXPORTS"; exec "$PYTHON" -m cli {words}'],
            cwd=PROJECT,
            env={
                "EXPORTS": self.exports if exports is None else f"export {exports}",
                "PYTHON": sys.executable,
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": self.aws.url,
                "AWS_ACCESS_KEY_ID": "user",
                "AWS_SECRET_ACCESS_KEY": "user",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def fleet(self) -> Applied:
        """It, for the local stack to run."""
        return Applied(
            aws=self.aws,
            outputs=self.told,
            github_token=SECRETS["github_pat"],
            webhook_secret=SECRETS["webhook_secret"],
            limits=story.LIMITS,
        )


def stand(aws: MotoServer, client: Callable[[str], Any], make: Make, zips: Path) -> dict[str, Made]:
    """Apply both at once: most of it is waiting."""

    def made(example: str) -> Made:
        terraform = make(
            f"examples/{example}",
            prefix=example,
            package_dir=str(zips),
            deletion_protection=False,
            max_retries=2,
            **EXAMPLES[example],
        )
        terraform.run("apply", "-auto-approve")
        return Made(aws, client, terraform, example)

    with ThreadPoolExecutor() as threads:
        return dict(zip(EXAMPLES, threads.map(made, EXAMPLES), strict=True))
