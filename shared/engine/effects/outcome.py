"""Builds the outcome of an effect on a runner."""

from shared.domain.decision import Decided
from shared.domain.events import Fact
from shared.domain.runner.state import Runner, RunnerPhase


def of_runner(runner: Runner, fact: Fact) -> Decided:
    """Return the fact under an id that is the same after a crash, and new for the next effect."""
    sent = runner.stop.sent if runner.stop else 0
    name = f"{runner.id}/{type(fact).__name__}/{runner.attempts}.{runner.stops}.{sent}"
    # A fact about the live runner may occur again after the runner has ended.
    closed = ".closed" if runner.phase is RunnerPhase.CLOSED else ""
    return Decided(id=f"{name}{closed}", fact=fact)
