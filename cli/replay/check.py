"""Checks that today's code reads recorded events as it must: `replay check`. Pure.

Each event must decode and fold, and the next actions after it must be computable. Where a recording
has expectations, statuses and actions after each event must equal them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from msgspec import Struct

from cli.replay.meaning import LATER, meaning
from cli.streams.golden import Golden
from cli.streams.stored import StoredStream
from shared.domain import history
from shared.domain.events import Recorded, Unknown
from shared.domain.history import History
from shared.domain.next_action import pending_actions
from shared.domain.policy import ClassSize, CommitStatuses, Images, Placement, Policy
from shared.domain.stream import NoSuchStream
from shared.domain.unreadable import Unreadable

EVERY_RULE = Policy(
    classes={"any": ClassSize(cpu=256, memory=512)},
    default_class="any",
    placement=Placement(image="", task_definition="", subnets=("",), security_groups=()),
    images=Images(default_base="any", revision=""),
    cancel_refused_runs=True,
    commit_statuses=CommitStatuses(enabled=True),
    lost_job_reruns=1,
)
"""The policy for exports, which hold none. Each rule that can be turned off is on."""
_NOTHING = "nothing"


class Failure(Struct, frozen=True, kw_only=True):
    """A stream that today's code does not read as it must.

    Attributes:
        seq: The number of the first such event; null if the whole stream is concerned.
        problem: What is wrong.
        expected: The recorded meaning, if it differs; else empty.
        today: The meaning to this version, if it differs; else empty.
    """

    stream: str
    seq: int | None = None
    problem: str
    expected: str = ""
    today: str = ""


@dataclass
class Checked:
    """The progress of a check. `unknown` counts events whose type this version does not have."""

    streams: int = 0
    events: int = 0
    failures: int = 0
    unknown: dict[str, int] = field(default_factory=dict)


def check_export(streams: Iterable[StoredStream], checked: Checked) -> Iterator[Failure]:
    """Yield what is wrong with streams without expectations: the first failure of each."""
    for one in streams:
        yield from _counted(one, _unfolded(one, EVERY_RULE), checked)


def check_golden(golden: Golden, checked: Checked) -> Iterator[Failure]:
    """Yield what is wrong with a recorded history: the first failure of each stream."""
    expected = golden.expected
    for one in golden.streams():
        failure = _unfolded(one, golden.policy)
        if failure is None and expected is not None and one.stream in expected:
            found = meaning(one.stream, one.recorded, golden.policy)
            failure = differing(one.stream, found, expected[one.stream])
        elif failure is None and expected is not None:
            failure = Failure(stream=one.stream, problem="it is recorded, but not expected")
        yield from _counted(one, failure, checked)
    for name in (expected or {}).keys() - golden.recording.streams.keys():
        checked.failures += 1
        yield Failure(stream=name, problem="it is expected, but not recorded")


def differing(stream: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> Failure | None:
    """Return where a stream's `meaning` first differs from the expected one; None if nowhere."""
    lines = zip_longest(found["events"], expected["events"], fillvalue=_NOTHING)
    for seq, (now, then) in enumerate(lines, start=1):
        if now != then:
            return Failure(
                stream=stream,
                seq=seq,
                problem="it means something else",
                expected=str(then),
                today=str(now),
            )
    for key in sorted(found["end"].keys() | expected["end"].keys()):
        now, then = found["end"].get(key), expected["end"].get(key)
        if now != then:
            return Failure(
                stream=stream,
                problem=f"{key} at its end differs",
                expected=str(then),
                today=str(now),
            )
    return None


def _unfolded(stored: StoredStream, policy: Policy) -> Failure | None:
    """Return the first event that can't be decoded or folded, or that has no next actions."""
    name = stored.stream
    if stored.problem is not None:
        return Failure(stream=name, seq=_seq(stored.problem), problem=stored.problem.problem)
    try:
        after: History[Any] = history.read(name, ())
    except NoSuchStream:
        return Failure(stream=name, problem="its name is not that of a fleet's stream")
    try:
        history.read(name, stored.recorded)
    except Unreadable as error:
        return _first_unfolded(name, stored.recorded, error)
    for one in stored.recorded:
        after = history.record(after, [one.event])
        at = one.event.recorded_at
        try:
            for now in (at, at + LATER):
                list(pending_actions(after.state, now, policy))
        except Exception as error:  # noqa: BLE001 - any error of a rule is the answer
            problem = f"its next actions can't be computed: {type(error).__name__}: {error}"
            return Failure(stream=name, seq=one.seq, problem=problem)
    return None


def _first_unfolded(name: str, recorded: Sequence[Recorded], error: Unreadable) -> Failure:
    """Return the first event up to which the stream can't be folded."""
    for count, one in enumerate(recorded, start=1):
        try:
            history.read(name, recorded[:count])
        except Unreadable as first:
            return Failure(stream=name, seq=_seq(first) or one.seq, problem=first.problem)
    return Failure(stream=name, problem=error.problem)


def _seq(error: Unreadable) -> int | None:
    """Return the number of the event that an error names, such as 3 of `job-7 event 3`."""
    number = error.key.rpartition(" event ")[2]
    return int(number) if number.isdecimal() else None


def _counted(stored: StoredStream, failure: Failure | None, checked: Checked) -> Iterator[Failure]:
    checked.streams += 1
    checked.events += len(stored.recorded)
    for one in stored.recorded:
        if isinstance(one.event.fact, Unknown):
            checked.unknown[one.event.type] = checked.unknown.get(one.event.type, 0) + 1
    if failure is not None:
        checked.failures += 1
        yield failure
