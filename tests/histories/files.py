"""The recorded histories and what is expected of them, as files.

`recorded/` holds the stored texts of events and nothing that could be derived from them;
`expected/` holds what they meant when it was written. Both have one file a story. `policies.json`
holds the policies that recorded files name. `cli.streams.golden` describes and reads the format.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cli.streams.golden import EXPECTED, POLICIES, RECORDED, Recording, read_recording
from shared.domain.policy import Policy

ROOM = Path(__file__).parent


class Files(Struct, frozen=True):
    """The files in a folder, which has a folder for each of the two kinds."""

    room: Path = ROOM

    def names(self) -> list[str]:
        """The names of all recorded stories, sorted."""
        return sorted(path.stem for path in self.room.glob("recorded/*.jsonl"))

    def recording(self, name: str) -> Recording:
        """The recorded story of that name."""
        return read_recording(self._recorded(name))

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

    def write_policies(self, policies: Mapping[str, Policy]) -> None:
        """Write the policies by name."""
        text = msgspec.json.format(msgspec.json.encode(policies), indent=1)
        _write(self.room / POLICIES, text.decode())

    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.room.glob("*/*.json*"))

    def _recorded(self, name: str) -> Path:
        return self.room / RECORDED / f"{name}.jsonl"

    def _expected(self, name: str) -> Path:
        return self.room / EXPECTED / f"{name}.json"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")
