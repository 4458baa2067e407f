"""A stack whose scheduler dies at a given call; run as a process, for moto allows one a process.

`python -m tests.local.stack.crashing CALL DIRECTORY` prints as JSON what became of the one job.
"""

import json
import os
import shlex
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from local.stack import Options, Stack, lambda_for
from shared.domain.stream import StreamId
from tests.local.stack.support import until

SOON = {"VisibilityTimeout": "1"}
_POLLS = 6
"""So many polls later, none is under way that began before: two pollers, a second a poll."""


class Killer:
    """Kills every environment of the scheduler, once, while it waits for the answer to a call."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.killed: list[int] = []

    def strike(self, _request: Any = None) -> None:
        if not self.killed:
            self.killed = self._stack.host.environments("scheduler")
            for pid in self.killed:
                os.kill(pid, signal.SIGKILL)


def _see_soon(stack: Stack) -> None:
    """Let what a dead scheduler had in work come back to its queue at once, not after minutes."""

    def polls() -> int:
        return stack.aws.calls.snapshot(lambda_for("scheduler"))["sqs.ReceiveMessage"]

    url = stack.resources.queues["scheduler"]
    stack.clients.make("sqs").set_queue_attributes(QueueUrl=url, Attributes=SOON)
    before = polls()
    until(lambda: polls() >= before + _POLLS, "all polls have begun anew")


def _types(stack: Stack, job_id: int) -> list[str]:
    return [one.event.type for one in stack.log.read(StreamId.of_job(job_id))]


def main(call: str, directory: str) -> None:
    with Stack(Path(directory), Options(prefix="crash")) as stack:
        killer = Killer(stack)
        if call == "RunTask":
            stack.fargate.faults = killer.strike
        else:
            stack.github.faults = killer.strike
        _see_soon(stack)
        go_on = Path(directory) / "go-on"
        waits = f"until [ -e {shlex.quote(str(go_on))} ]; do sleep 0.1; done"
        job = stack.github.actions.queue(stack.options.repository, ("self-hosted",), run=waits)
        until(lambda: "RunnerLaunched" in _types(stack, job.id), "the launch is known")
        go_on.touch()
        until(lambda: job.status == "completed", "the job is over")
        until(lambda: not any(row.deadline for row in stack.table.all()), "its runner is over")
        told = {
            "killed": killer.killed,
            "conclusion": job.conclusion,
            "tasks": Counter(task["startedBy"] for task in stack.fargate.tasks()),
            "types": _types(stack, job.id),
            "registered": [one.name for one in stack.github.actions.registered()],
            "dead_letters": stack.dead_letters(),
        }
    print(json.dumps(told))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
