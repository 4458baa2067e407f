"""Runs checks in order and prints the outcome of each."""

import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import Conflict, Refused, Unavailable
from smoke.aws import explained
from smoke.site import Site
from smoke.verdict import Check, Failed, Outcome, Outcomes, Skipped, Verdict

_FORESEEN = (BotoCoreError, ClientError, Unavailable, Refused, Conflict)


@dataclass(kw_only=True)
class Run:
    """One run of checks.

    Attributes:
        echo: Prints a line.
        only: Names of the checks to run; empty: all.
        skip: Reasons for the checks to skip, by name.
        met: Names of checks that count as successful for those that need them.
    """

    site: Site
    echo: Callable[[str], None]
    only: Set[str] = frozenset()
    skip: Mapping[str, str] = field(default_factory=dict)
    met: Set[str] = frozenset()
    clock: Callable[[], float] = time.monotonic
    outcomes: Outcomes = field(default_factory=Outcomes)

    def all(self, checks: Iterable[Check]) -> None:
        """Run all checks; their exceptions do not propagate."""
        for check in checks:
            if not self.only or check.name in self.only or check.always:
                self._one(check)

    def _one(self, check: Check) -> None:
        started, begun = datetime.now(UTC), self.clock()
        verdict, text, remedy = self._judge(check)
        outcome = Outcome(
            check=check,
            verdict=verdict,
            text=text,
            remedy=remedy,
            started=started,
            seconds=self.clock() - begun,
        )
        self.outcomes.all.append(outcome)
        for line in lines(outcome):
            self.echo(line)

    def _judge(self, check: Check) -> tuple[Verdict, str, str]:
        """Run a check and return verdict, text and remedy."""
        if check.name in self.skip:
            return Verdict.SKIPPED, self.skip[check.name], ""
        if unmet := self._unmet(check):
            return Verdict.SKIPPED, f"needs {unmet}", ""
        try:
            return Verdict.OK, check.run(self.site), ""
        except Failed as failed:
            return Verdict.FAILED, failed.cause, failed.remedy or check.remedy
        except Skipped as skipped:
            return Verdict.SKIPPED, skipped.reason, ""
        except _FORESEEN as error:
            return Verdict.FAILED, explained(error), check.remedy

    def _unmet(self, check: Check) -> str:
        """Return the first required check that did not succeed, or an empty string.

        With `only`, checks that it does not name count as passed.
        """
        for name in check.needs:
            outcome = self.outcomes.of(name)
            if name in self.met or (outcome is None and self.only):
                continue
            if outcome is None or outcome.verdict is not Verdict.OK:
                return name
        return ""


def lines(outcome: Outcome) -> list[str]:
    """Format an outcome."""
    head = f"{outcome.verdict:<8} {outcome.check.title}  ({outcome.seconds:.1f} s)"
    if outcome.verdict is not Verdict.FAILED:
        return [f"{head}: {' '.join(outcome.text.split())}"]
    return [head, f"         cause:  {outcome.text}", f"         remedy: {outcome.remedy}"]
