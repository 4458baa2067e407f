"""Compares what recorded events mean to today's code with what was expected of them."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from tests.histories.files import Recording
from tests.histories.policies import POLICIES
from tests.histories.rendering import rendered

_NOTHING = "nothing"


def meaning(recording: Recording) -> dict[str, Any]:
    """What today's code makes of the recorded events, by stream.

    Raises:
        CodecError: a text is not an event.
    """
    policy = POLICIES[recording.policy]
    streams = recording.streams.items()
    return {stream: rendered(stream, texts, policy) for stream, texts in streams}


def difference(recording: Recording, expected: Mapping[str, Any]) -> str | None:
    """Where today's meaning first differs from the expected one, in words; None if nowhere."""
    if list(expected) != list(recording.streams):
        return f"streams {list(recording.streams)} are recorded, {list(expected)} expected"
    found = meaning(recording)
    differences = (
        _of_stream(name, found[name], expected[name], texts)
        for name, texts in recording.streams.items()
    )
    return next((one for one in differences if one), None)


def _of_stream(
    stream: str, found: Mapping[str, Any], expected: Mapping[str, Any], texts: Sequence[str]
) -> str | None:
    lines = zip_longest(found["events"], expected["events"], fillvalue=_NOTHING)
    for seq, (now, then) in enumerate(lines, start=1):
        if now != then:
            text = texts[seq - 1] if seq <= len(texts) else _NOTHING
            return (
                _described(f"after event {seq} of {stream}", then, now) + f"\n  the event: {text}"
            )
    for key in sorted(found["end"].keys() | expected["end"].keys()):
        now, then = found["end"].get(key), expected["end"].get(key)
        if now != then:
            return _described(f"{key} at the end of {stream}, after {len(texts)} events", then, now)
    return None


def _described(where: str, then: object, now: object) -> str:
    return f"{where}\n  expected:  {then}\n  today:     {now}"
