"""Asks before a command changes something."""

import sys

import click

from cli.errors import AnswerIsNo, NotConfigured


def confirm(question: str, otherwise: str) -> None:
    """Ask on stderr, and return if the answer is yes.

    Args:
        otherwise: What holds if not, such as "Nothing was sent".

    Raises:
        AnswerIsNo: the answer was no.
        NotConfigured: there is nobody to answer.
    """
    try:
        if not click.confirm(question, err=True):
            raise AnswerIsNo(f"{otherwise}.")
    except click.Abort as error:
        if isinstance(error.__context__, EOFError):  # click aborts likewise after Ctrl-C
            raise NotConfigured(f"{otherwise}: nobody answers here; give --yes.") from error
        raise


def confirm_at_a_terminal(question: str, otherwise: str) -> None:
    """Ask like `confirm`, but accept no answer from a pipe or a file.

    Raises:
        AnswerIsNo: the answer was no.
        NotConfigured: stdin is no terminal.
    """
    if not interactive():
        raise NotConfigured(f"{otherwise}: stdin is no terminal to ask at; give --yes.")
    confirm(question, otherwise)


def interactive() -> bool:
    """Return whether stdin is a terminal."""
    return sys.stdin.isatty()
