"""The answer to a what-if: three sides, the jobs that differ most, and what was assumed."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict

from cli.analysis.cost import Basis
from cli.whatif.assumed import Durations
from cli.whatif.comparison import Comparison, Difference
from cli.whatif.prices import price_settings
from cli.whatif.recording import Recording
from cli.whatif.side import WAITS, Totals
from shared.domain.policy import Policy


class Situation(Struct, frozen=True, kw_only=True):
    """The policy of one side, and what its tasks are priced by."""

    policy: Policy
    basis: Basis


class Change(Struct, frozen=True, kw_only=True):
    """A setting that differs.

    Attributes:
        setting: Its name in the file of --policy.
        before: Its recorded value; `-` if it has none.
        after: Its other value; `-` if it has none.
    """

    setting: str
    before: str
    after: str


class Report(Struct, frozen=True, kw_only=True):
    """The whole answer.

    Attributes:
        begins_at: When the first job was queued.
        ends_at: When the last event happened.
        recorded: What was.
        replayed: The recorded policy, run again. Its difference from `recorded` is the error of
            the model.
        what_if: The changed policy.
        wait_limits_seconds: The limits of the groups in `wait_counts` of each side, in seconds.
        changes: What differs between the policies and prices.
        differ_most: The jobs that differ most, the largest difference first.
        assumed_seconds: The durations in seconds that are assumed where the recording shows none.
        assumptions: What the model assumes, in sentences.
        unreadable: Keys of what could not be read, and is left out.
    """

    begins_at: datetime
    ends_at: datetime
    recorded: Totals
    replayed: Totals
    what_if: Totals
    wait_limits_seconds: tuple[int, ...] = WAITS
    changes: tuple[Change, ...]
    differ_most: tuple[Difference, ...]
    assumed_seconds: Durations
    assumptions: tuple[str, ...]
    unreadable: tuple[str, ...]


ASSUMPTIONS = (
    "a launch goes as the launch with the same number of the same job went",
    "a launch that the recording does not have takes the median times, and does not fail",
    "a launch that found no capacity fails again at the same capacity provider only",
    "a job takes as long as it took, on any class; tasks that AWS ended end at the same time",
    "GitHub offers, holds, cancels and refuses jobs when it did; images are ready when they were",
    "crashes, lost messages and other faults of the control plane do not happen",
)


def report(
    recording: Recording, was: Situation, what_if: Situation, replayed: Totals, changed: Comparison
) -> Report:
    """Return the answer, after both runs of a recording that has jobs have ended."""
    begins_at, ends_at = recording.period()
    return Report(
        begins_at=begins_at,
        ends_at=ends_at,
        recorded=changed.recorded.totals(),
        replayed=replayed,
        what_if=changed.changed.totals(),
        changes=tuple(_changes(recording.regions, was, what_if)),
        differ_most=tuple(changed.named),
        assumed_seconds=recording.durations,
        assumptions=(*_unfinished(recording), *recording.unknown, *ASSUMPTIONS),
        unreadable=tuple(one.key for one in recording.unreadable),
    )


def _unfinished(recording: Recording) -> tuple[str, ...]:
    if not recording.unfinished:
        return ()
    return (f"{recording.unfinished} jobs that have not ended in the recording take median times",)


def _changes(regions: tuple[str, ...], before: Situation, after: Situation) -> list[Change]:
    old, new = _flat(before, regions), _flat(after, regions)
    names = dict.fromkeys((*old, *new))
    return [
        Change(setting=name, before=old.get(name, "-"), after=new.get(name, "-"))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _flat(situation: Situation, regions: tuple[str, ...]) -> dict[str, str]:
    """Return the settings that a what-if can change, by their names in its file."""
    policy = situation.policy
    settings: dict[str, object] = {
        "max_runners": policy.max_runners,
        "default_class": policy.default_class,
        "circuit_failures": policy.circuit_failures,
        "circuit_pause": policy.circuit_pause,
        "max_launches": policy.max_launches,
        "launches_per_minute": policy.launches_per_minute,
        "require_run_label": policy.require_run_label,
        "backoff_first": policy.backoff_first,
        "backoff_most": policy.backoff_most,
    }
    settings |= {f"limits.{name}": value for name, value in asdict(policy.limits).items()}
    for name, size in policy.classes.items():
        capacity = ", ".join(size.capacity)
        settings[f"classes.{name}"] = f"{size.cpu} CPU units, {size.memory} MiB, {capacity}"
    settings |= price_settings(situation.basis, regions)
    return {name: str(value) for name, value in settings.items()}
