"""What a check is, and how it ends. No check is here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smoke.site import Site


class Failed(Exception):
    """A check found something wrong.

    Args:
        cause: What was found.
        remedy: What to do about this cause; None: the check's own remedy.
    """

    def __init__(self, cause: str, remedy: str | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


class Skipped(Exception):
    """A check could not be made, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Check:
    """One link of the chain.

    Attributes:
        name: For `--only` and `--skip`.
        title: What holds if the check is ok.
        remedy: What to do if it is not.
        run: Returns the evidence. Raises `Failed` or `Skipped`.
        needs: Checks without whose success this one would only repeat their failure.
        always: Run also after an interruption, and with `--only`.
    """

    name: str
    title: str
    remedy: str
    run: "Callable[[Site], str]"
    needs: tuple[str, ...] = ()
    always: bool = False


class Verdict(StrEnum):
    """How a check ended, as it is printed."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one check ended. `text` is the evidence, the cause or the reason."""

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
        """The outcome of the check of that name, if it has run."""
        return next((one for one in self.all if one.check.name == name), None)

    def count(self, verdict: Verdict) -> int:
        """How many checks ended so."""
        return sum(one.verdict is verdict for one in self.all)
