"""Runner images in memory: built once per token, moved on by the test."""

import hashlib
import threading
from collections import Counter

from msgspec import Struct
from msgspec.structs import replace

from shared.ports import Build, Refused

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/memory"
_DEFINITIONS = "arn:aws:ecs:us-east-1:123456789012:task-definition"


class Request(Struct, frozen=True, kw_only=True):
    """What a build was asked for."""

    tag: str
    base: str


class MemoryImages:
    """`Images` in dicts. `build` is idempotent by token, as StartBuild is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._build_ids: dict[str, str] = {}
        self.images: dict[str, str] = {}
        self.builds: dict[str, Build] = {}
        self.requests: dict[str, Request] = {}
        self.definitions: dict[str, str] = {}
        self.calls: Counter[str] = Counter()

    def find(self, tag: str) -> str | None:
        """See `Images.find`."""
        with self._lock:
            self.calls["find"] += 1
            return self.images.get(tag)

    def build(self, tag: str, base: str, token: str) -> Build:
        """See `Images.build`."""
        with self._lock:
            self.calls["build"] += 1
            asked = Request(tag=tag, base=base)
            new = f"memory:{len(self.builds) + 1}"
            build_id = self._build_ids.setdefault(token, new)
            if self.requests.setdefault(build_id, asked) != asked:
                raise Refused(f"{token}: another build was started under this token")
            log = f"https://logs.example/{build_id}"
            begun = Build(build_id=build_id, status="IN_PROGRESS", log_url=log)
            return self.builds.setdefault(build_id, begun)

    def check(self, build_id: str) -> Build | None:
        """See `Images.check`."""
        with self._lock:
            self.calls["check"] += 1
            return self.builds.get(build_id)

    def stop(self, build_id: str) -> None:
        """See `Images.stop`. The build is over at once."""
        self.calls["stop"] += 1
        build = self.builds.get(build_id)
        if build is not None and build.status == "IN_PROGRESS":
            self.end(build_id, "STOPPED")

    def register(self, base_definition: str, image: str, tag: str) -> str:
        """See `Images.register`. Any base will do."""
        with self._lock:
            self.calls["register"] += 1
            family = base_definition.rpartition("/")[2].partition(":")[0]
            arn = f"{_DEFINITIONS}/{family}-{tag}:{len(self.definitions) + 1}"
            self.definitions[arn] = image
            return arn

    def push(self, tag: str) -> str:
        """Put an image into the registry, as a build does or somebody else; the image.

        Raises:
            Refused: there is one of that tag already.
        """
        with self._lock:
            if tag in self.images:
                raise Refused(f"tag {tag} already exists, and is immutable")
            digest = hashlib.sha256(tag.encode()).hexdigest()
            self.images[tag] = f"{REPOSITORY}@sha256:{digest}"
            return self.images[tag]

    def end(self, build_id: str, status: str = "SUCCEEDED", reason: str = "") -> Build:
        """Let a build end, as CodeBuild would; the build. A good one has pushed its image."""
        if status == "SUCCEEDED":
            try:
                self.push(self.requests[build_id].tag)
            except Refused as error:
                status, reason = "FAILED", error.reason
        with self._lock:
            ended = replace(self.builds[build_id], status=status, reason=reason)
            self.builds[build_id] = ended
            return ended

    def running(self) -> list[Build]:
        """The builds that have not ended."""
        return [build for build in self.builds.values() if build.status == "IN_PROGRESS"]
