"""`python -m local` as a process of its own, seen from outside: moto allows one stack a process."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from local import clients
from local.description import CONSUMERS, Description
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from tests.support.webhooks import job_payload, sign

PROJECT = Path(__file__).parents[3]
PATIENCE = 120
"""Seconds after which a test gives up on what it waits for."""
_LOOK_SECONDS = 0.1
_DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def until(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait for `holds` to give something true, and return that."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(_LOOK_SECONDS)
    return found


def run(module: str, *words: str, environment: dict[str, str] | None = None) -> Any:
    """`python -m module …`, to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        env={**os.environ, **(environment or {})},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def descendants(pid: int) -> dict[int, str]:
    """Every process that comes from that one, and its command line."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    commands = {int(child): command for child, _, command in rows}
    parents = {int(child): int(parent) for child, parent, _ in rows}

    def comes_from(child: int) -> bool:
        parent = parents.get(child)
        return parent is not None and (parent == pid or comes_from(parent))

    return {child: command for child, command in commands.items() if comes_from(child)}


def alive(pids: Iterable[int]) -> set[int]:
    """Those of the processes that are still there, and not only waiting to be reaped."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return set(pids) & {int(pid) for pid, state in rows if not state.startswith("Z")}


class Up:
    """A running `python -m local up`: what it printed and wrote, and what a test asks of it."""

    def __init__(
        self, process: "subprocess.Popen[str]", details: dict[str, Any], out: Path
    ) -> None:
        self.process = process
        self.details = details
        self.repository: str = details["repository"]
        self.names = Description("local")
        self._out = out
        self._http = urllib3.PoolManager(retries=False, timeout=30, maxsize=50)
        self._clients = clients.Clients(details["aws"])
        self.dynamodb, self.ecs = self._clients.make("dynamodb"), self._clients.make("ecs")
        self.sqs, self.s3 = self._clients.make("sqs"), self._clients.make("s3")
        self.logs = self._clients.make("logs")
        ssm = self._clients.make("ssm")
        asked = ssm.get_parameter(Name=self.names.parameter("github-token"), WithDecryption=True)
        self._github_token = asked["Parameter"]["Value"]
        self.table = DynamoRunnersTable(self.dynamodb, self.names.runners_table)
        self.log = DynamoEventLog(self.dynamodb, self.names.events_table, self.names.runners_table)

    @property
    def printed(self) -> str:
        """All that it has printed so far."""
        return self._out.read_text()

    def close(self) -> None:
        """Let go of the connections; the process is the fixture's."""
        self._http.clear()
        self._clients.close()

    def ecsrunner(self, *words: str) -> Any:
        """The command line, as a user of this stack runs it."""
        return run("cli", *words, environment=self.details["cli"])

    def post(self, url: str, body: str | bytes, headers: dict[str, str] | None = None) -> Any:
        """Send a request on a connection of its own: a kept one may just be closed by its end."""
        given = {"connection": "close", **(headers or {})}
        return self._http.request("POST", url, body=body, headers=given)

    def queue(
        self,
        shell: str = "true",
        labels: tuple[str, ...] = ("self-hosted",),
        repository: str | None = None,
    ) -> int:
        """Queue a job at the GitHub stand-in; its id."""
        asked = {"repository": repository or self.repository, "labels": labels, "run": shell}
        answer = self.post(f"{self.details['github']}/stand-in/jobs", json.dumps(asked))
        assert answer.status == 201, answer.data
        return int(answer.json()["id"])

    def deliver(
        self,
        action: str,
        job_id: int,
        guids: Iterable[str],
        *,
        repository: str | None = None,
        **job: object,
    ) -> list[int]:
        """Send a signed webhook under each GUID, all at once; the statuses.

        The stand-in does not know the job.
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        job = {"created_at": now, **job}
        told = job_payload(action, job_id, repository=repository or self.repository, **job)
        body = json.dumps(told).encode()
        headers = {
            "content-type": "application/json",
            "x-github-event": "workflow_job",
            "x-hub-signature-256": sign(body, self.details["webhook_secret"]),
        }

        def send(guid: str) -> int:
            given = {**headers, "x-github-delivery": guid}
            return int(self.post(self.details["webhook"], body, given).status)

        with ThreadPoolExecutor(50) as threads:
            return list(threads.map(send, guids))

    def abandon(self, job_id: int) -> None:
        """Cancel a job that the stand-in does not know, and wait for its runners to be over."""
        self.deliver("completed", job_id, [f"cancel-{job_id}"], conclusion="cancelled")
        rows = self.rows
        until(
            lambda: all(one.status == "OFFLINE" and not one.deadline for one in rows(job_id)),
            f"the runners of job {job_id} are over",
        )

    def nudges(self) -> int:
        """How many messages the queues hold, waiting or in work."""
        return sum(self._depth(self.names.queue(one), *_DEPTHS) for one in CONSUMERS)

    def rows(self, job_id: int) -> list[RunnerRow]:
        """The rows of all runners that were planned for the job."""
        return [row for row in self.table.all() if row.job_id == job_id]

    def types(self, job_id: int) -> list[str]:
        """The types of the job's events, in order."""
        return [one.event.type for one in self.log.read(StreamId.of_job(job_id))]

    def ends(self, job_id: int) -> str:
        """Wait for the job's first runner, and what it ran, to be over and cleaned up; its id."""
        runner_id = f"local-{job_id}-1"

        def is_over() -> bool:
            row = self.table.get(runner_id)
            if row is None or row.status not in {"OFFLINE", "FAILED"} or row.deadline:
                return False
            return row.ran_job_id is None or row.conclusion is not None

        until(is_over, f"{runner_id} is over")
        return runner_id

    def tasks(self, job_id: int) -> list[dict[str, Any]]:
        """Every task that was started for the job, live or not."""
        listed = [
            arn
            for status in ("RUNNING", "STOPPED")
            for page in self.ecs.get_paginator("list_tasks").paginate(
                cluster=self.names.cluster, desiredStatus=status
            )
            for arn in page["taskArns"]
        ]
        if not listed:
            return []  # ECS takes no empty list
        described = self.ecs.describe_tasks(cluster=self.names.cluster, tasks=listed)["tasks"]
        return [one for one in described if one["startedBy"].startswith(f"local-{job_id}-")]

    def registered(self) -> list[str]:
        """The names of all runners that GitHub knows."""
        url = f"{self.details['github']}/repos/{self.repository}/actions/runners"
        headers = {"authorization": f"Bearer {self._github_token}"}
        answer = self._http.request("GET", url, headers=headers)
        assert answer.status == 200, answer.data
        return [one["name"] for one in answer.json()["runners"]]

    def ingest_log(self) -> list[dict[str, Any]]:
        """The entries of ingest's log in CloudWatch Logs."""
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.names.log_group("ingest")
        )
        lines = [one["message"] for page in pages for one in page["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def dead_letters(self) -> dict[str, int]:
        """How many messages every dead-letter queue holds."""
        queues = [*map(self.names.dead_letters, CONSUMERS), self.names.failed_events]
        return {queue: self._depth(queue, *_DEPTHS) for queue in queues}

    def _depth(self, queue: str, *attributes: str) -> int:
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=attributes)
        return sum(map(int, answer["Attributes"].values()))


@contextmanager
def started(directory: Path, *words: str) -> Iterator[Up]:
    """`python -m local up` with these arguments, ready; it is stopped at the end."""
    file, out = directory / "details.json", directory / "printed.txt"
    with out.open("w") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "up", "--write", str(file), *words],
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": str(directory)},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        until(lambda: file.exists() or process.poll() is not None, "the stack is up")
        assert process.poll() is None, out.read_text()
        up = Up(process, json.loads(file.read_text()), out)
        yield up
        up.close()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


