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
        wheels: The platform tag of the wheels; None: those of this machine.
    """

    python: str
    wheels: str | None

    def pip_options(self) -> list[str]:
        """What makes pip install for it."""
        if self.wheels is None:
            return []
        options = {"platform": self.wheels, "python-version": self.python, "implementation": "cp"}
        return [word for name, value in options.items() for word in (f"--{name}", value)]


TARGETS = {
    "arm64": Target(python=LAMBDA_PYTHON, wheels="manylinux2014_aarch64"),
    "x86_64": Target(python=LAMBDA_PYTHON, wheels="manylinux2014_x86_64"),
    "local": Target(python=_HERE, wheels=None),
}
"""Lambda's two architectures, by the names that Lambda has for them, and this very machine."""
