"""Values of the doctor: a check, its findings, its result, and the report of all checks. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from cli.doctor.context import Context


class Level(StrEnum):
    """How serious a finding is."""

    PROBLEM = "problem"
    """The fleet does not work, or will stop to work for some jobs."""
    WARNING = "warning"
    """The fleet works. It is slower, less safe or less observed than it should be."""
    UNKNOWN = "unknown"
    """The check can't be run: a permission is missing, or a service can't be reached."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong: which resource, what is wrong with it, what to do about it.

    Attributes:
        level: How serious it is.
        subject: The resource.
        problem: What is wrong with it.
        remedy: What to do about it; "" if nothing is.
    """

    level: Level
    subject: str
    problem: str
    remedy: str


def problem(subject: str, what: str, remedy: str) -> Finding:
    """Return a finding that keeps jobs from running."""
    return Finding(level=Level.PROBLEM, subject=subject, problem=what, remedy=remedy)


def warning(subject: str, what: str, remedy: str) -> Finding:
    """Return a finding with which jobs still run."""
    return Finding(level=Level.WARNING, subject=subject, problem=what, remedy=remedy)


def unknown(subject: str, what: str, remedy: str) -> Finding:
    """Return the finding that something can't be checked."""
    return Finding(level=Level.UNKNOWN, subject=subject, problem=what, remedy=remedy)


Run = Callable[["Context"], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        title: What is true of a healthy fleet.
        actions: The IAM actions of its calls, beside those that read the functions' configuration.
    """

    name: str
    title: str
    run: Run
    actions: tuple[str, ...] = ()


class Result(Struct, frozen=True, kw_only=True):
    """The result of a check. `blocked` is why it was not run, or empty."""

    check: str
    title: str
    seconds: float
    findings: tuple[Finding, ...] = ()
    blocked: str = ""

    @property
    def status(self) -> str:
        """Return `ok`, the level of the worst finding, or `skipped`."""
        if self.blocked:
            return "skipped"
        levels = [one.level for one in self.findings]
        return next((level.value for level in Level if level in levels), "ok")


class Report(Struct, frozen=True, kw_only=True):
    """The results of all checks. An unknown version is empty."""

    fleet: str
    region: str
    version: str
    deployed_version: str
    results: tuple[Result, ...]

    def count(self, level: Level) -> int:
        """Return the number of findings of that level."""
        return sum(one.level is level for _, one in self.findings)

    @property
    def findings(self) -> Sequence[tuple[str, Finding]]:
        """Return all findings with the name of their check, the most serious first."""
        found = [(result.check, one) for result in self.results for one in result.findings]
        return sorted(found, key=lambda pair: list(Level).index(pair[1].level))
