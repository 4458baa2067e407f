"""The boto3 session and the clients of AWS.

Each is created on first use and cached, because creation is slow.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.config import Config

from shared.adapters.patience import LONG, SHORT, Patience

if TYPE_CHECKING:
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


def config(patience: Patience) -> Config:
    """Return the configuration of a client with these timeouts."""
    return Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        tcp_keepalive=True,
    )


class Clients(Protocol):
    """The interface of this module, so that a simulation of AWS can replace it."""

    def dynamodb(self) -> "DynamoDBClient":
        """Return the client of DynamoDB."""
        ...

    def ecs(self) -> "ECSClient":
        """Return the client of ECS."""
        ...

    def codebuild(self) -> "CodeBuildClient":
        """Return the client of CodeBuild."""
        ...

    def ecr(self) -> "ECRClient":
        """Return the client of ECR."""
        ...

    def events(self) -> "EventBridgeClient":
        """Return the client of EventBridge."""
        ...

    def s3(self) -> "S3Client":
        """Return the client of S3."""
        ...

    def sqs(self) -> "SQSClient":
        """Return the client of SQS."""
        ...

    def ssm(self) -> "SSMClient":
        """Return the client of SSM."""
        ...


@cache
def _session() -> boto3.Session:
    """Return a session in the region of AWS_REGION, which boto3 ignores and AWS's tools read."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


@cache
def codebuild() -> "CodeBuildClient":
    """Return the client of CodeBuild."""
    return _session().client("codebuild", config=config(LONG))


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB."""
    return _session().client("dynamodb", config=config(SHORT))


@cache
def ecr() -> "ECRClient":
    """Return the client of ECR."""
    return _session().client("ecr", config=config(LONG))


@cache
def ecs() -> "ECSClient":
    """Return the client of ECS."""
    return _session().client("ecs", config=config(LONG))


@cache
def events() -> "EventBridgeClient":
    """Return the client of EventBridge."""
    return _session().client("events", config=config(SHORT))


@cache
def s3() -> "S3Client":
    """Return the client of S3."""
    return _session().client("s3", config=config(LONG))


@cache
def sqs() -> "SQSClient":
    """Return the client of SQS."""
    return _session().client("sqs", config=config(SHORT))


@cache
def ssm() -> "SSMClient":
    """Return the client of SSM."""
    return _session().client("ssm", config=config(SHORT))
