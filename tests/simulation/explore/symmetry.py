"""One world stands for all that differ only by an exchange of equal jobs: the least of them.

Jobs are sorted by what describes each without naming another. Jobs with equal descriptions are
tried in every order.
"""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby, permutations, product
from typing import Any

import msgspec

from tests.simulation.explore.moves import Moves
from tests.simulation.explore.naming import Names
from tests.simulation.explore.world import Job, Notice, Nudge, Runner, World

_encode = msgspec.msgpack.Encoder().encode


class Symmetry:
    """Finds the world that stands for all that are equal up to the names of equal jobs."""

    def __init__(self, moves: Moves) -> None:
        self._streams = moves.streams
        self._consumers = moves.consumers
        labels = moves.scenario.labels
        self._jobs = range(1, len(labels) + 1)
        self._alike = [
            [job for job in self._jobs if labels[job - 1] == one] for one in dict.fromkeys(labels)
        ]
        if moves.model.scarce or not moves.scenario.reductions.symmetry:
            self._alike = [[job] for job in self._jobs]
        self._same = (0, *self._jobs)

    def canonical(self, world: World) -> World:
        return min(
            world if names == self._same else self.renamed(world, names)
            for names in self._orders(world)
        )

    def renamings(self, world: World, alike: tuple[int, ...]) -> Iterator[World]:
        """The world under every exchange of the jobs `alike`."""
        for order in permutations(alike):
            names = list(range(len(world.jobs) + 1))
            for old, new in zip(alike, order, strict=True):
                names[old] = new
            yield self.renamed(world, tuple(names))

    def _orders(self, world: World) -> Iterator[Names]:
        """The renamings that put jobs of equal labels in the order of their descriptions."""
        described = {job: self._description(world, job) for job in self._jobs}
        for orders in product(*(_sorted(jobs, described) for jobs in self._alike)):
            names = [0] * (len(described) + 1)
            for jobs, order in zip(self._alike, orders, strict=True):
                for new, old in zip(jobs, order, strict=True):
                    names[old] = new
            yield tuple(names)

    def _description(self, world: World, job: int) -> tuple[Any, ...]:
        at = world.jobs[job - 1]
        return (
            self._streams.shape(world.versions[job - 1]),
            at.phase,
            at.home == job,
            [(one.role, one.after) for one in world.nudges if one.job == job],
            [(one.kind, one.home == job) for one in world.notices if one.job == job],
        )

    def renamed(self, world: World, names: Names) -> World:
        jobs = [0] * len(world.jobs)
        for number in self._jobs:
            jobs[names[number] - 1] = number - 1
        streams, consumers = self._streams, self._consumers
        return World(
            clock=world.clock,
            left=world.left,
            versions=tuple([streams.renamed(world.versions[old], names) for old in jobs]),
            counter=world.counter,
            nudges=tuple(sorted([Nudge(names[one.job], *one[1:]) for one in world.nudges])),
            drives=tuple(sorted([consumers.renamed(one, names) for one in world.drives])),
            jobs=tuple([_job(world.jobs[old], names) for old in jobs]),
            runners=tuple(sorted([_runner(one, names) for one in world.runners])),
            notices=tuple(sorted([_notice(one, names) for one in world.notices])),
            lost=tuple(sorted([_notice(one, names) for one in world.lost])),
            active=consumers.renamed(world.active, names) if world.active >= 0 else -1,
        )


def digest(world: World) -> bytes:
    """Sixteen bytes that stand for the world."""
    return blake2b(_encode(world), digest_size=16).digest()


def _sorted(jobs: list[int], described: dict[int, tuple[Any, ...]]) -> Iterator[tuple[int, ...]]:
    """The jobs in order; each order of those that are equal."""
    ordered = sorted(jobs, key=described.__getitem__)
    equal = [permutations(group) for _, group in groupby(ordered, key=described.__getitem__)]
    for groups in product(*equal):
        yield tuple(job for group in groups for job in group)


def _job(job: Job, names: Names) -> Job:
    return Job(job.phase, names[job.home], job.number, job.conclusion)


def _runner(runner: Runner, names: Names) -> Runner:
    busy = names[runner.busy] if runner.busy > 0 else runner.busy
    return runner._replace(home=names[runner.home], busy=busy)


def _notice(notice: Notice, names: Names) -> Notice:
    kind, job, home, *more = notice
    return Notice(kind, names[job], names[home], *more)
