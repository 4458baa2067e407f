"""The types of checks and of their outcomes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smoke.site import Site


class Failed(Exception):
    """A check found a fault.

    Args:
        cause: The fault.
        remedy: Remedy of this cause; None for the check's own remedy.
    """

    def __init__(self, cause: str, remedy: str | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


class Skipped(Exception):
    """A check could not run, with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        name: Name for `--only` and `--skip`.
        title: The statement that the check verifies.
        remedy: What to do if the check fails.
        run: Returns the evidence. Raises `Failed` or `Skipped`.
        needs: Checks that must succeed before this one can.
        always: Whether it also runs after an interruption and with `--only`.
    """

    name: str
    title: str
    remedy: str
    run: "Callable[[Site], str]"
    needs: tuple[str, ...] = ()
    always: bool = False


class Verdict(StrEnum):
    """The result of a check, as printed."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of one check. `text` is the evidence, the cause or the reason."""

    check: Check
    verdict: Verdict
    text: str
    started: datetime
    seconds: float
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """All outcomes so far, in order."""

    all: list[Outcome] = field(default_factory=list)

    def of(self, name: str) -> Outcome | None:
        """Return the outcome of a check by name; None if it has not run."""
        return next((one for one in self.all if one.check.name == name), None)

    def count(self, verdict: Verdict) -> int:
        """Return the number of checks with that verdict."""
        return sum(one.verdict is verdict for one in self.all)
