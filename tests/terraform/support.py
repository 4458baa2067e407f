"""Terraform run as a process, on a copy of the module, with AWS on this machine."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
MODULE = PROJECT / "terraform"
FUNCTIONS = ("ingest", "outbox", "scheduler", "reconciler", "janitor")
NEEDED = "terraform >= 1.11 is not on the PATH; https://developer.hashicorp.com/terraform/install"

_TIMEOUT_SECONDS = 600
_MEMORY = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}
"""Go's garbage collector runs less often while a process has less memory than that: a quarter of
the CPU time of terraform and its provider. Source: Go documentation, "A Guide to the Go Garbage
Collector".
"""


class TerraformError(RuntimeError):
    """Terraform ended otherwise than it should; the text is what it said."""


def copied(directory: Path) -> Path:
    """A copy of the module: what terraform writes beside it stays out of the checkout."""
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    return Path(shutil.copytree(MODULE, directory / "terraform", ignore=ignored))


def inputs_alone(directory: Path) -> Path:
    """A root module with the inputs and their validations, for which no provider has to start."""
    for name in ("variables.tf", "fargate.tf", "tests/validations.tftest.hcl"):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(MODULE / name, path)
    return directory


def packages(directory: Path) -> Path:
    """Zips in the places where `make package` puts the real ones, with nothing to run in them."""
    for name in (*(f"functions/{one}" for one in FUNCTIONS), "layer", "runner"):
        path = directory / f"{name}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(zipfile.ZipInfo("placeholder.txt"), name)
    return directory


@dataclass(frozen=True)
class Terraform:
    """Terraform in one folder of the copy, with these inputs.

    Attributes:
        directory: A root module: an example, or the module itself.
        endpoint: AWS.
        inputs: Values of the module's variables; secrets too.
    """

    directory: Path
    endpoint: str
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def init(self) -> "Terraform":
        """Find modules and providers; what is downloaded is kept for the next time."""
        with _one_at_a_time():
            self.run("init")
        _forget_checksums(self.directory / ".terraform.lock.hcl")
        return self

    def plan(self) -> dict[str, Any]:
        """What would be done, as `terraform show -json` has it."""
        self.run("plan", "-out=plan")
        return self.show("plan")

    def show(self, *file: str) -> dict[str, Any]:
        """A plan, or what there is, as JSON."""
        return dict(json.loads(self.run("show", "-json", *file)))

    def run(self, command: str, *options: str, stdin: str = "") -> str:
        """What a command prints.

        Raises:
            TerraformError: it did not end with 0.
        """
        done = subprocess.run(
            ["terraform", command, *options],
            cwd=self.directory,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise TerraformError(f"terraform {command}: {done.stdout[-5000:]}{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        secret = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        told = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_CLI_ARGS": "-no-color",
        }
        given = {
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in self.inputs.items()
            if value is not None
        }
        outer = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**_cache(), **_MEMORY, **outer, **secret, **told, **given}


def _cache() -> dict[str, str]:
    """Where terraform's own defaults serve: a folder for the providers, which are large."""
    if "TF_CLI_CONFIG_FILE" in os.environ:
        return {}
    folder = PROJECT / ".local" / "terraform-providers"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "TF_PLUGIN_CACHE_DIR": str(folder),
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true",
    }


def _forget_checksums(lock: Path) -> None:
    """Leave only the providers' versions in the lock file; `init` has just compared checksums.

    Each command compares them again, and AWS's provider has 700 MB: 1.6 s of CPU time. It does not
    where the file has none. Source: hashicorp/terraform, internal/command/meta_providers.go,
    `providerFactories`: "The cached package must match one of the checksums recorded in the lock
    file, if any."
    """
    if lock.exists():
        lock.write_text(re.sub(r"  hashes = \[.*?\]\n", "", lock.read_text(), flags=re.DOTALL))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Terraform's cache of providers bears one writer."""
    with (Path(tempfile.gettempdir()) / "ecs-runner-fleet-terraform.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def planned(plan: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """All resources of that kind after the plan; what is known only later is not in them."""
    for change in plan["resource_changes"]:
        if change["type"] == kind and change["change"]["after"] is not None:
            yield change["change"]["after"]


def known_later(plan: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """By name in its module: what of each resource is known only once it is there."""
    for change in plan["resource_changes"]:
        if change["type"] == kind:
            yield str(change.get("index", change["name"])), change["change"]["after_unknown"]
