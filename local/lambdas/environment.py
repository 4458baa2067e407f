"""One execution environment: a process that runs a function's handler, one invocation at a time.

It starts and ends the process and returns the results of invocations. `host` chooses the
environment of an invocation.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

from local.lambdas import client
from local.lambdas.function import REGION, Function, FunctionError, Result
from local.lambdas.runtime_api import Handover, Report, RuntimeApi

INIT_SECONDS = 10
"""Time limit of a cold start in seconds. Source: AWS Lambda Developer Guide, "Understanding the
Lambda execution environment lifecycle"."""

MAX_RESPONSE_BYTES = 6_291_556
"""Size limit of a response. Source: message of Lambda's `Function.ResponseSizeTooLarge` error."""

_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class _HandedOver:
    """The runtime has received the invocation, so its timeout starts."""


@dataclass(frozen=True)
class _Exited:
    """The process ended; a negative code is the signal that ended it."""

    code: int


class Environment:
    """A running process with its own environment. Its output is appended to `log`."""

    def __init__(self, function: Function, log: Path) -> None:
        self.function = function
        self._log = log
        self._invocations: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        self._seen: SimpleQueue[Report | _HandedOver | _Exited] = SimpleQueue()
        self._api = RuntimeApi(self._take, self._seen.put)
        self._killing = Lock()
        try:
            self._process = self._spawn()
        except OSError:
            self._api.server_close()
            raise
        self._reaper = Thread(target=self._reap, name=f"{function.name}-reaper", daemon=True)
        self._api.start()
        self._reaper.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    def invoke(self, request_id: str, event: bytes) -> Result:
        """Run one invocation. After a timeout or a crash the environment is not usable."""
        self._invocations.put((request_id, event))
        seen = self._await(INIT_SECONDS)
        if not isinstance(seen, _HandedOver):
            return self._ended(request_id, seen, INIT_SECONDS)
        seen = self._await(self.function.timeout)
        if not isinstance(seen, Report) or seen.kind == "init":
            return self._ended(request_id, seen, self.function.timeout)
        if seen.kind == "error":
            return _failed(request_id, FunctionError.read(_decoded(seen.body)))
        return _succeeded(request_id, seen.body)

    def kill(self) -> None:
        """End the process, its child processes and the threads of this object."""
        with self._killing:
            if self.usable:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._reaper.join()
            self._api.close()

    def _take(self) -> Handover | None:
        invocation = self._invocations.get()
        if invocation is None:
            return None
        request_id, event = invocation
        self._seen.put(_HandedOver())
        headers = {
            "Aws-Request-Id": request_id,
            "Deadline-Ms": str(int((time.time() + self.function.timeout) * 1000)),
            "Invoked-Function-Arn": self.function.arn,
            "Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid4().hex[:24]};Sampled=0",
        }
        return Handover(headers=headers, event=event)

    def _await(self, seconds: float) -> Report | _HandedOver | _Exited | None:
        try:
            return self._seen.get(timeout=seconds)
        except Empty:
            return None

    def _ended(self, request_id: str, seen: object, seconds: float) -> Result:
        """Return the result of an invocation whose environment has ended."""
        self.kill()
        if isinstance(seen, Report):
            return _failed(request_id, FunctionError.read(_decoded(seen.body)))
        if isinstance(seen, _Exited):
            kind, reason = "Runtime.ExitError", _exit_reason(seen.code)
        else:
            kind, reason = "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds"
        message = f"RequestId: {request_id} Error: {reason}"
        with self._log.open("a") as log:
            log.write(f"{message}\n")
        return _failed(request_id, FunctionError(type=kind, message=message))

    def _reap(self) -> None:
        self._seen.put(_Exited(self._process.wait()))
        self._invocations.put(None)

    def _spawn(self) -> subprocess.Popen[bytes]:
        roots = [Path(root).resolve() for root in self.function.path]
        alone = ["-S"] if roots else []  # without the installed packages of this project
        roots = [*roots, client.linked(self._log.parent / "client")] if roots else [_PROJECT]
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # a constant command
                [sys.executable, *alone, "-m", "awslambdaric", self.function.handler],
                env=variables(self.function, roots, self._api.address),
                cwd=next((root for root in roots if root.is_dir()), self._log.parent),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group to kill; Ctrl-C must not reach it
            )


def variables(function: Function, roots: list[Path], api: str) -> dict[str, str]:
    """Return the variables of the process: Lambda's and the function's, not those of this process.

    Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
    """
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, roots)),
        "LAMBDA_TASK_ROOT": str(roots[0]),
        "_HANDLER": function.handler,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{python}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid4().hex}",
        **function.environment,
        "AWS_LAMBDA_RUNTIME_API": api,
    }


def _exit_reason(code: int) -> str:
    if code < 0:
        name = signal.strsignal(-code) or str(-code)
        return f"Runtime exited with error: signal: {name.lower()}"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    return "Runtime exited without providing a reason"


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _succeeded(request_id: str, body: bytes) -> Result:
    if len(body) > MAX_RESPONSE_BYTES:
        message = (
            "Response payload size exceeded maximum allowed payload size "
            f"({MAX_RESPONSE_BYTES} bytes)."
        )
        return _failed(
            request_id, FunctionError(type="Function.ResponseSizeTooLarge", message=message)
        )
    return Result(request_id=request_id, payload=_decoded(body))


def _failed(request_id: str, error: FunctionError) -> Result:
    return Result(request_id=request_id, error=error)
