"""One boto3 session and its clients, made on first use and kept: making one takes long."""

import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

BACKOFF = 1.0
"""Seconds that botocore waits at most between the first two attempts of a call, in `standard` mode.
Source: botocore, `retries/standard.py`, `ExponentialBackoff`."""


class Patience(NamedTuple):
    """How long a call waits for AWS: seconds until it is connected, seconds between two bytes."""

    connect: float
    read: float
    attempts: int = 2

    @property
    def longest(self) -> float:
        """Seconds until a call fails that is never answered, at every attempt."""
        return self.attempts * (self.connect + self.read) + (self.attempts - 1) * BACKOFF


SHORT = Patience(connect=1, read=2.5)
"""For calls that are answered in milliseconds: a hung one fails after 2 x (1 + 2.5) + 1 = 8 s.

GitHub waits 10 s for the answer to a webhook, so one hung call leaves ingest 2 s for its cold start
and all else. Source: GitHub Docs, "Best practices for using webhooks".
"""
LONG = Patience(connect=2, read=8)
"""For calls that start something: a hung one fails after 2 x (2 + 8) + 1 = 21 s.

A consumer begins with a message in the first half of its 120 s, so the last one has 60 s: for a
hung call (21 s, or 41 s at GitHub) and for recording what came of it, even if that hangs, too (8
s). The Janitor begins with nothing after 50 s of its 120 s, and reports what it did in the last 10.
"""


def config(patience: Patience) -> Config:
    """A client's configuration."""
    return Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        tcp_keepalive=True,
    )


class Clients(Protocol):
    """What this module is to who wires a function: who simulates AWS passes in another one."""

    def dynamodb(self) -> "DynamoDBClient":
        """The client of DynamoDB."""
        ...

    def ecs(self) -> "ECSClient":
        """The client of ECS."""
        ...

    def codebuild(self) -> "CodeBuildClient":
        """The client of CodeBuild."""
        ...

    def ecr(self) -> "ECRClient":
        """The client of ECR."""
        ...

    def events(self) -> "EventBridgeClient":
        """The client of EventBridge."""
        ...

    def s3(self) -> "S3Client":
        """The client of S3."""
        ...

    def sqs(self) -> "SQSClient":
        """The client of SQS."""
        ...

    def ssm(self) -> "SSMClient":
        """The client of SSM."""
        ...


@cache
def _session() -> boto3.Session:
    """In the region of AWS_REGION, as AWS's other tools are; boto3 alone does not look at it."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


@cache
def codebuild() -> "CodeBuildClient":
    """The client of CodeBuild."""
    return _session().client("codebuild", config=config(LONG))


@cache
def dynamodb() -> "DynamoDBClient":
    """The client of DynamoDB."""
    return _session().client("dynamodb", config=config(SHORT))


@cache
def ecr() -> "ECRClient":
    """The client of ECR."""
    return _session().client("ecr", config=config(LONG))


@cache
def ecs() -> "ECSClient":
    """The client of ECS."""
    return _session().client("ecs", config=config(LONG))


@cache
def events() -> "EventBridgeClient":
    """The client of EventBridge."""
    return _session().client("events", config=config(SHORT))


@cache
def s3() -> "S3Client":
    """The client of S3."""
    return _session().client("s3", config=config(LONG))


@cache
def sqs() -> "SQSClient":
    """The client of SQS."""
    return _session().client("sqs", config=config(SHORT))


@cache
def ssm() -> "SSMClient":
    """The client of SSM."""
    return _session().client("ssm", config=config(SHORT))
