"""A Debian base image, made by debootstrap, and a Python for what runs on it. Kept in `build/`.

Debian's archive is asked as this machine's own apt is set up to ask it.
"""

import fcntl
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SUITE = "bookworm"
_ARCHIVE = "http://deb.debian.org/debian"
_PYTHON = ("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib")
_KEPT = Path(__file__).parents[2] / "build" / "judges"


@dataclass(frozen=True)
class Debian:
    """Two folders' worth of Debian.

    Attributes:
        base: The smallest Debian, as a tar.
        python: A folder with a Python that runs there; the base itself has none.
    """

    base: Path
    python: Path


def debian() -> Debian:
    """What was kept, or else is made now, which takes half a minute.

    Raises:
        CalledProcessError: Debian's archive could not be used; its stderr says why.
    """
    place = _KEPT / f"debian-{SUITE}-{platform.machine()}"
    with _locked(place):
        if not place.exists():
            new = place.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            _make(new)
            new.rename(place)
    return Debian(base=place / "base.tar", python=place / "python")


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(place: Path) -> None:
    root = place / "root"
    root.mkdir(parents=True)
    _run("debootstrap", "--variant=minbase", SUITE, str(root), _mirror())
    proxies = _run("apt-config", "dump", "Acquire::http::Proxy", "Acquire::https::Proxy")
    (root / "etc/apt/apt.conf.d/90proxies").write_text(proxies)
    bare = ("--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*")
    _run("tar", "-cf", str(place / "base.tar"), "-C", str(root), *bare, ".")
    _unpack_python(root, place / "python")
    shutil.rmtree(root)


def _unpack_python(root: Path, into: Path) -> None:
    packages = root / "packages"
    packages.mkdir()
    fetch = 'apt-get update -qq && cd /packages && apt-get download -qq "$@"'
    # As root: apt's own user may not write there.
    options = ("-o", "APT::Sandbox::User=root")
    _run("chroot", str(root), "sh", "-c", fetch, "sh", *options, *_PYTHON)
    for package in packages.iterdir():
        _run("dpkg-deb", "-x", str(package), str(into))
    (into / "usr" / "bin" / "python3").symlink_to("python3.11")


def _mirror() -> str:
    """The archive that this machine's apt uses for the suite, if it is a Debian of that suite."""
    fields = ("--format", "$(REPO_URI)", f"Codename: {SUITE}", "Component: main")
    told = _run("apt-get", "indextargets", *fields).split()
    return told[0] if told else _ARCHIVE


def _run(*command: str) -> str:
    """What the command printed; the proxies of the environment are passed on."""
    environment = os.environ | {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout
