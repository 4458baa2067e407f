"""Runs Terraform as a process in one directory."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smoke.patience import Patience

MINIMUM = (1, 11)
_VARIABLE = "TF_VAR_"
_STOP_SECONDS = 120
"""Time limit for an interrupted terraform to write its state."""
_FRAME = re.compile(r"^[│╷╵ ]+", re.MULTILINE)
_MESSAGE_LINES = 12


class TerraformError(Exception):
    """Terraform is missing or failed. The text is its error message."""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in a directory.

    Attributes:
        directory: Directory of a root module.
        variables: Values of input variables. Undeclared variables are ignored. The caller's own
            `TF_VAR_` variables are not passed on: they describe another fleet.
        log: File to which terraform's output is appended.
        environment: Additional environment variables.
    """

    directory: Path
    log: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def run(self, patience: Patience, limit: float, *words: str) -> None:
        """Run a command and wait for its end.

        Raises:
            TerraformError: The command failed, or took more than `limit` seconds.
        """
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            # A separate session, so that Ctrl-C reaches terraform only once, through `_stop`.
            process = subprocess.Popen(  # noqa: S603 - constant commands
                self._command(*words),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                ended = patience.until(
                    f"terraform {words[0]}", lambda: process.poll() is not None, limit
                )
            finally:
                _stop(process)
        if ended is None:
            raise TerraformError(f"terraform {words[0]} has not ended within {limit:.0f} s")
        if process.returncode:
            raise TerraformError(f"terraform {words[0]}: {message(self._printed(begin))}")

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs.

        Raises:
            TerraformError: The state does not exist.
        """
        outputs = json.loads(self._read("output", "-json"))
        return {name: one["value"] for name, one in outputs.items()}

    def resources(self) -> list[str]:
        """Return the addresses of all resources in the state."""
        return self._read("state", "list").split()

    def _read(self, *words: str) -> str:
        done = subprocess.run(  # noqa: S603 - constant commands
            self._command(*words),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode:
            raise TerraformError(f"terraform {words[0]}: {message(done.stderr)}")
        return done.stdout

    def _command(self, *words: str) -> list[str]:
        return ["terraform", f"-chdir={self.directory}", *words]

    def _environment(self) -> dict[str, str]:
        defaults = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "TF_CLI_ARGS": "-no-color"}
        given = {f"{_VARIABLE}{name}": value for name, value in self.variables.items()}
        outer = {name: text for name, text in os.environ.items() if not name.startswith(_VARIABLE)}
        return {**outer, **defaults, **given, **self.environment}

    def _printed(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")


def versions(directory: Path | None = None) -> dict[str, str]:
    """Return the versions of terraform and of the providers in the directory.

    Raises:
        TerraformError: Terraform is not on the PATH, or does not run.
    """
    where = [f"-chdir={directory}"] if directory else []
    try:
        done = subprocess.run(  # noqa: S603 - constant commands
            ["terraform", *where, "version", "-json"],  # noqa: S607 - from the user's PATH
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise TerraformError(f"terraform can't be run: {error.strerror}") from error
    if done.returncode:
        raise TerraformError(f"terraform version: {message(done.stderr)}")
    printed = json.loads(done.stdout)
    providers = {
        name.rpartition("/")[2]: version
        for name, version in (printed.get("provider_selections") or {}).items()
    }
    return {"terraform": str(printed["terraform_version"]), **providers}


def message(printed: str) -> str:
    """Return Terraform's last error message on one line, or the end of its output."""
    plain = _FRAME.sub("", printed)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    found = lines[errors[0] : errors[0] + _MESSAGE_LINES] if errors else lines[-3:]
    return " ".join(found) or "it printed nothing"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt the process like Ctrl-C, if it runs, so that it writes its state."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