# --- what `up` prints, done ----------------------------------------------------------------------

Send = Callable[[Up, str], Any]


def commands(printed: str) -> tuple[str, str]:
    """The two examples of the usage: a job, and a webhook of one's own."""
    job, webhook = re.findall(r"^  (?:curl -s |BODY=)(?:.|\n  )*", printed, re.MULTILINE)
    return job, webhook


def by_shell(_up: Up, text: str) -> str:
    """Run the text as it stands; what it answers."""
    done = subprocess.run(
        ["bash", "-euc", text], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return done.stdout


def by_hand(up: Up, text: str) -> str:
    """Do what the text says to curl and openssl, without either."""
    given = re.findall(r"^ *(BODY|SECRET)=('[^']*')", text, re.MULTILINE)
    variables = {name: shlex.split(value)[0] for name, value in given}
    variables["RANDOM"] = "0"
    if given:
        signature = sign(variables["BODY"].encode(), variables["SECRET"])
        variables["SIGNATURE"] = signature.removeprefix("sha256=")
    words = [_filled(word, variables) for word in shlex.split(text[text.index("curl ") :])]
    headers = dict(re.split(": *", words[at + 1], maxsplit=1) for at in _all(words, "-H"))
    answer = up.post(words[2], words[words.index("-d") + 1], headers)
    return f"HTTP/1.1 {answer.status}\n{answer.data.decode()}"


def _all(words: list[str], wanted: str) -> list[int]:
    return [at for at, word in enumerate(words) if word == wanted]


def _filled(word: str, variables: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda found: variables[found[1]], word)


SENDERS = [by_hand, *([by_shell] if shutil.which("curl") and shutil.which("openssl") else [])]
