"""The product's consumers, stopped before each call of a port.

A drive is its role, its job and what its calls have returned so far. To find its next call the real
`Driver` runs again over a tape of those answers and is interrupted where the tape ends. `outside`
computes the effect of a call.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from shared.domain.actions import Role as Does
from shared.domain.policy import Policy
from shared.engine.dependencies import Dependencies as Fleet
from shared.engine.drive import Driver
from shared.engine.leases import Lease
from tests.simulation.explore.naming import Names, renamed
from tests.simulation.explore.streams import Streams, job_of
from tests.simulation.explore.world import Role, moment, seconds

ROLES = {
    Role.SCHEDULER: (Does.SCHEDULER,),
    Role.RECONCILER: (Does.RECONCILER,),
    Role.JANITOR: tuple(Does),
}
PORTS = ("log", "table", "registrations", "jobs", "commit_statuses", "configs", "tasks")


class Call(NamedTuple):
    """A call that a consumer is about to make. Keyword arguments follow the positional ones."""

    port: str
    method: str
    args: tuple[Any, ...]

    @property
    def name(self) -> str:
        return f"{self.port}.{self.method}"


class Ended(NamedTuple):
    """The drive is over; the message comes back at `retry_at` if that is set."""

    retry_at: int | None = None


class Broke(NamedTuple):
    """The drive raised: the message comes back, and ends in the dead-letter queue."""

    error: Exception


class Answer(NamedTuple):
    """What a call returned, and when. A read of the log is answered by a version's number."""

    at: int
    value: Any = None
    version: int = -1
    error: Exception | None = None


class Drive(NamedTuple):
    """A drive under way. `leases` are the launches that it began before the first answer."""

    role: Role
    job: int
    answers: tuple[Answer, ...]
    leases: tuple[tuple[str, Lease], ...] = ()

    @property
    def read(self) -> int:
        """The version of its own stream that the drive works on."""
        return self.answers[0].version

    def answered(self, answer: Answer) -> "Drive":
        return self._replace(answers=(*self.answers, answer))


Next = Call | Ended | Broke


class Consumers:
    """Every drive that a search has met, interned, and what each does next."""

    def __init__(
        self,
        streams: Streams,
        policy: Policy,
        ports: Callable[[Fleet], Fleet] = lambda fleet: fleet,
    ) -> None:
        self.drives: list[Drive] = []
        self._streams = streams
        self._policy = policy
        self._ports = ports
        self._known: dict[Any, int] = {}
        self._next: dict[int, Next] = {}
        self._fresh: dict[tuple[Role, int, int], int] = {}
        self._renamed: dict[tuple[int, Names], int] = {}

    def intern(self, drive: Drive) -> int:
        answers = tuple(_key(answer) for answer in drive.answers)
        key = (drive.role, drive.job, drive.leases, answers)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.drives)
            self.drives.append(drive)
        return found

    def fresh(self, role: Role, version: int, clock: int) -> int:
        """The drive that has just read this version of its stream."""
        found = self._fresh.get((role, version, clock))
        if found is None:
            job = job_of(self._streams.histories[version].stream)
            found = self.intern(Drive(role, job, (Answer(clock, version=version),)))
            self._fresh[role, version, clock] = found
        return found

    def next(self, number: int) -> Next:
        found = self._next.get(number)
        if found is None:
            found = self._next[number] = self.run(self.drives[number])
        return found

    def renamed(self, number: int, names: Names) -> int:
        found = self._renamed.get((number, names))
        if found is None:
            role, job, answers, leases = self.drives[number]
            answered = tuple(self._answer(answer, names) for answer in answers)
            kept = tuple((renamed(name, names), lease) for name, lease in leases)
            found = self.intern(Drive(role, names[job], answered, kept))
            self._renamed[number, names] = found
        return found

    def _answer(self, answer: Answer, names: Names) -> Answer:
        version = answer.version
        if version >= 0:
            version = self._streams.renamed(version, names)
        # A bare number is GitHub's id of a runner: no port returns another one.
        value = renamed(answer.value, names, "github_runner_id")
        return answer._replace(value=value, version=version)

    def run(self, drive: Drive) -> Next:
        tape = _Tape(drive, self._streams)
        ports = {name: _Port(name, tape) for name in PORTS}
        fleet = Fleet(clock=tape, policy=lambda: self._policy, pause=lambda _: None, **ports)
        driver = Driver(
            deps=self._ports(fleet),
            actor=drive.role.name.lower(),
            roles=ROLES[drive.role],
            returns=drive.role is not Role.JANITOR,
        )
        try:
            driven = driver.drive(f"job-{drive.job}", leases=dict(drive.leases))
        except _Reached as reached:
            return reached.call
        except Exception as error:  # noqa: BLE001 - whatever the product raises is a finding
            return Broke(error)
        return Ended(None if driven.retry_at is None else seconds(driven.retry_at))


def _key(answer: Answer) -> tuple[Any, ...]:
    return (*answer[:3], repr(answer.error) if answer.error else None)


class _Reached(BaseException):
    """The tape is at its end: not an Exception, so that the code under test can't catch it."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.name)
        self.call = call


class _Tape:
    """Repeats the recorded answers; as a clock, it returns the time of the last one."""

    def __init__(self, drive: Drive, streams: Streams) -> None:
        self._left = list(reversed(drive.answers))
        self._at = drive.answers[0].at
        self._streams = streams

    def now(self) -> Any:
        return moment(self._at)

    def answer(self, call: Call) -> Any:
        if not self._left:
            raise _Reached(call)
        answer = self._left.pop()
        self._at = answer.at
        if answer.error is not None:
            raise answer.error
        if answer.version >= 0:
            return self._streams.events[answer.version]
        return answer.value


class _Port:
    def __init__(self, name: str, tape: _Tape) -> None:
        self._name = name
        self._tape = tape

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._tape.answer(Call(self._name, method, (*args, *kwargs.values())))

        return call

    def reference(self, runner_id: str) -> str:
        """A name that is derived from another name: no call, so not a place to stop."""
        return f"arn:aws:s3:::configs/{runner_id}.env"

    def replace_rate_limits(self, *_: object) -> None:
        """No place to stop: so few launches never wait for their turns, and all read the same."""
