"""Commands on several runners or jobs: each is shown in turn, and one that fails stops no other."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import click

from cli.commands.options import Target, TargetType
from cli.errors import AnswerIsNo, foreseen
from cli.render import console

T = TypeVar("T")

targets_argument = click.argument(
    "targets", metavar="RUNNER_OR_JOB...", type=TargetType(), nargs=-1, required=True
)


class Several:
    """The runners and jobs that were typed, each once."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = list(dict.fromkeys(targets))
        self._failed = 0

    @property
    def is_one(self) -> bool:
        """Whether there is only one."""
        return len(self.targets) == 1

    def each(self, answer: Callable[[Target], T]) -> Iterator[T]:
        """Yield the answer for each. What is wrong with one of several is printed to stderr.

        Raises:
            AnswerIsNo: there is only one, and it is not there.
        """
        for one in self.targets:
            try:
                found = answer(one)
            except Exception as error:
                known = error if isinstance(error, AnswerIsNo) else foreseen(error)
                if self.is_one or not isinstance(known, AnswerIsNo):
                    raise
                console.note(f"Error: {known.message}")
                self._failed += 1
            else:
                yield found

    def judge(self) -> None:
        """Check that all were shown; to be called at the end.

        Raises:
            AnswerIsNo: some were not, as already printed.
        """
        if self._failed:
            raise AnswerIsNo(f"{self._failed} of {len(self.targets)} could not be shown.")
