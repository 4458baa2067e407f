"""The contract of `ConfigStore`: on simulated S3, on moto and on ministack."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.s3 import S3ConfigStore
from shared.ports import ConfigStore, JitConfig
from tests.simulated.aws.stores import S3

CONFIG = JitConfig(github_runner_id=41, encoded="c2VjcmV0")


_NAMES = count(1)


@pytest.fixture(params=["s3", "simulated", "ministack"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConfigStore]:
    if request.param == "simulated":
        simulated: Any = S3("configs")
        yield S3ConfigStore(simulated, "configs")
        return
    if request.param == "ministack":
        s3 = request.getfixturevalue("ministack").client("s3")
        bucket = f"configs-{next(_NAMES)}"
        s3.create_bucket(Bucket=bucket)
        yield S3ConfigStore(s3, bucket)
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="configs")
        yield S3ConfigStore(client, "configs")
        client.close()


def test_a_config_is_stored_once_and_the_first_one_stays(store: ConfigStore) -> None:
    assert store.put_if_absent("fleet-7-1", CONFIG)
    other = JitConfig(github_runner_id=42, encoded="b3RoZXI=")
    assert not store.put_if_absent("fleet-7-1", other)
    assert not store.put_if_absent("fleet-7-1", CONFIG)
    assert store.github_runner_id("fleet-7-1") == 41


def test_a_config_that_is_not_there_has_no_runner(store: ConfigStore) -> None:
    assert store.github_runner_id("fleet-7-1") is None


def test_the_reference_is_the_objects_arn(store: ConfigStore) -> None:
    assert store.reference("fleet-7-1").startswith("arn:aws:s3:::")
    assert store.reference("fleet-7-1").endswith("/fleet-7-1.env")


def test_the_object_is_an_environment_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="configs")
        S3ConfigStore(client, "configs").put_if_absent("fleet-7-1", CONFIG)
        body = client.get_object(Bucket="configs", Key="fleet-7-1.env")["Body"].read()
        client.close()
    assert body == b"RUNNER_JIT_CONFIG=c2VjcmV0\n"


def test_a_config_does_not_show_its_secret() -> None:
    assert "c2VjcmV0" not in f"{CONFIG!r} {CONFIG}"
