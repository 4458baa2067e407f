"""One boto3 session and its clients, made on first use and kept: making one takes long."""

import os
from functools import cache
from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)
"""Seconds. Three tries of a hung call still end before the shortest function timeout of 30 s."""


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
def cloudwatch() -> "CloudWatchClient":
    """The client of CloudWatch."""
    return _session().client("cloudwatch", config=_CONFIG)


@cache
def codebuild() -> "CodeBuildClient":
    """The client of CodeBuild."""
    return _session().client("codebuild", config=_CONFIG)


@cache
def dynamodb() -> "DynamoDBClient":
    """The client of DynamoDB."""
    return _session().client("dynamodb", config=_CONFIG)


@cache
def ecr() -> "ECRClient":
    """The client of ECR."""
    return _session().client("ecr", config=_CONFIG)


@cache
def ecs() -> "ECSClient":
    """The client of ECS."""
    return _session().client("ecs", config=_CONFIG)


@cache
def events() -> "EventBridgeClient":
    """The client of EventBridge."""
    return _session().client("events", config=_CONFIG)


@cache
def s3() -> "S3Client":
    """The client of S3."""
    return _session().client("s3", config=_CONFIG)


@cache
def sqs() -> "SQSClient":
    """The client of SQS."""
    return _session().client("sqs", config=_CONFIG)


@cache
def ssm() -> "SSMClient":
    """The client of SSM."""
    return _session().client("ssm", config=_CONFIG)
