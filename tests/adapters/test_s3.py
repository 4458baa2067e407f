"""The port errors for S3's errors, in the config store."""

from collections.abc import Callable

import boto3
import pytest
from botocore.stub import Stubber

from shared.adapters.s3 import S3ConfigStore
from shared.ports import JitConfig, Unavailable

CALLS: dict[str, Callable[[S3ConfigStore], object]] = {
    "put_object": lambda s3: s3.put_if_absent(
        "fleet-7-1", JitConfig(github_runner_id=41, encoded="eA==")
    ),
    "head_object": lambda s3: s3.github_runner_id("fleet-7-1"),
}


@pytest.mark.parametrize("operation", CALLS)
def test_every_call_that_is_slowed_down_is_unavailable_for_now(operation: str) -> None:
    client = boto3.Session().client(
        "s3", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    with Stubber(client) as stub:
        stub.add_client_error(operation, "SlowDown", "Reduce your request rate.", 503)
        with pytest.raises(Unavailable, match="SlowDown"):
            CALLS[operation](S3ConfigStore(client, "configs"))
    client.close()
