"""Images and containers without a daemon: buildah builds, and this module runs what it built.

A container here has a root file system, a process namespace and a mount namespace of its own, the
image's settings, a hosts file with its name, and its output in a pipe that belongs to its user, as
runc makes it. It shares the network with the tests. All is in a folder that nobody else uses.
Source: opencontainers/runc, libcontainer/init_linux.go, fixStdioPermissions.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOOLS = ("buildah", "debootstrap", "unshare", "chroot", "mount", "apt-get", "dpkg-deb")
_SETTINGS = {"BUILDAH_ISOLATION": "chroot", "BUILDAH_FORMAT": "docker"}
_ENTER = """mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" || exit 125
root=$1 user=$2 folder=$3 && shift 3
exec chroot --userspec="$user" "$root" env -C "$folder" "$@" """


def lacking() -> str:
    """What is needed here and is not there; empty if nothing is."""
    gone = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0:
        gone.append("root")
    return ", ".join(gone)


def remove(folder: Path) -> None:
    """Remove what a `Buildah` kept, mounted or not."""
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        place = line.split()[1]
        if Path(place).is_relative_to(folder):
            subprocess.run(["umount", place], check=True)
    shutil.rmtree(folder)


def layers(layout: Path) -> list[dict[str, Any]]:
    """The layers of the only image in a folder, from the base on: mediaType and size in bytes.

    Source: OCI Image Layout Specification; OCI Image Manifest Specification.
    """

    def read(digest: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            (layout / "blobs" / digest.replace(":", "/")).read_text()
        )
        return found

    (image,) = json.loads((layout / "index.json").read_text())["manifests"]
    found: list[dict[str, Any]] = read(image["digest"])["layers"]
    return found


class Buildah:
    """buildah, with everything that it keeps in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.command = [
            *("buildah", "--root", str(folder / "storage"), "--runroot", str(folder / "run")),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """This process's own, with the proxies that there may be, and buildah's settings."""
        return {**os.environ, **_SETTINGS}

    def run(self, *arguments: str) -> str:
        """What buildah printed.

        Raises:
            CalledProcessError: it failed; its stderr says why.
        """
        done = subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def build(self, name: str, dockerfile: str, context: Path) -> None:
        """Build an image of a Dockerfile's text."""
        (context / "Dockerfile").write_text(dockerfile)
        self.run("bud", "--quiet", "--tag", name, str(context))

    def config(self, image: str) -> dict[str, Any]:
        """An image's settings, in Docker's words."""
        told = json.loads(self.run("inspect", "--type", "image", image))
        found: dict[str, Any] = told["Docker"]["config"]
        return found

    @contextmanager
    def container(self, image: str) -> Iterator["Container"]:
        """A container of the image, not started yet."""
        name = self.run("from", "--pull-never", image)
        try:
            root = Path(self.run("mount", name))
            (root / "etc" / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")
            yield Container(root=root, config=self.config(image))
        finally:
            self.run("rm", name)


@dataclass
class Container:
    """One container.

    Attributes:
        root: Its root file system, as seen from here.
        config: The settings of its image.
        running: The processes that were started in it, each the first of its namespace.
    """

    root: Path
    config: dict[str, Any]
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    def ids(self, user: str) -> tuple[int, int]:
        """The numbers of a user and of its group."""
        lines = (self.root / "etc" / "passwd").read_text().splitlines()
        ((_, _, uid, gid, *_),) = [
            fields for line in lines if (fields := line.split(":"))[0] == user
        ]
        return int(uid), int(gid)

    def start(
        self, variables: Mapping[str, str], *command: str, user: str = ""
    ) -> "subprocess.Popen[str]":
        """Start the image's entrypoint, or another command, with these variables added."""
        user = user or self.config["User"]
        own = dict(one.split("=", 1) for one in self.config["Env"])
        reads, writes = os.pipe()
        os.fchown(writes, *self.ids(user))
        unshare = [*("unshare", "--pid", "--fork", "--kill-child", "--mount"), "sh", "-c", _ENTER]
        where = ["container", str(self.root), user, self.config["WorkingDir"] or "/"]
        with os.fdopen(writes, "w") as output:
            started = subprocess.Popen(
                [*unshare, *where, *(command or self.config["Entrypoint"])],
                env={**own, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
            )
        started.stdout = os.fdopen(reads)
        self.running.append(started)
        return started

    def stop(self, started: "subprocess.Popen[str]") -> None:
        """Send the first process what a container runtime sends to stop it."""
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text()
        number = signal.Signals[self.config["StopSignal"] or "SIGTERM"]
        os.kill(int(children), number)
