"""Injects faults into a running stack, for the demo with `FAULTS=storm`.

A seed determines all faults. Webhooks are lost, duplicated and delayed; lost ones are redelivered
later, as an operator would request at GitHub. RunTask is throttled or finds no capacity. GitHub's
API fails or limits requests. Spot tasks are interrupted. Schedulers are killed during RunTask.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from threading import Event, Lock
from typing import Any

from werkzeug.wrappers import Request, Response

from local.aws.task_host import NoCapacity, Throttled
from local.background import Background
from local.github.answers import refused
from local.github.deliveries import Delivery
from local.github.rest import no_faults
from local.part import Part
from local.stack import Stack

REDELIVERED_AFTER_SECONDS = 3.0
_LOOK_SECONDS = 0.3
_KILLS = 2
_INTERRUPTIONS = 2
_SPOT = "FARGATE_SPOT"


class Storm(Part):
    """The fault injection. `faults` counts by kind, `interrupted` has runners of Spot tasks."""

    def __init__(self, stack: Stack, seed: int | None = None) -> None:
        self.faults: Counter[str] = Counter()
        self.interrupted: set[str] = set()
        self._stack = stack
        self._rng = Random(seed)  # noqa: S311 - not a secret
        self._lock = Lock()
        self._redelivered: set[str] = set()
        self._killed_for: set[str] = set()
        self._weather = Background("storm", self._blow)

    def start(self) -> None:
        """Start to inject faults into a running stack.

        Raises:
            RuntimeError: The stack does not run.
        """
        if self._stack.github.hook is None:
            raise RuntimeError("start the stack before its faults")
        self._stack.github.hook.plan = self._plan
        self._stack.github.faults = self._at_github
        self._stack.fargate.faults = self._at_ecs
        self._weather.start()

    def stop(self) -> None:
        """Stop injecting faults."""
        self._weather.stop()
        self._stack.github.faults = no_faults
        self._stack.fargate.faults = lambda _request: None

    def _happens(self, kind: str, chance: float) -> bool:
        with self._lock:
            happens = self._rng.random() < chance
            self.faults[kind] += happens
        return happens

    def _plan(self, _delivery: Delivery) -> Sequence[float]:
        if self._happens("webhooks lost", 0.1):
            return ()
        if self._happens("webhooks doubled", 0.15):
            return (0.0, 0.2)
        return (1.5,) if self._happens("webhooks late", 0.15) else (0.0,)

    def _at_github(self, request: Request) -> Response | None:
        if request.method == "POST" and self._happens("GitHub limits", 0.15):
            return refused(403, "You have exceeded a secondary rate limit.", retry_after="1")
        if self._happens("GitHub errors", 0.1):
            return refused(502, "Server Error")
        return None

    def _at_ecs(self, request: Mapping[str, Any]) -> None:
        runner_id = str(request.get("clientToken"))
        providers = [one["capacityProvider"] for one in request.get("capacityProviderStrategy", ())]
        if self._happens("RunTask throttled", 0.15):
            raise Throttled
        if _SPOT in providers and self._happens("no Spot capacity", 0.25):
            raise NoCapacity
        if runner_id not in self._killed_for and self.faults["schedulers killed"] < _KILLS:
            self._killed_for.add(runner_id)
            self._kill_schedulers()

    def _kill_schedulers(self) -> None:
        """Kill all schedulers. ECS starts the task, but no function gets its ARN."""
        self.faults["schedulers killed"] += 1
        for pid in self._stack.host.environments("scheduler"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _blow(self, stopping: Event) -> None:
        while not stopping.wait(_LOOK_SECONDS):
            self._redeliver()
            if len(self.interrupted) < _INTERRUPTIONS:
                self._interrupt()

    def _redeliver(self) -> None:
        hook = self._stack.github.hook
        if hook is None:
            return
        before = time.time() - REDELIVERED_AFTER_SECONDS
        for one in hook.deliveries():
            lost = one.status != "pending" and not one.succeeded and not one.redelivery
            if lost and one.guid not in self._redelivered and one.delivered_at.timestamp() < before:
                self._redelivered.add(one.guid)
                hook.redeliver(one.id)

    def _interrupt(self) -> None:
        """Interrupt a Spot task, whether its runner is idle or busy."""
        for task in self._stack.fargate.tasks():
            spot = task.get("capacityProviderName") == _SPOT
            running = task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING"
            if spot and running and self._happens("Spot tasks interrupted", 0.1):
                self.interrupted.add(task["startedBy"])
                self._stack.fargate.interrupt(task["taskArn"])
                return
