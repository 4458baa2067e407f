"""Recorded histories with what is expected of them: the format of `tests/histories`.

A folder of them has `recorded/NAME.jsonl`, `expected/NAME.json` and `policies.json`, the policies
by name. A recorded file is JSON Lines: what the story is, then for each stream a line with its name
and the texts of its events as they are stored, in order.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cli.streams.exported import BadExportError
from cli.streams.stored import StoredStream, stored
from shared.domain import codec
from shared.domain.events import Recorded
from shared.domain.policy import Policy

RECORDED, EXPECTED, POLICIES = "recorded", "expected", "policies.json"
_STREAM = '{"stream":'
"""How a line with the name of a stream begins. That of an event begins with its id."""
_header = msgspec.json.Decoder(dict[str, str])
_policies = msgspec.json.Decoder(dict[str, Policy])
_expected = msgspec.json.Decoder(dict[str, dict[str, Any]])


class Recording(Struct, frozen=True, kw_only=True):
    """One story: the stored texts of each stream's events, in order.

    Attributes:
        about: What happens in it.
        policy: The name of the policy under which it was recorded.
    """

    about: str
    policy: str
    streams: Mapping[str, tuple[str, ...]]


class Golden(Struct, frozen=True, kw_only=True):
    """A recorded history, its policy, and what is expected of each stream, if there is a file."""

    recording: Recording
    policy: Policy
    expected: Mapping[str, dict[str, Any]] | None

    def streams(self) -> Iterator[StoredStream]:
        """Yield the streams. An event that can't be decoded is its stream's problem."""
        for name, texts in self.recording.streams.items():
            yield stored(name, partial(_recorded, name, texts))


def golden_files(path: Path) -> list[Path]:
    """Return the recorded files of a folder, or the file itself; none if it is something else."""
    if path.is_dir():
        return sorted((path / RECORDED).glob("*.jsonl"))
    if path.suffix != ".jsonl":
        return []
    with path.open("rb") as file:
        return [path] if _fields(file.readline()).keys() >= {"about", "policy"} else []


def read_golden(path: Path) -> Golden:
    """Return a recorded history with its policy and what is expected of it.

    Raises:
        BadExportError: the file, its policies or its expectations can't be decoded.
        OSError: a file can't be read.
    """
    recording = read_recording(path)
    room = path.parent.parent
    try:
        policies = _policies.decode((room / POLICIES).read_bytes())
        expected = room / EXPECTED / f"{path.stem}.json"
        wanted = _expected.decode(expected.read_bytes()) if expected.exists() else None
    except (msgspec.DecodeError, FileNotFoundError) as error:
        raise BadExportError(f"{path} has no readable policies or expectations: {error}") from error
    if recording.policy not in policies:
        names = ", ".join(policies)
        raise BadExportError(
            f"{path} names the policy {recording.policy!r}; {room / POLICIES} has: {names}"
        )
    return Golden(recording=recording, policy=policies[recording.policy], expected=wanted)


def read_recording(path: Path) -> Recording:
    """Return the recorded history of a file.

    Raises:
        BadExportError: the file is none.
        OSError: the file can't be read.
    """
    first, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    header = _fields(first.encode())
    streams: dict[str, list[str]] = {}
    try:
        texts: list[str] | None = None
        for line in lines:
            if line.startswith(_STREAM):
                texts = streams.setdefault(msgspec.json.decode(line)["stream"], [])
            elif texts is None:
                raise BadExportError(f"{path} has an event before the name of a stream")
            else:
                texts.append(line)
        return Recording(
            about=header["about"],
            policy=header["policy"],
            streams={name: tuple(texts) for name, texts in streams.items()},
        )
    except (msgspec.DecodeError, KeyError) as error:
        raise BadExportError(f"{path} is no recorded history: {error}") from error


def _recorded(stream: str, texts: Sequence[str]) -> list[Recorded]:
    return [codec.recorded(stream, seq, text) for seq, text in enumerate(texts, start=1)]


def _fields(line: bytes) -> dict[str, str]:
    """Return the fields of a recorded file's first line; none if it is another line."""
    try:
        return _header.decode(line)
    except msgspec.DecodeError:
        return {}
