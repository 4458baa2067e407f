"""A part of the local stack: started, stopped, or both by `with`. What it does is its own."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Part(ABC):
    """What is started on entry and stopped on exit, however that comes."""

    @abstractmethod
    def start(self) -> object:
        """Begin to work."""

    @abstractmethod
    def stop(self) -> None:
        """Work no more; it is no error if it does not."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
