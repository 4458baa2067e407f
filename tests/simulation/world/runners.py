"""The runner program in each task: reads its config, takes one job, runs it, exits. Or does not.

Here are its misfortunes: it is killed, it hangs, it comes up deregistered, Spot takes its task.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from local.github.model import Job, Runner, UnknownError
from shared.adapters.s3 import VARIABLE
from tests.simulated.agenda import Agenda
from tests.simulated.aws.ecs import ECS, SPOT_NOTICE, Task
from tests.simulated.aws.stores import S3
from tests.simulated.weather import Weather
from tests.simulation.world.github import GitHub

VERSION = "2.330.0"
SPOT = "SpotInterruption"
_SPOT = (SPOT, "Your Spot Task was interrupted.")
FOREVER_SECONDS = 20_000.0
"""A job that hangs: it outlives its runner's TTL."""
WITHOUT_JOB = 66
"""What the entrypoint ends with if no job has left its mark (`runner/entrypoint.sh`)."""
POLLED_SECONDS = 50.0
"""So long the runner program may take to notice that its registration is gone: one long poll."""
NOTICED_SECONDS = 60.0
"""So long GitHub may take to notice that a runner is gone; meanwhile it may be given a job."""


@dataclass
class Process:
    """The runner in a task. `token` is what it proves itself with at GitHub."""

    arn: str
    runner_id: str
    token: str
    alive: bool = True
    hangs: bool = False
    idle_since: float | None = None
    job_id: int | None = None


