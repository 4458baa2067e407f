"""The build host: runs the builds that StartBuild starts in moto, each to its end.

This module schedules the transitions. `lifecycle.py` contains the phases and events, `push.py` the
push of the image.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from local.aws import build_host
from local.aws.build_host import BuildView
from local.codebuild import lifecycle
from local.codebuild.lifecycle import Durations
from local.codebuild.push import push
from local.timers import Timers

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

OnEvent = Callable[[dict[str, Any]], None]
Fails = Callable[[Mapping[str, str]], str | None]


class CodeBuild:
    """Runs builds in moto's CodeBuild from SUBMITTED to COMPLETED.

    Args:
        ecr: The client with which a successful build pushes its image.
        repository: Name of the image repository.
        on_event: Called with each "CodeBuild Build State Change" event, in order, on the thread of
            this object. It must return soon, because it blocks all builds.
        durations: Durations of a build's phases.
        fails: Called with the environment variables of each build before its push. Returns the
            reason if the build must fail, otherwise None.
    """

    def __init__(
        self,
        *,
        ecr: "ECRClient",
        repository: str,
        on_event: OnEvent = lambda _event: None,
        durations: Durations | None = None,
        fails: Fails = lambda _environment: None,
    ) -> None:
        self.fails = fails
        self._ecr = ecr
        self._repository = repository
        self._on_event = on_event
        self._durations = durations or Durations()
        self._timers = Timers("codebuild")
        self._changed = threading.Condition()
        self._builds: dict[str, BuildView] = {}

    def start(self) -> Self:
        """Start to control all builds that StartBuild starts.

        Raises:
            RuntimeError: Another host controls the builds.
        """
        self._timers.start()
        try:
            build_host.attach(self)
        except RuntimeError:
            self._timers.stop()
            raise
        return self

    def stop(self) -> None:
        """Drop all builds without an event, and detach from moto."""
        build_host.detach(self)
        self._timers.stop()

    def builds(self) -> list[BuildView]:
        """Return the current state of all builds, oldest first."""
        with self._changed:
            return deepcopy(list(self._builds.values()))

    def wait(self, until: Callable[[list[BuildView]], bool], timeout: float) -> bool:
        """Wait up to `timeout` seconds until `until(builds)` is true; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: until(list(self._builds.values())), timeout)

    def finish(self, build_id: str) -> None:
        """End the build now: it pushes its image, or fails.

        Raises:
            ValueError: The build does not exist.
        """
        if self.view(build_id) is None:
            raise ValueError(f"no build {build_id}")
        self._timers.after(0, lambda: self._finish(build_id))

    def begin(self, build: BuildView) -> None:
        """See `BuildHost.begin`."""
        build_id, durations = build["id"], self._durations
        with self._changed:
            self._builds[build_id] = lifecycle.begun(build, _now())
            self._move(build_id, lifecycle.PROVISIONING)
            self._tell(build_id)
        own = 60.0 * build["timeoutInMinutes"]
        timeout = own if durations.timeout is None else durations.timeout
        self._timers.after(durations.provisioning, lambda: self._build(build_id))
        self._timers.after(timeout, lambda: self._end(build_id, lifecycle.TIMED_OUT))

    def halt(self, build_id: str) -> None:
        """See `BuildHost.halt`."""
        self._end(build_id, lifecycle.STOPPED)

    def view(self, build_id: str) -> BuildView | None:
        """See `BuildHost.view`."""
        with self._changed:
            return deepcopy(self._builds.get(build_id))

    def _build(self, build_id: str) -> None:
        with self._changed:
            self._move(build_id, lifecycle.BUILD)
        if self._durations.build is not None:
            self._timers.after(self._durations.build, lambda: self._finish(build_id))

    def _finish(self, build_id: str) -> None:
        with self._changed:
            if self._is_over(build_id):
                return
            self._move(build_id, lifecycle.BUILD)
            variables = self._builds[build_id]["environment"]["environmentVariables"]
        environment = {one["name"]: one["value"] for one in variables}
        reason = self.fails(environment) or push(self._ecr, self._repository, environment)
        self._end(build_id, lifecycle.FAILED if reason else lifecycle.SUCCEEDED, reason or "")

    def _end(self, build_id: str, status: str, reason: str = "") -> None:
        with self._changed:
            if self._is_over(build_id):
                return
            build = self._builds[build_id]
            self._builds[build_id] = lifecycle.ended(build, status, _now(), reason)
            self._tell(build_id)

    def _move(self, build_id: str, phase: str) -> None:
        """Move the build to a phase, unless it is past it. The caller holds the lock."""
        if not self._is_over(build_id):
            self._builds[build_id] = lifecycle.entered(self._builds[build_id], phase, _now())
            self._changed.notify_all()

    def _tell(self, build_id: str) -> None:
        """Send the event of the build's current status. The caller holds the lock."""
        self._changed.notify_all()
        event = lifecycle.event(self._builds[build_id], str(uuid.uuid4()), _now())
        self._timers.after(0, lambda: self._on_event(event))

    def _is_over(self, build_id: str) -> bool:
        return bool(self._builds[build_id]["buildComplete"])


def _now() -> datetime:
    return datetime.now(UTC)
