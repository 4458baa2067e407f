"""The recorded histories and what is expected of them, as files.

`recorded/` holds the stored texts of events and nothing that could be derived from them;
`expected/` holds what they meant when it was written. Both have one file a story.

A recorded file is JSON Lines: what the story is, then for each stream a line with its name and the
texts of its events as they are stored, in order.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

ROOM = Path(__file__).parent
_STREAM = '{"stream":'
"""How a line with the name of a stream begins. That of an event begins with its id."""


class Recording(Struct, frozen=True, kw_only=True):
    """One story: the stored texts of each stream's events, in order.

    Attributes:
        about: What happens in it.
        policy: The name of the policy under which it was recorded.
    """

    about: str
    policy: str
    streams: Mapping[str, tuple[str, ...]]


class Files(Struct, frozen=True):
    """The files in a folder, which has a folder for each of the two kinds."""

    room: Path = ROOM

    def names(self) -> list[str]:
        """The names of all recorded stories, sorted."""
        return sorted(path.stem for path in self.room.glob("recorded/*.jsonl"))

    def recording(self, name: str) -> Recording:
        """The recorded story of that name."""
        first, *lines = self._recorded(name).read_text(encoding="utf-8").splitlines()
        streams: dict[str, list[str]] = {}
        texts: list[str] = []
        for line in lines:
            if line.startswith(_STREAM):
                texts = streams.setdefault(json.loads(line)["stream"], [])
            else:
                texts.append(line)
        return Recording(
            **json.loads(first), streams={name: tuple(texts) for name, texts in streams.items()}
        )

    def expected(self, name: str) -> dict[str, Any]:
        """What is expected of the story, by stream."""
        content: dict[str, Any] = json.loads(self._expected(name).read_text(encoding="utf-8"))
        return content

    def write(self, name: str, recording: Recording) -> None:
        """Write what was recorded."""
        lines = [json.dumps({"about": recording.about, "policy": recording.policy})]
        for stream, texts in recording.streams.items():
            lines += [json.dumps({"stream": stream}), *texts]
        _write(self._recorded(name), "\n".join(lines))

    def expect(self, name: str, meaning: Mapping[str, Any]) -> None:
        """Write what is expected from now on."""
        _write(self._expected(name), json.dumps(meaning, indent=1))

    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.room.glob("*/*.json*"))

    def _recorded(self, name: str) -> Path:
        return self.room / "recorded" / f"{name}.jsonl"

    def _expected(self, name: str) -> Path:
        return self.room / "expected" / f"{name}.json"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")
