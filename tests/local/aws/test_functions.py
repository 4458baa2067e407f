"""A function's configuration and its mappings read as they were written."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.patches import event_sources, functions
from tests.local.aws.patched import fixed_by

_JSON = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"}
_TEXT = {"LogFormat": "Text", "LogGroup": "/elsewhere"}


def _zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("empty.py", "")
    return written.getvalue()


def _role(client: Callable[..., Any], name: str) -> str:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    made = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


@fixed_by(functions.remember_logging_config)
@pytest.mark.usefixtures("without")
def test_a_function_tells_how_it_logs(client: Callable[..., Any], name: str) -> None:
    aws = client("lambda")
    aws.create_function(
        FunctionName=name,
        Role=_role(client, name),
        Runtime="python3.13",
        Handler="empty.handler",
        Code={"ZipFile": _zip()},
        LoggingConfig=_JSON,
    )
    assert aws.get_function(FunctionName=name)["Configuration"].get("LoggingConfig") == _JSON
    aws.update_function_configuration(FunctionName=name, LoggingConfig=_TEXT)
    assert aws.get_function_configuration(FunctionName=name).get("LoggingConfig") == _TEXT


@fixed_by(event_sources.list_mappings_by_the_functions_name)
@pytest.mark.usefixtures("without")
def test_mappings_are_listed_by_name_and_by_arn(client: Callable[..., Any], name: str) -> None:
    aws, sqs = client("lambda"), client("sqs")
    arn = aws.create_function(
        FunctionName=name,
        Role=_role(client, name),
        Runtime="python3.13",
        Handler="empty.handler",
        Code={"ZipFile": _zip()},
    )["FunctionArn"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    aws.create_event_source_mapping(EventSourceArn=queue["QueueArn"], FunctionName=arn)
    for asked in (name, arn):
        listed = aws.list_event_source_mappings(FunctionName=asked)["EventSourceMappings"]
        assert [one["EventSourceArn"] for one in listed] == [queue["QueueArn"]]
    assert aws.list_event_source_mappings(FunctionName="other")["EventSourceMappings"] == []
