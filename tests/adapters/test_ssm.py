"""The port errors for SSM's errors: a missing parameter differs from an unavailable service."""

import pytest

from shared.adapters.ssm import SsmParameters
from shared.ports import Refused, Unavailable
from tests.simulated.aws.errors import error
from tests.simulated.aws.stores import SSM


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


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_service_that_does_not_answer_is_never_taken_for_an_empty_answer(code: str) -> None:
    with pytest.raises(Unavailable):
        SsmParameters(Broken(code), 0).values(["name"])
