"""Runs the recorded policy again, beside the changed one: large recordings in another process.

Both runs only read the recording, and neither needs the other's result.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from msgspec import Struct

from cli.whatif.assumed import Durations
from cli.whatif.comparison import Comparison
from cli.whatif.recording import Recording, stored_demands
from cli.whatif.report import Situation
from cli.whatif.run import AFTER, Run, without_collections
from cli.whatif.side import Totals

WORTH_JOBS = 5_000
"""Number of jobs from which on the start of a process, half a second, is worth it."""


class ProcessEnded(RuntimeError):
    """The other process has ended without a result."""


class Again(Struct, frozen=True, kw_only=True):
    """What a run of the recorded policy needs; another process gets it.

    Attributes:
        demands: The database of the recording.
        ends_at: When the recording ends.
    """

    demands: Path
    durations: Durations
    region: str
    situation: Situation
    ends_at: datetime


@contextmanager
def running_again(recording: Recording, was: Situation) -> Iterator[Callable[[], Totals]]:
    """Yield a function that returns the totals of the recorded policy, run again.

    Raises:
        ProcessEnded: by that function, if the other process was killed.
    """
    _, ends_at = recording.period()
    again = Again(
        demands=recording.path,
        durations=recording.durations,
        region=recording.region,
        situation=was,
        ends_at=ends_at,
    )
    if recording.jobs < WORTH_JOBS or (os.cpu_count() or 1) == 1:
        totals = run_again(again)
        yield lambda: totals
    else:
        with apart(again) as result:
            yield result


def run_again(again: Again) -> Totals:
    """Return the totals of the recorded policy in the model."""
    basis = again.situation.basis
    comparison = Comparison(again.ends_at, basis, basis)
    run = Run(again.situation.policy, again.durations, again.region)
    with without_collections():
        results = run.results(stored_demands(again.demands), again.ends_at + AFTER)
        for _ in comparison.differences(results):
            pass
    return comparison.changed.totals()


@contextmanager
def apart(again: Again) -> Iterator[Callable[[], Totals]]:
    """Run in another process, which is stopped when the context ends. See `running_again`."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, again), daemon=True)
    process.start()
    sender.close()

    def result() -> Totals:
        try:
            totals: Totals = receiver.recv()
        except EOFError as error:
            text = (
                "The process that ran the recorded policy again was killed, maybe for its memory."
            )
            raise ProcessEnded(text) from error
        return totals

    try:
        yield result
    finally:
        process.terminate()
        process.join()
        receiver.close()


def _send(sender: Connection, again: Again) -> None:
    """Run in this process. Ctrl-C reaches both: the other one answers it, and stops this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sender.send(run_again(again))
