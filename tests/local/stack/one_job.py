"""What one plain job costs on a warm stack, and a run of the Janitor at rest, as JSON.

Moto allows one stack a process.

`python -m tests.local.stack.one_job DIRECTORY` runs a job that builds the image and warms the
functions, then counts some others one by one. A conflict, such as of a webhook with an event of
ECS, adds a read and a transaction; the job with the fewest calls had none.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.janitor.images import EXPIRY
from functions.janitor.sweep import is_hour_of
from local.functions import NAMES
from local.stack import Options, Stack
from shared.domain.stream import StreamId
from tests.local.stack.support import until

NEVER = 3600.0
COUNTED = 3


def main() -> None:
    """Print the calls of AWS and the invocations by function, and the types of the events."""
    # The Janitor's runs are not a job's.
    with Stack(Path(sys.argv[1]), Options(prefix="local", janitor_seconds=NEVER)) as stack:
        _run(stack)
        counted = [_counted(stack) for _ in range(COUNTED)]
        at_rest = [_at_rest(stack) for _ in range(2)][-1]
    json.dump(min(counted, key=_total) | at_rest, sys.stdout)


def _counted(stack: Stack) -> dict[str, Any]:
    calls, invocations = _calls(stack), Counter(stack.host.invocations)
    job_id = _run(stack)
    return {
        "calls": {name: after - calls[name] for name, after in _calls(stack).items()},
        "invocations": Counter(stack.host.invocations) - invocations,
        "events": _types(stack, job_id),
    }


def _at_rest(stack: Stack) -> dict[str, Any]:
    """Return the calls of a run of the Janitor. The first run also reads what it remembers."""
    calls, expires = stack.aws.calls.snapshot("janitor"), is_hour_of(EXPIRY, datetime.now(UTC))
    result = stack.host.invoke("janitor", {})
    assert result.error is None, result
    return {"at rest": stack.aws.calls.snapshot("janitor") - calls, "expires images": expires}


def _total(counted: Mapping[str, Any]) -> int:
    return sum(calls.total() for calls in counted["calls"].values())


def _run(stack: Stack) -> int:
    """Run a job until its slot is free."""
    job = stack.github.actions.queue(stack.options.repository, ("self-hosted",), run="sleep 1")
    until(lambda: "SlotFreed" in _types(stack, job.id), "the job's slot is free")
    return job.id


def _types(stack: Stack, job_id: int) -> list[str]:
    return [one.event.type for one in stack.log.read(StreamId.of_job(job_id))]


def _calls(stack: Stack) -> Mapping[str, Counter[str]]:
    return {name: stack.aws.calls.snapshot(name) for name in NAMES}


if __name__ == "__main__":
    main()
