"""Where a bundle is to run: which Python, and which wheels fit the machine."""

import sys
from dataclasses import dataclass

LAMBDA_PYTHON = "3.13"
"""The functions' runtime is `python3.13`."""

_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A runtime.

    Attributes:
        python: `major.minor`.
        wheels: The platform tags of the wheels that run there; none: those of this machine.
    """

    python: str
    wheels: tuple[str, ...] = ()

    def pip_options(self) -> list[str]:
        """What makes pip install for it."""
        if not self.wheels:
            return []
        platforms = [word for tag in self.wheels for word in ("--platform", tag)]
        return [*platforms, "--python-version", self.python, "--implementation", "cp"]


def _lambda(machine: str) -> Target:
    """Lambda's runtime is Amazon Linux 2023, with glibc 2.34."""
    tags = (f"manylinux2014_{machine}", f"manylinux_2_28_{machine}")
    return Target(python=LAMBDA_PYTHON, wheels=tags)


TARGETS = {
    "arm64": _lambda("aarch64"),
    "x86_64": _lambda("x86_64"),
    "local": Target(python=_HERE),
}
"""Lambda's two architectures, by the names that Lambda has for them, and this very machine."""
