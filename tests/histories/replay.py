"""Compares what recorded events mean to today's code with what was expected of them."""

from collections.abc import Mapping
from typing import Any

from cli.replay import meaning as today
from cli.replay.check import differing
from shared.domain import codec
from tests.histories.files import Recording
from tests.histories.policies import POLICIES


def meaning(recording: Recording) -> dict[str, Any]:
    """What today's code makes of the recorded events, by stream.

    Raises:
        Unreadable: a text is not an event.
    """
    policy = POLICIES[recording.policy]
    return {
        stream: today.meaning(
            stream,
            [codec.recorded(stream, seq, text) for seq, text in enumerate(texts, start=1)],
            policy,
        )
        for stream, texts in recording.streams.items()
    }


def difference(recording: Recording, expected: Mapping[str, Any]) -> str | None:
    """Where today's meaning first differs from the expected one, in words; None if nowhere."""
    if list(expected) != list(recording.streams):
        return f"streams {list(recording.streams)} are recorded, {list(expected)} expected"
    found = meaning(recording)
    for stream, texts in recording.streams.items():
        failure = differing(stream, found[stream], expected[stream])
        if failure is None:
            continue
        meanings = f"\n  expected:  {failure.expected}\n  today:     {failure.today}"
        if failure.seq is None:
            key = failure.problem.partition(" ")[0]
            return f"{key} at the end of {stream}, after {len(texts)} events{meanings}"
        text = texts[failure.seq - 1] if failure.seq <= len(texts) else "nothing"
        return f"after event {failure.seq} of {stream}{meanings}\n  the event: {text}"
    return None
