"""Background threads that run a work function until they are stopped."""

from collections.abc import Callable
from threading import Event, Thread


def every(seconds: float, step: Callable[[], None]) -> Callable[[Event], None]:
    """Return the work of calling `step` in that interval, and once more at the end."""

    def work(stopping: Event) -> None:
        while not stopping.wait(seconds):
            step()
        step()

    return work


class Background:
    """Runs `work` on one or more threads. `work` must return soon after its event is set."""

    def __init__(self, name: str, work: Callable[[Event], None], threads: int = 1) -> None:
        if threads < 1:
            raise ValueError(f"{name} needs at least 1 thread, not {threads}")
        self._name = name
        self._work = work
        self._count = threads
        self._stopping = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Start the threads.

        Raises:
            RuntimeError: they run already.
        """
        if self._threads:
            raise RuntimeError(f"{self._name} is running already")
        self._stopping = Event()
        self._threads = [
            Thread(target=self._work, args=(self._stopping,), name=f"{self._name}-{n}", daemon=True)
            for n in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Set the event and wait for the threads to end. Without effect if none runs."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._threads = []
