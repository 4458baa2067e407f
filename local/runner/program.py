"""Emulates GitHub's runner program: connects, waits for one job, runs it and exits.

The exit code is 0 after a job, after SIGTERM or SIGINT, and if the registration was deleted. It is
1 if the just-in-time config is invalid or the connection fails. The program runs as a separate
process, as in a container, so it uses only the standard library.
"""

import base64
import binascii
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

VERSION = "2.330.0"
CONFIG = "ACTIONS_RUNNER_INPUT_JITCONFIG"
"""GitHub's runner also reads every argument from an environment variable, which it then removes.
Source: actions/runner, src/Runner.Listener/CommandSettings.cs."""
_BEAT_SECONDS = 0.25
_TRIES = 5
_UNAUTHORIZED = 401
_HOOK_STARTED, _HOOK_COMPLETED = (
    f"ACTIONS_RUNNER_HOOK_JOB_{when}" for when in ("STARTED", "COMPLETED")
)
"""Scripts that run before and after a job's steps. Source: GitHub Docs, "Running scripts before or
after a job"."""
_RESULTS = {"success": "Succeeded", "failure": "Failed", "cancelled": "Canceled"}


class StoppedError(Exception):
    """The program received a stop signal."""


class GoneError(Exception):
    """The runner is no longer registered at GitHub."""


class Server:
    """A client of the server in the just-in-time config."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url.rstrip('/')}/stand-in/"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, what: str, **body: Any) -> Any:
        """Send a request and return the response; None if it is empty.

        Raises:
            GoneError: The runner is not registered.
            OSError: The response is missing or malformed.
        """
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(  # noqa: S310 - the config's URL is HTTP
            self._base + what, data, self._headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                if error.code == _UNAUTHORIZED:
                    raise GoneError from error
                raise
        return json.loads(text) if text else None


class Stop:
    """Records a stop signal. While the program waits for a job, the signal interrupts it."""

    def __init__(self) -> None:
        self.asked = False
        self._interrupts = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def __enter__(self) -> None:
        self._interrupts = True
        if self.asked:
            raise StoppedError

    def __exit__(self, *_: object) -> None:
        self._interrupts = False

    def _ask(self, _number: int, _frame: Any) -> None:
        first, self.asked = not self.asked, True
        if first and self._interrupts:
            raise StoppedError


def main(arguments: list[str]) -> int:
    """Run the command `run` with the config in the environment; return the exit code."""
    stop = Stop()
    try:
        server = configured(arguments)
        work(server, wait_for_job(server, stop), stop)
    except StoppedError:
        say("Exiting...")
    except GoneError:
        say("The runner registration has been deleted from the server.")
    except (ValueError, OSError) as error:
        say(f"An error occurred: {error}")
        return 1
    return 0


def configured(arguments: list[str]) -> Server:
    """Return a client of the server in the just-in-time config.

    Raises:
        ValueError: The arguments or the config are invalid.
    """
    encoded = os.environ.pop(CONFIG, "")  # jobs must not see it
    if arguments != ["run"] or not encoded:
        raise ValueError(f"expected: run, with the just-in-time config in {CONFIG}")
    try:
        files = json.loads(base64.b64decode(encoded, validate=True))
        return Server(files[".runner"]["serverUrl"], files[".credentials"]["data"]["token"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise ValueError("the just-in-time config is not one") from None


def connect(server: Server) -> None:
    """Connect to the server.

    Raises:
        OSError: The server did not answer in any attempt.
    """
    for left in reversed(range(_TRIES)):
        try:
            server.call("POST", "session", version=VERSION)
            break
        except OSError:
            if not left:
                raise
            time.sleep(_BEAT_SECONDS)
    print("√ Connected to GitHub\n", flush=True)  # noqa: T201 - the output of GitHub's runner
    print(f"Current runner version: '{VERSION}'", flush=True)  # noqa: T201
    say("Listening for Jobs")


def wait_for_job(server: Server, stop: Stop) -> dict[str, Any]:
    """Connect and return the job that the server assigns, without a time limit."""
    try:
        with stop:
            connect(server)
            while True:
                job: dict[str, Any] | None = server.call("GET", "job")
                if job is not None:
                    return job
    except StoppedError:
        with suppress(GoneError, OSError):
            server.call("DELETE", "session")
        raise


def work(server: Server, job: dict[str, Any], stop: Stop) -> None:
    """Run the hooks and the job's command, and send the conclusion."""
    say(f"Running job: {job['name']}")
    environment = os.environ | variables(job)
    conclusion = "failure"
    if hooked(_HOOK_STARTED, environment):
        conclusion = steps(server, job, environment, stop)
    if not hooked(_HOOK_COMPLETED, environment):
        conclusion = "failure"
    server.call("POST", "result", conclusion=conclusion)
    say(f"Job {job['name']} completed with result: {_RESULTS[conclusion]}")


def variables(job: dict[str, Any]) -> dict[str, str]:
    """Return the environment variables of a job and its hooks, as far as they are used.

    Source: GitHub Docs, "Variables reference".
    """
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_JOB": job["name"],
        "GITHUB_REPOSITORY": job["repository"],
        "GITHUB_RUN_ATTEMPT": str(job["run_attempt"]),
        "GITHUB_RUN_ID": str(job["run_id"]),
    }


def hooked(name: str, environment: dict[str, str]) -> bool:
    """Run the hook of that name, if it exists; return whether the job can continue."""
    script = environment.get(name)
    if not script:
        return True
    command = ["/usr/bin/env", "bash", "-e", script]
    return not subprocess.call(command, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603


def steps(server: Server, job: dict[str, Any], environment: dict[str, str], stop: Stop) -> str:
    """Run the job's command and return its conclusion."""
    command = ["/bin/sh", "-c", job["run"]]
    with subprocess.Popen(  # noqa: S603 - the job
        command, env=environment, stdin=subprocess.DEVNULL
    ) as process:
        try:
            return watched(server, process, stop)
        finally:
            process.kill()


def watched(server: Server, process: subprocess.Popen[bytes], stop: Stop) -> str:
    """Wait for the command, a cancellation or a stop signal; return the conclusion."""
    while not stop.asked:
        with suppress(subprocess.TimeoutExpired):
            return "failure" if process.wait(_BEAT_SECONDS) else "success"
        if server.call("POST", "heartbeat")["cancelling"]:
            return "cancelled"
    say("The runner has received a shutdown signal.")
    return "failure"


def say(text: str) -> None:
    """Print one line of the runner's log."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    print(f"{now}: {text}", flush=True)  # noqa: T201 - the program's output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
