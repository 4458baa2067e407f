"""Stored logs keep their meaning: recorded histories replayed against today's code.

The models are the replay tests of Temporal. README.md says what to do when one fails.
"""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.codec import decode
from tests.histories.files import Files, Recording
from tests.histories.record import STORIES, main
from tests.histories.replay import difference, meaning

FILES = Files()
NAMES = FILES.names()
MOST_BYTES = 450_000
SWAP = FILES.recording("swap-of-two")


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_history_means_what_it_meant_when_it_was_recorded(name: str) -> None:
    found = difference(FILES.recording(name), FILES.expected(name))
    assert found is None, f"{name}: {found}"


def test_every_type_of_event_is_recorded() -> None:
    recordings = map(FILES.recording, NAMES)
    texts = [text for one in recordings for stream in one.streams.values() for text in stream]
    assert {type(decode(text).fact) for text in texts} == set(e.TYPES.values())


def test_the_histories_are_many_and_small_and_each_story_has_one() -> None:
    assert len(NAMES) >= 30
    assert set(NAMES) >= set(STORIES)
    assert FILES.size() < MOST_BYTES


# --- what is said of a difference -----------------------------------------------------------------


def test_a_difference_names_the_first_event_after_which_it_shows() -> None:
    renamed = _edited(SWAP, '"type":"JobStarted"', '"type":"JobBegun"')
    message = str(difference(renamed, FILES.expected("swap-of-two")))
    assert message.startswith("after event 5 of job-1\n  expected:  JobStarted: started; ")
    assert "\n  today:     JobBegun (unknown): queued; 1=WAITING_FOR_JOB" in message
    assert '\n  the event: {"id":"outside-' in message


def test_an_event_that_is_missing_or_too_much_is_a_difference() -> None:
    expected = FILES.expected("swap-of-two")
    streams = {stream: texts[:-1] for stream, texts in SWAP.streams.items()}
    assert "after event 12 of job-1\n" in str(difference(replace(SWAP, streams=streams), expected))
    expected["job-2"]["events"].pop()
    assert "after event 12 of job-2\n  expected:  nothing" in str(difference(SWAP, expected))


def test_a_stream_that_is_missing_is_a_difference() -> None:
    expected = FILES.expected("swap-of-two")
    del expected["job-2"]
    assert "['job-1', 'job-2'] are recorded" in str(difference(SWAP, expected))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("phase", "started"),
        ("rows", {"fleet-1-1": "FAILED: it ended"}),
        ("actions", {"scheduler": ["Launch"]}),
        ("actions_a_day_later", {"reconciler": ["StopTask"]}),
    ],
)
def test_what_differs_only_at_the_end_is_a_difference(key: str, value: Any) -> None:
    expected = FILES.expected("swap-of-two")
    expected["job-1"]["end"][key] = value
    message = str(difference(SWAP, expected))
    assert message.startswith(f"{key} at the end of job-1, after 12 events\n  expected:  {value}")


def _edited(recording: Recording, old: str, new: str) -> Recording:
    """The recording with that part of all texts replaced."""
    streams = {
        stream: tuple(text.replace(old, new) for text in texts)
        for stream, texts in recording.streams.items()
    }
    return replace(recording, streams=streams)


# --- the generator --------------------------------------------------------------------------------


def test_a_new_recording_and_what_is_expected_of_it_agree(tmp_path: Path) -> None:
    files = Files(tmp_path)
    main(["swap-of-two", "image-built"], files)
    assert files.names() == ["image-built", "swap-of-two"]
    for name in files.names():
        assert difference(files.recording(name), files.expected(name)) is None


def test_a_recorded_story_is_recorded_again_only_if_that_is_asked_for(tmp_path: Path) -> None:
    files = Files(tmp_path)
    old = replace(SWAP, about="recorded by an older version")
    files.write("swap-of-two", old)
    files.expect("swap-of-two", {})
    main(["swap-of-two"], files)
    assert (files.recording("swap-of-two"), files.expected("swap-of-two")) == (old, {})
    main(["swap-of-two", "--expected"], files)
    assert files.recording("swap-of-two") == old
    assert files.expected("swap-of-two") == meaning(old)
    main(["swap-of-two", "--again"], files)
    assert files.recording("swap-of-two").about == STORIES["swap-of-two"].about
