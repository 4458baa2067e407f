"""A machine in a directory: the tools that a script finds are those that the test put there."""

import shutil
import subprocess
from pathlib import Path

RUNNER = Path(__file__).parents[2] / "runner"
_LOG = 'printf "%s\\n" "{name}$(printf " <%s>" "$@")" >>"$CALLS"\n'


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
        env = {"PATH": str(self._bin), "CALLS": str(self.calls_file), "ROOT": str(self.root)}
        return subprocess.run(
            command,
            cwd=self.source,
            env={**env, **environment},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def calls(self, name: str) -> list[str]:
        """How the played program was called, one line each: `name <argument> <argument>`."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text().splitlines()
        return [line for line in lines if line.split(" ")[0] == name]
