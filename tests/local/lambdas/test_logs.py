"""The delivery of a function's output to its log group (moto's)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local import log_file
from local.lambdas.logs import LogDelivery
from tests.local.stack.support import until


class Delivered:
    """A log group, a file of output, and what has come from one to the other."""

    def __init__(self, client: Any, output: Path) -> None:
        self.group = f"/aws/lambda/{uuid4()}"
        self.output = output
        self.output.touch()
        self._client = client
        client.create_log_group(logGroupName=self.group)
        self.delivery = LogDelivery(client, self.group, output)

    def print(self, text: str) -> None:
        with self.output.open("a") as output:
            output.write(text)

    def lines(self) -> list[str]:
        found = self._client.filter_log_events(logGroupName=self.group)["events"]
        return [event["message"] for event in found]


@pytest.fixture
def delivered(client: Callable[..., Any], tmp_path: Path) -> Iterator[Delivered]:
    made = Delivered(client("logs"), tmp_path / "ingest.log")
    made.delivery.start()
    yield made
    made.delivery.stop()


def test_each_line_is_an_event_in_order(delivered: Delivered) -> None:
    delivered.print('{"a": 1}\n\ntwo\n')
    delivered.delivery.stop()
    assert delivered.lines() == ['{"a": 1}', "two"]


def test_lines_come_while_the_function_runs_and_each_once(delivered: Delivered) -> None:
    for expected in (["one"], ["one", "two"]):
        delivered.print(f"{expected[-1]}\n")
        until(lambda expected=expected: delivered.lines() == expected, "the line came")
    delivered.delivery.stop()
    assert delivered.lines() == ["one", "two"]


def test_a_line_without_its_end_waits_for_it(delivered: Delivered) -> None:
    delivered.print("one\ntw")
    until(lambda: delivered.lines() == ["one"], "the whole line came")
    delivered.print("o\n")
    delivered.delivery.stop()
    assert delivered.lines() == ["one", "two"]


def test_more_lines_than_one_request_takes_all_come(
    delivered: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "_MAX_LINES", 2)
    delivered.print("1\n2\n3\n4\n5\n")
    delivered.delivery.stop()
    assert delivered.lines() == ["1", "2", "3", "4", "5"]


def test_a_function_that_has_printed_nothing_yet_is_no_error(delivered: Delivered) -> None:
    delivered.output.unlink()
    delivered.delivery.stop()
    assert delivered.lines() == []
