"""What a function is and what an invocation of it gives. Plain values; nothing runs here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

REGION = "us-east-1"
ACCOUNT = "123456789012"
"""The account that moto answers for when it is told nothing else."""

MAX_TIMEOUT_SECONDS = 900
"""Source: AWS Lambda Developer Guide, "Lambda quotas"."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Function:
    """One function, as Terraform would describe it.

    Attributes:
        name: Letters, digits, `-` and `_`, at most 64.
        handler: `package.module.function`.
        environment: Its variables, on top of those that Lambda itself sets. They win.
        timeout: Seconds that an invocation may take; its environment is killed then.
        memory: MiB, told to the function but not enforced.
        concurrency: How many environments there may be. An invocation beyond them waits, where
            Lambda would throttle it.
        path: Directories or zip files that the handler and all that it needs are imported from:
            nothing else is there but the standard library and AWS's runtime client. By default
            this project and what is installed for it.
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
        """The ARN under which it is invoked."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


@dataclass(frozen=True, kw_only=True)
class FunctionError:
    """Why an invocation failed: the handler raised, or its environment ended under it."""

    type: str
    message: str
    stack: tuple[str, ...] = ()

    @classmethod
    def read(cls, reported: Any) -> "FunctionError":
        """From what the runtime client reports."""
        told = reported if isinstance(reported, dict) else {"errorMessage": str(reported)}
        return cls(
            type=str(told.get("errorType") or "Unknown"),
            message=str(told.get("errorMessage") or ""),
            stack=tuple(map(str, told.get("stackTrace") or ())),
        )

    def payload(self) -> dict[str, Any]:
        """As Invoke returns it."""
        told: dict[str, Any] = {"errorMessage": self.message, "errorType": self.type}
        return {**told, "stackTrace": list(self.stack)} if self.stack else told


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an invocation gave: `payload`, unless `error` is set."""

    request_id: str
    payload: Any = None
    error: FunctionError | None = None


class Invoker(Protocol):
    """What an event source needs of the host."""

    def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Result:
        """Invoke the function of that name and wait for its result."""
        ...
