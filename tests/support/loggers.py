"""Loggers whose lines a test reads."""

from io import StringIO
from itertools import count

from aws_lambda_powertools import Logger

_numbers = count(1)


def logger_to(stream: StringIO, function: str, level: str = "INFO") -> Logger:
    """Return a new logger of a function.

    A process has one logger of each name, which keeps the stream that it was made with. So the name
    ends in a number.
    """
    return Logger(service=f"{function}-{next(_numbers)}", stream=stream, level=level)
