"""The contract of `Parameters`: on simulated SSM, on patched moto and on ministack."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from local.clients import Clients, variables
from shared.adapters.aws_json import ssm
from shared.adapters.aws_json.client import client as without_botocore
from shared.adapters.aws_json.ssm import JsonSsm
from shared.adapters.ssm import SsmParameters
from shared.ports import Refused
from tests.judges.engines import JSON
from tests.simulated.aws.stores import SSM

SERVERS = {"ssm": "moto_server", "ministack": "ministack"}
"""The name of the fixture by the test's parameter."""
_NAMES = count(1)

Store = Callable[..., SsmParameters]


@pytest.fixture
def prefix() -> str:
    return f"/contract-{next(_NAMES)}"


@pytest.fixture(params=["simulated", *SERVERS, *(f"{JSON}{one}" for one in SERVERS)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Stores parameters, and reads them without a cache."""
    if request.param == "simulated":
        yield lambda **values: SsmParameters(SSM(values["values"]), 0)
        return
    url = request.getfixturevalue(SERVERS[request.param.removeprefix(JSON)]).url
    clients = Clients(url)
    client: Any = clients.make("ssm")
    json_client = without_botocore(ssm.API, variables(url, "test"))
    reader = JsonSsm(json_client) if request.param.startswith(JSON) else client

    def stored(values: dict[str, str], kind: str = "SecureString") -> SsmParameters:
        for name, value in values.items():
            client.put_parameter(Name=name, Value=value, Type=kind)
        return SsmParameters(reader, 0)

    yield stored
    clients.close()
    json_client.connection.close()


@pytest.mark.parametrize("kind", ["SecureString", "String"])
def test_a_value_is_found_by_its_name_decrypted(store: Store, prefix: str, kind: str) -> None:
    values = {f"{prefix}/one": "1", f"{prefix}/two": '{"a": 2}'}
    assert store(values=values, kind=kind).values(list(values)) == values


def test_more_values_are_found_than_one_call_of_ssm_gives(store: Store, prefix: str) -> None:
    values = {f"{prefix}/{number}": str(number) for number in range(11)}
    assert store(values=values).values(list(values)) == values


def test_a_name_that_is_not_there_is_refused(store: Store, prefix: str) -> None:
    values = {f"{prefix}/one": "1"}
    with pytest.raises(Refused, match=f"{prefix}/missing"):
        store(values=values).values([*values, f"{prefix}/missing"])
