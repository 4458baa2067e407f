"""Patch for S3: bucket policies that deny requests without TLS."""

import json
from collections.abc import Callable
from typing import Any

from moto.iam.access_control import IAMPolicy
from moto.s3.models import FakeBucket

from local.aws.patches.replacement import around


def take_requests_as_sent_by_tls() -> None:
    """Ignore a policy statement that denies requests without TLS.

    Plain moto ignores the condition and denies all requests. Requests to the emulator use HTTP,
    where requests to AWS use TLS.
    """
    around(FakeBucket, "get_permission", _by_tls)


def _by_tls(original: Callable[..., Any], bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return original(bucket, action, resource)
    policy = json.loads(bucket.policy)
    policy["Statement"] = [one for one in policy["Statement"] if not _is_without_tls(one)]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


def _is_without_tls(statement: dict[str, Any]) -> bool:
    secure = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return secure in ("false", ["false"])
