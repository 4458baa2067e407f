"""The types of functions and of invocation results."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

REGION = "us-east-1"
ACCOUNT = "123456789012"
"""moto's default account."""

MAX_TIMEOUT_SECONDS = 900
"""Source: AWS Lambda Developer Guide, "Lambda quotas"."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Function:
    """The configuration of a function.

    Attributes:
        name: Up to 64 letters, digits, `-` and `_`.
        handler: `package.module.function`.
        environment: Environment variables. They override those that Lambda sets.
        timeout: Timeout of an invocation in seconds, after which its environment is killed.
        memory: Memory in MiB. The function can read it, but it is not enforced.
        concurrency: Maximum number of environments. Further invocations wait, where Lambda would
            throttle them.
        path: Directories or zip files from which the handler is imported, in addition to the
            standard library and AWS's runtime client. By default this project and its installed
            dependencies.
    """

    name: str
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30
    memory: int = 128
    concurrency: int = 2
    path: Sequence[str | Path] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"function name {self.name!r}: 1 to 64 letters, digits, - or _ are allowed"
            )
        if "." not in self.handler.strip("."):
            raise ValueError(
                f"handler {self.handler!r} of {self.name}: module.function is expected"
            )
        if not 0 < self.timeout <= MAX_TIMEOUT_SECONDS:
            raise ValueError(
                f"timeout {self.timeout} of {self.name}: more than 0 and at most "
                f"{MAX_TIMEOUT_SECONDS} seconds are allowed"
            )
        if self.concurrency < 1:
            raise ValueError(f"concurrency {self.concurrency} of {self.name}: at least 1 is needed")

    @property
    def arn(self) -> str:
        """ARN of the function."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


@dataclass(frozen=True, kw_only=True)
class FunctionError:
    """The error of an invocation: the handler raised an exception, or its environment ended."""

    type: str
    message: str
    stack: tuple[str, ...] = ()

    @classmethod
    def read(cls, reported: Any) -> "FunctionError":
        """Read the error from a report of the runtime client."""
        details = reported if isinstance(reported, dict) else {"errorMessage": str(reported)}
        return cls(
            type=str(details.get("errorType") or "Unknown"),
            message=str(details.get("errorMessage") or ""),
            stack=tuple(map(str, details.get("stackTrace") or ())),
        )

    def payload(self) -> dict[str, Any]:
        """Return the error in the format of Invoke."""
        body: dict[str, Any] = {"errorMessage": self.message, "errorType": self.type}
        return {**body, "stackTrace": list(self.stack)} if self.stack else body


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of an invocation: `payload`, unless `error` is set."""

    request_id: str
    payload: Any = None
    error: FunctionError | None = None


class Invoker(Protocol):
    """The interface of the host for event sources."""

    def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Result:
        """Invoke a function by name and wait for its result."""
        ...
