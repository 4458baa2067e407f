"""What a bug is, and how a piece of the product is replaced for a while. No bug lives here."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from shared.domain import next_action
from shared.domain.next_action import Rule

ONE_JOB = "one job, its consumers crash and its notices are lost"
DYING = "one job, its task dies while time passes"
TWO_JOBS = "two equal jobs"
ONE_SLOT = "two jobs and one slot"
CANCELLED = "two equal jobs, one may be cancelled"
LOST = "two equal jobs, a notice is lost"
UNEQUAL = "two jobs that want different runners"
FAILING = "one job, a call fails and a consumer crashes"
DOUBLED = "one job, a notice is doubled"

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Worlds:
    """Simulated worlds in which a bug shows.

    Attributes:
        seed: The first one that is tried; after it come those from 0 on, should it show elsewhere.
    """

    profile: str
    seed: int = 0
    jobs: int | None = None
    aim: str | None = None


@dataclass(frozen=True)
class Caught:
    """By whom, where, what was violated, and the seconds that the search for it took."""

    by: str
    where: str
    what: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A product that is wrong on purpose.

    Attributes:
        says: What is wrong, in the words of who suffers from it.
        breaks: Words in what is violated. Another violation is not what the bug is about, so it
            does not count; nor does a checker that breaks down.
        plant: Puts the wrong piece in place, and takes it out again.
        scenario: Where exploration looks first. None if it runs no such piece of the product, as
            adapters, or does not ask for what is broken.
        worlds: Where simulation looks for it.
    """

    name: str
    says: str
    breaks: tuple[str, ...]
    plant: Plant
    scenario: str | None = ONE_JOB
    worlds: Worlds = Worlds("storm")

    def is_seen_in(self, caught: Caught | None) -> bool:
        """Whether what was violated is what the bug breaks."""
        return caught is not None and any(words in caught.what for words in self.breaks)


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let an attribute of a module or class be `value` meanwhile."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def entry(table: Any, key: Any, value: Any) -> Iterator[None]:
    """Let a table hold `value` meanwhile."""
    assert isinstance(table, MutableMapping)
    before = dict(table)
    table[key] = value
    try:
        yield
    finally:
        table.clear()
        table.update(before)


@contextmanager
def together(*plants: AbstractContextManager[object]) -> Iterator[None]:
    """Plant several wrong pieces that make one bug."""
    with ExitStack() as stack:
        for plant in plants:
            stack.enter_context(plant)
        yield


def rules(wrong: Mapping[Rule, Rule | None]) -> AbstractContextManager[None]:
    """Let others stand in the places of these rules for jobs, or nothing."""
    there = {one for _, one in next_action.RULES}
    assert there >= wrong.keys(), "the product has no such rule"
    found = [(role, wrong.get(one, one)) for role, one in next_action.RULES]
    return replaced(next_action, "RULES", tuple(one for one in found if one[1] is not None))


def rule(right: Rule, wrong: Rule | None) -> AbstractContextManager[None]:
    """Let `wrong` stand in the place of a rule for jobs, or nothing."""
    return rules({right: wrong})
