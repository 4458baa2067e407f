"""Registers the functions of a fleet at the emulator's Lambda, which returns their configuration.

It never invokes them: `host` does. `ecsrunner` reads the deployed version and the limits there.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

from local.lambdas.function import Function

_RESERVED = "AWS_"
"""Lambda sets these variables itself, and refuses them in a configuration. Source: AWS Lambda
Developer Guide, "Defined runtime environment variables"."""
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def register(functions: Iterable[Function], prefix: str, client: Callable[[str], Any]) -> None:
    """Create the functions as `prefix`-name, with one role and without their code."""
    trust = json.dumps(_TRUST)
    role = client("iam").create_role(RoleName=f"{prefix}-local", AssumeRolePolicyDocument=trust)
    aws, release = client("lambda"), f"(ecs-runner-fleet {version('ecs-runner-fleet')})"
    for one in functions:
        variables = {
            name: text for name, text in one.environment.items() if not name.startswith(_RESERVED)
        }
        aws.create_function(
            FunctionName=f"{prefix}-{one.name}",
            Description=f"The {one.name} of {prefix} {release}",
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler=one.handler,
            Timeout=int(one.timeout),
            Code={"ZipFile": _empty()},
            Environment={"Variables": variables},
        )


def _empty() -> bytes:
    """Return a zip with an empty module, since Lambda refuses one without a file."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("empty.py", "")
    return written.getvalue()
