"""The base class of the parts of the local stack, which are context managers."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Part(ABC):
    """A part that is started on entry and stopped on exit of a `with` block."""

    @abstractmethod
    def start(self) -> object:
        """Start the part."""

    @abstractmethod
    def stop(self) -> None:
        """Stop the part. Without effect if it does not run."""

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
