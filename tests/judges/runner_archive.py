"""The stand-in for GitHub's runner, packed as GitHub packs its own.

Like `tar -C <layout> .` of somebody else's machine: each name begins with `./`, the first entry is
the folder itself, and all belongs to a user of that machine. Source: actions/runner, src/dev.sh
(package) and src/Misc/layoutroot, layoutbin.
"""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

PACKER = 1001
NODE = ("node20", "node20_alpine", "node24", "node24_alpine")
"""What GitHub's archive has in externals. Source: actions/runner, src/Misc/externals.sh."""
_RUNNER = Path(__file__).parents[2] / "local" / "runner"
_SCRIPTS = {
    "./config.sh": "echo 'just-in-time runners are not configured' >&2\nexit 1\n",
    "./env.sh": "",
    "./run.sh": 'exec "$(dirname "$0")/bin/Runner.Listener" run "$@"\n',
    "./safe_sleep.sh": 'sleep "$1"\n',
    "./bin/Runner.Worker": "exit 1\n",
    "./bin/installdependencies.sh": "",
    **{f"./externals/{name}/bin/node": "exit 1\n" for name in NODE},
    **{f"./externals/{name}/lib/node_modules/npm/bin/npm-cli.js": "" for name in NODE[::2]},
    **{f"./externals/{name}/include/node/node.h": "" for name in NODE},
    **{f"./externals/{name}/share/man/man1/node.1": "" for name in NODE},
}


@dataclass(frozen=True)
class Archive:
    """An archive on disk, and its checksum in hexadecimal digits."""

    path: Path
    sha256: str


def pack(path: Path, python: Path) -> Archive:
    """Pack the program and the Python that it brings, where GitHub's brings its Node."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for directory in (".", "./bin", "./externals"):
            _add_folder(archive, directory)
        for script, text in _SCRIPTS.items():
            _add_script(archive, script, text)
        listener = _RUNNER / "bin" / "Runner.Listener"
        archive.add(listener, "./bin/Runner.Listener", filter=_foreign)
        archive.add(_RUNNER / "program.py", "./program.py", filter=_foreign)
        archive.add(python, "./externals/python", filter=_foreign)
    return Archive(path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _add_folder(archive: tarfile.TarFile, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(_foreign(info))


def _add_script(archive: tarfile.TarFile, name: str, text: str) -> None:
    script = f"#!/usr/bin/env bash\n{text}".encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(script), 0o755
    archive.addfile(_foreign(info), io.BytesIO(script))


def _foreign(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = PACKER
    info.uname, info.gname = "somebody", "docker"
    return info
