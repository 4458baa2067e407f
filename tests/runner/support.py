"""A machine in a directory: the tools that a script finds are those that the test put there."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

RUNNER = Path(__file__).parents[2] / "runner"
_LOG = 'printf "%s\\n" "{name}$(printf " <%s>" "$@")" >>"$CALLS"\n'


_TRACED = 'exec 9>"$CALLS.trace"; BASH_XTRACEFD=9; PS4=":\\${LINENO}:"; set -x; . "./$0"'
_CONDITION = re.compile(r"^(?:if .*; then|.*\|\|)(?P<guarded>.*)$")


class Ran(NamedTuple):
    """A command that bash ran: where it stands in the script, and how it begins."""

    line: int
    command: str


def decisions(script: Path) -> list[tuple[int, Ran]]:
    """Each `if` and `||` of a script: its line, and the command that runs only one way.

    The script is written one command a line; what is guarded stands on that line or on the next.
    """
    lines = [line.split(" # ")[0].strip() for line in script.read_text().splitlines()]
    found = []
    for number, line in enumerate(lines, 1):
        matched = None if line.startswith("#") else _CONDITION.match(line)
        if matched:
            here = matched["guarded"].strip(" ;")
            guarded = here or lines[number]
            command = guarded.split()[0].rstrip(";")
            found.append((number, Ran(number if here else number + 1, command)))
    return found


class Machine:
    """A PATH of played programs and of links to some real ones, and a copy of `runner/`."""

    def __init__(self, directory: Path, *real: str) -> None:
        self.root = directory / "root"
        self.source = directory / "source"
        self.calls_file = directory / "calls"
        self._bin = directory / "bin"
        shutil.copytree(RUNNER, self.source)
        for made in (self.root, self._bin):
            made.mkdir()
        for name in real:
            found = shutil.which(name)
            assert found, name
            (self._bin / name).symlink_to(found)

    def play(self, name: str, does: str = "") -> None:
        """A program of that name: it notes its arguments, and does this."""
        path = self._bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\n{_LOG.format(name=name)}{does}\n")
        path.chmod(0o755)

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the copy of `runner/`."""
        env = {
            "PATH": str(self._bin),
            "CALLS": str(self.calls_file),
            "ECS_RUNNER_ROOT": str(self.root),
        }
        return subprocess.run(
            command,
            cwd=self.source,
            env={**env, **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def trace(self, script: str, **environment: str) -> tuple[int, set[Ran]]:
        """Run a script of bash; its exit code, and every command that it ran."""
        done = self.run("bash", "-c", _TRACED, script, **environment)
        text = self.calls_file.with_name("calls.trace").read_text()
        lines = re.findall(r"^:+(\d+):(\S+)", text, re.MULTILINE)
        return done.returncode, {Ran(int(line), command) for line, command in lines}

    def calls(self, name: str) -> list[str]:
        """How the played program was called, one line each: `name <argument> <argument>`."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text().splitlines()
        return [line for line in lines if line.split(" ")[0] == name]
