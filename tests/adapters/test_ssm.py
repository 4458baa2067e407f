"""The port errors for SSM's errors: a missing parameter differs from an unavailable service."""

from typing import Any

import pytest

from shared.adapters.ssm import CACHE_SECONDS, SsmParameters
from shared.ports import Refused, Unavailable
from tests.simulated.aws.errors import error
from tests.simulated.aws.stores import SSM
from tests.support.clock import ManualClock


class Broken(SSM):
    """Fails on every call with the error of that class or code."""

    def __init__(self, code: str) -> None:
        super().__init__({"name": "value"})
        self.code = code

    def get_parameters(self, **_: object) -> dict[str, object]:
        known = getattr(self.exceptions, self.code, None)
        raise error(self.code, "so it is", "GetParameters", **({"kind": known} if known else {}))


def test_values_are_found_by_their_names() -> None:
    parameters = SsmParameters(SSM({"one": "1", "two": "2"}))
    assert parameters.values(["two", "one"]) == {"one": "1", "two": "2"}


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="missing"):
        SsmParameters(SSM({}), 0).values(["missing"])


def test_a_name_without_an_answer_is_not_taken_for_a_missing_parameter() -> None:
    class Silent(SSM):
        def get_parameters(self, **_: object) -> dict[str, object]:
            return {"Parameters": [], "InvalidParameters": []}

    with pytest.raises(Unavailable, match="no answer for name"):
        SsmParameters(Silent({}), 0).values(["name"])


def test_a_value_is_kept_for_a_minute_and_read_again_afterwards() -> None:
    store, clock = {"name": "old", "other": "1"}, ManualClock()
    parameters = SsmParameters(SSM(store), seconds=lambda: clock.now().timestamp())
    assert parameters.values(["name"]) == {"name": "old"}
    store["name"] = "new"
    clock.advance(CACHE_SECONDS - 1)
    assert parameters.values(["name", "other"]) == {"name": "old", "other": "1"}
    clock.advance(1)
    assert parameters.values(["name"]) == {"name": "new"}


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_service_that_does_not_answer_is_never_taken_for_an_empty_answer(code: str) -> None:
    with pytest.raises(Unavailable):
        SsmParameters(Broken(code), 0).values(["name"])


def test_a_call_reads_other_old_values_again() -> None:
    asked: list[list[str]] = []

    class Counted(SSM):
        def get_parameters(self, **names: Any) -> dict[str, Any]:
            asked.append(names["Names"])
            return super().get_parameters(**names)

    clock = ManualClock()
    store = {f"p{number}": "old" for number in range(12)}
    parameters = SsmParameters(Counted(store), seconds=lambda: clock.now().timestamp())
    parameters.values(["p0"])
    parameters.values(["p1"])
    clock.advance(CACHE_SECONDS)
    store["p1"] = "new"
    assert parameters.values(["p0"]) == {"p0": "old"}
    assert parameters.values(["p1"]) == {"p1": "new"}
    assert asked == [["p0"], ["p1"], ["p0", "p1"]]
    parameters.values(store)
    clock.advance(CACHE_SECONDS)
    parameters.values(["p3"])
    assert [len(names) for names in asked[3:]] == [10, 10]
    assert asked[-1][0] == "p3"


def test_a_value_that_is_gone_does_not_stop_others() -> None:
    store, clock = {"gone": "1", "name": "2"}, ManualClock()
    parameters = SsmParameters(SSM(store), seconds=lambda: clock.now().timestamp())
    parameters.values(["gone", "name"])
    clock.advance(CACHE_SECONDS)
    del store["gone"]
    assert parameters.values(["name"]) == {"name": "2"}
    with pytest.raises(Refused, match="no such parameter: gone"):
        parameters.values(["gone"])