class Runners:
    """`Program` of every task.

    Attributes:
        waits: How long each runner was idle before it took its job.
        cut: When the task of each job began to stop that was cut off by Spot or by a crash.
        on_unregistered: Told of each runner that came up and is not registered at GitHub.
    """

    def __init__(self, agenda: Agenda, weather: Weather, s3: S3, ecs: ECS, github: GitHub) -> None:
        self.processes: dict[str, Process] = {}
        self._by_runner: defaultdict[str, list[Process]] = defaultdict(list)
        self.waits: list[float] = []
        self.killings = 0
        self.cut: dict[int, datetime] = {}
        self.on_unregistered: Callable[[str], None] = lambda _runner_id: None
        self._agenda = agenda
        self._rng = agenda.rng
        self._weather = weather
        self._s3 = s3
        self._ecs = ecs
        self._actions = github.actions
        ecs.program = self
        github.on_start = self._took
        github.whims.on_removed = self._was_removed

    # --- what the task's host tells -------------------------------------------------------------

    def pulled(self, task: Task) -> str | None:
        """See `Program.pulled`."""
        text = self._environment_file(task)
        if text is None:
            return "unable to download env files: file download command: NoSuchKey"
        name, _, config = text.strip().partition("=")
        if name != VARIABLE:
            return f"the environment file sets {name}"
        files = json.loads(base64.b64decode(config))
        token = files[".credentials"]["data"]["token"]
        process = Process(task["taskArn"], task["startedBy"], token)
        self.processes[task["taskArn"]] = process
        self._by_runner[process.runner_id].append(process)
        return None

    def started(self, task: Task) -> None:
        """See `Program.started`."""
        process = self.processes[task["taskArn"]]
        first, last = self._weather.outage
        if first <= self._agenda.seconds < last:
            self._agenda.after(self._rng.uniform(0.1, 2), lambda: self._break(process))
            return
        if self._rng.random() < self._weather.killed:
            self._agenda.after(self._rng.uniform(0, 120), lambda: self._crash(process))
        if self._rng.random() < self._weather.hung:
            process.hangs = True
        self._agenda.after(self._rng.uniform(1, 5), lambda: self._connect(process))

    def terminated(self, task: Task) -> None:
        """See `Program.terminated`: an idle runner leaves at once, a busy one may work on."""
        process = self.processes.get(task["taskArn"])
        if process is None or not process.alive:
            return
        if process.job_id is not None:
            if task["stopCode"] == SPOT and self._drawn(self._weather.shut_down):
                self._agenda.after(self._rng.uniform(2, 5), lambda: self._shut_down(process))
            return
        if not process.hangs:
            self._agenda.after(self._rng.uniform(0.1, 3), lambda: self._leave(process))

    def killed(self, task: Task) -> None:
        """See `Program.killed`."""
        process = self.processes.get(task["taskArn"])
        if process is not None:
            if task["stopCode"] == SPOT:
                self._note_cut(process)
            process.alive = False
            self._lose(process)

    def spot_storm(self) -> None:
        """Spot capacity is taken back: most of its tasks get their notice, and there is no more."""
        self._ecs.no_spot_until = self._agenda.seconds + self._rng.uniform(60, 600)
        for task in self._ecs.live():
            if task["capacityProviderName"] == "FARGATE_SPOT" and self._rng.random() < 0.8:
                self._interrupt(task["taskArn"])

    def _interrupt(self, arn: str) -> None:
        """Interrupt a task, whose job may have failed by itself a moment ago.

        Not twice: a job that fails by itself after the notice is taken for a lost one (ADR 23).
        """
        if self._ecs.tasks[arn].get("stoppingAt"):
            return
        process = self.processes.get(arn)
        is_busy = process is not None and process.alive and process.job_id is not None
        if process is not None and is_busy and self._drawn(self._weather.failing):
            self._end(process, "failure")
            after = self._rng.uniform(0, 2)
            self._agenda.after(after, lambda: self._ecs.stop(arn, *_SPOT, notice=SPOT_NOTICE))
        else:
            self._ecs.stop(arn, *_SPOT, notice=SPOT_NOTICE)

    # --- what the program does ------------------------------------------------------------------

    def _took(self, job: Job) -> None:
        """GitHub gave a runner its job."""
        runner_id = job.runner_name or ""
        found = self._by_runner[runner_id]
        process = next((one for one in found if one.idle_since is not None), None)
        if process is None:
            raise AssertionError(f"{runner_id} took a job without a process")
        process.job_id = job.id
        if process.alive:
            self.waits.append(self._agenda.seconds - (process.idle_since or 0.0))
        hung = self._rng.random() < self._weather.hung
        seconds = FOREVER_SECONDS if hung else self._weather.working(self._rng)
        self._agenda.after(seconds, lambda: self._finish(process))

    def _connect(self, process: Process) -> None:
        task = self._ecs.tasks.get(process.arn)
        running = task is not None and task["lastStatus"] == "RUNNING"
        if not process.alive or not running or process.hangs:
            return
        try:
            process.idle_since = self._agenda.seconds
            self._actions.connect(process.token, VERSION)
        except UnknownError:
            self.on_unregistered(process.runner_id)
            process.alive = False
            self._ecs.exits(process.arn, 1)

    def _finish(self, process: Process) -> None:
        if not process.alive or process.job_id is None:
            return
        if self._actions.job(process.job_id).cancelling:
            self._end(process, "cancelled")
        elif self._is_told_to_stop(process):
            self._end(process, "success")
        else:
            self._end(process, "failure" if self._drawn(self._weather.failing) else "success")

    def _is_told_to_stop(self, process: Process) -> bool:
        """Whether its task is being stopped. GitHub's runner then ends its job within seconds, so
        no job fails by itself meanwhile (ADR 23 says what remains)."""
        return bool(self._ecs.tasks[process.arn]["desiredStatus"] == "STOPPED")

    def _shut_down(self, process: Process) -> None:
        """Fail the job and exit, as GitHub's runner does when it is told to stop."""
        if process.alive and process.job_id is not None:
            self._note_cut(process)
            self._end(process, "failure")

    def _end(self, process: Process, conclusion: str) -> None:
        try:
            self._actions.finish(process.token, conclusion)
        except UnknownError as gone:
            raise AssertionError(f"{process.runner_id} lost its registration at work") from gone
        process.job_id = None
        process.alive = False
        slow = 200.0 if self._rng.random() < self._weather.hung else 4.0
        self._agenda.after(self._rng.uniform(0.5, slow), lambda: self._ecs.exits(process.arn, 0))

    def _leave(self, process: Process) -> None:
        if not process.alive or process.job_id is not None:
            return
        process.alive = False
        self._disconnect(process)
        self._ecs.exits(process.arn, WITHOUT_JOB)

    def _was_removed(self, runner_id: str) -> None:
        """GitHub removed an idle runner, whose program ends with 0 as soon as it notices."""
        for process in self._by_runner[runner_id]:
            if process.alive and process.idle_since is not None and process.job_id is None:
                after = self._rng.uniform(0, POLLED_SECONDS)
                self._agenda.after(after, partial(self._leave, process))

    def _crash(self, process: Process) -> None:
        if not process.alive:
            return
        process.alive = False
        self.killings += 1
        self._lose(process)
        self._ecs.exits(process.arn, 137)
        if self._ecs.tasks[process.arn].get("stopCode") in (SPOT, "EssentialContainerExited"):
            self._note_cut(process)

    def _note_cut(self, process: Process) -> None:
        """Note that the job of the process, if any, was cut off."""
        if process.job_id is not None:
            self.cut[process.job_id] = self._ecs.tasks[process.arn]["stoppingAt"]

    def _drawn(self, rate: float) -> bool:
        """Nothing is drawn where it never happens, so that other worlds stay as they are."""
        return rate > 0 and self._rng.random() < rate

    def _break(self, process: Process) -> None:
        """The program can not start: it has not come as far as GitHub."""
        if process.alive:
            process.alive = False
            self._ecs.exits(process.arn, 1)

    def _lose(self, process: Process) -> None:
        after = self._rng.uniform(0, NOTICED_SECONDS)
        self._agenda.after(after, lambda: self._disconnect(process))

    def _disconnect(self, process: Process) -> None:
        try:
            self._actions.disconnect(process.token)
        except UnknownError:
            return

    def _environment_file(self, task: Task) -> str | None:
        (override,) = task["overrides"]["containerOverrides"]
        (file,) = override["environmentFiles"]
        bucket, _, key = file["value"].rpartition(":")[2].partition("/")
        found = self._s3.buckets[bucket].get(key)
        return found[0].decode() if found else None

    def idle(self) -> dict[str, float]:
        """Since when each idle runner that is online has been so, by its id."""
        online = {one.name: one for one in self._actions.registered() if _is_idle(one)}
        return {
            one.runner_id: one.idle_since
            for one in self.processes.values()
            if one.runner_id in online and one.alive and one.idle_since is not None
        }


def _is_idle(runner: Runner) -> bool:
    return runner.online and runner.job_id is None
