"""Terraform as a process, in one folder."""

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
_STOP_SECONDS = 120
"""How long an interrupted terraform may take to write its state."""
_FRAME = re.compile(r"^[│╷╵ ]+", re.MULTILINE)
_MESSAGE_LINES = 12


class TerraformError(Exception):
    """Terraform is missing, or ended otherwise than with 0; the text is its message."""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in a folder.

    Attributes:
        directory: A root module.
        variables: Values of its variables; those that it does not declare are ignored.
        log: A file, to which all that terraform prints is added.
        environment: More variables of its process.
    """

    directory: Path
    log: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def run(self, patience: Patience, limit: float, *words: str) -> None:
        """Run a command to its end.

        Raises:
            TerraformError: it failed, or took more than `limit` seconds.
        """
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches terraform only when it is passed on, once.
            process = subprocess.Popen(  # noqa: S603 - our own words
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
        """The values of the outputs.

        Raises:
            TerraformError: there is no state.
        """
        told = json.loads(self._read("output", "-json"))
        return {name: one["value"] for name, one in told.items()}

    def resources(self) -> list[str]:
        """The addresses of all that is in the state."""
        return self._read("state", "list").split()

    def _read(self, *words: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own words
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
        told = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "TF_CLI_ARGS": "-no-color"}
        given = {f"TF_VAR_{name}": value for name, value in self.variables.items()}
        return {**os.environ, **told, **given, **self.environment}

    def _printed(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")


def versions(directory: Path | None = None) -> dict[str, str]:
    """The version of terraform and of each provider that is in use in the folder.

    Raises:
        TerraformError: it is not on the PATH, or does not run.
    """
    where = [f"-chdir={directory}"] if directory else []
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            ["terraform", *where, "version", "-json"],  # noqa: S607 - as the user's PATH has it
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise TerraformError(f"terraform can't be run: {error.strerror}") from error
    if done.returncode:
        raise TerraformError(f"terraform version: {message(done.stderr)}")
    told = json.loads(done.stdout)
    providers = {
        name.rpartition("/")[2]: version
        for name, version in (told.get("provider_selections") or {}).items()
    }
    return {"terraform": str(told["terraform_version"]), **providers}


def message(printed: str) -> str:
    """Terraform's last error message, on one line; else the end of what it printed."""
    plain = _FRAME.sub("", printed)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    found = lines[errors[0] : errors[0] + _MESSAGE_LINES] if errors else lines[-3:]
    return " ".join(found) or "it printed nothing"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End it as Ctrl-C does, if it runs: then it writes its state."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
