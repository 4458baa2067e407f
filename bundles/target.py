"""The target platforms of a bundle: Python version and wheel platform tags."""

import sys
from dataclasses import dataclass

LAMBDA_PYTHON = "3.13"
"""Python version of the functions' runtime, `python3.13`."""

_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A target platform.

    Attributes:
        python: Python version, `major.minor`.
        wheels: Platform tags of compatible wheels; empty for those of this machine.
    """

    python: str
    wheels: tuple[str, ...] = ()

    def pip_options(self) -> list[str]:
        """Return pip's options for this target."""
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
"""Lambda's two architectures, by Lambda's names, and this machine."""
