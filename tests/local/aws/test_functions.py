"""A function's configuration reads as it was written."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.patches import functions
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
