"""Runs delayed callbacks one after another on one thread."""

import heapq
import itertools
import logging
import time
from collections.abc import Callable
from threading import Condition, Thread

Job = Callable[[], None]

logger = logging.getLogger(__name__)


class Timers:
    """A thread that runs each job when it is due; jobs with equal times in order of submission."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wakes = Condition()
        self._due: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: it runs already.
        """
        if self._thread is not None:
            raise RuntimeError(f"{self._name} is running already")
        self._thread = Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the current job and drop all others. Without effect if it does not run."""
        thread, self._thread = self._thread, None
        with self._wakes:
            self._due.clear()
            self._wakes.notify()
        if thread is not None:
            thread.join()

    def after(self, seconds: float, job: Job) -> None:
        """Run `job` after that many seconds. The job is dropped if the thread does not run."""
        with self._wakes:
            if self._thread is None:
                return
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), job))
            self._wakes.notify()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:
                logger.exception("a job of %s failed; other jobs continue", self._name)

    def _next(self) -> Job | None:
        """Wait for the next due job and return it; None if the thread must stop."""
        with self._wakes:
            while self._thread is not None:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._due)[2]
                self._wakes.wait(left)
            return None
