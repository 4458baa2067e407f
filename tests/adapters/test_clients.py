"""AWS's clients: in which region they are, and that each is made once."""

from collections.abc import Iterator

import pytest

from shared.adapters import clients

NAMES = (
    "cloudwatch",
    "codebuild",
    "dynamodb",
    "ecr",
    "ecs",
    "events",
    "s3",
    "sqs",
    "ssm",
)


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    _forget()
    yield
    for name in NAMES:
        if getattr(clients, name).cache_info().currsize:
            getattr(clients, name)().close()
    _forget()


def _forget() -> None:
    for made in (clients._session, *(getattr(clients, name) for name in NAMES)):
        made.cache_clear()


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ({"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-central-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
    ],
    ids=["AWS_REGION", "AWS_DEFAULT_REGION", "both", "an empty one"],
)
def test_the_region_is_what_awss_other_tools_take_it_to_be(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], region: str
) -> None:
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    assert clients.sqs().meta.region_name == region


@pytest.mark.parametrize("name", NAMES)
def test_a_client_is_made_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    made = getattr(clients, name)
    assert made() is made()
